/** Somebody at one server. What is opened for them there goes by who they are to it, and serves nobody else. */
import type { Owner, RequestCredentials, Target } from "@castellan/credentials";
import { callFaults } from "../faults.ts";
import type { CallCredentials } from "./ports.ts";

export interface Acting {
  /** Whom requests are made for, as they are known at this moment: what a token says of them is not of yesterday. */
  readonly owner: Owner;
  /** As whom the server knows the requests (`Credentials.identityOf`). */
  readonly identity: string;
}

/** Throws what `Credentials.identityOf` does. */
export async function identify(
  credentials: Pick<CallCredentials, "identityOf">,
  target: Target,
  owner: Owner,
): Promise<Acting> {
  return { owner, identity: await credentials.identityOf(target, owner) };
}

/**
 * Credentials for what was opened under one identity. Once its owner has another account there, nothing more is sent: a
 * server may keep in a session whatever it learned of the one before. Throws `account_changed` then.
 */
export function boundCredentials(
  credentials: CallCredentials,
  target: Target,
  acting: Acting,
  of: (owner: Owner) => RequestCredentials,
): RequestCredentials {
  async function assertSame(): Promise<void> {
    if ((await credentials.identityOf(target, acting.owner)) === acting.identity) return;
    throw callFaults.fault(
      "account_changed",
      "The account at the server is another one than the call began with: send it again",
    );
  }
  return {
    async headers(request, signal) {
      const headers = await of(acting.owner).headers(request, signal);
      // Asked afterwards: what was got before a change is the account's that the line was opened with.
      await assertSame();
      return headers;
    },
    async refused(refusal, sent, signal) {
      await assertSame();
      return of(acting.owner).refused(refusal, sent, signal);
    },
  };
}

/**
 * Calls back once, when the owner has another account at the target than the one that they act with, also if they have
 * already. Returns how to stop.
 */
export function onMoved(
  credentials: Pick<CallCredentials, "identityOf" | "onChange">,
  target: Target,
  acting: Acting,
  moved: () => void,
): () => void {
  let isOver = false;
  const stop = credentials.onChange(({ targetId, owner }) => {
    const isTheirs =
      owner.kind === "shared" || (acting.owner.kind === "person" && acting.owner.id === owner.id);
    if (targetId === target.id && isTheirs) void look();
  });
  function end(): void {
    isOver = true;
    stop();
  }
  async function look(): Promise<void> {
    const now = await credentials.identityOf(target, acting.owner).catch(() => undefined);
    if (now === acting.identity || isOver) return;
    end();
    moved();
  }
  void look();
  return end;
}

/**
 * Takes what a client says to where it belongs. A message may land on any replica; what it is about (a
 * question that was asked, a request that runs) is held by one.
 */
import { allowedFeatures, callFaults, type CatalogServer } from "@castellan/calls";
import { isFault, isId } from "@castellan/kernel";
import { parseMessage, type Channel, type NotificationMessage, type ResponseMessage } from "@castellan/mcp";
import type { Replicas } from "@castellan/replicas";
import type { Session } from "./session.ts";

const answerTopic = "session-answer";
const messageTopic = "session-message";

interface Letter {
  readonly session: string;
  /** A whole message. */
  readonly text: string;
}

export interface SessionMailOptions {
  readonly replicas: Replicas;
  /** A session that this replica has touched. */
  readonly find: (id: string) => Session | undefined;
}

/** The id of a question says which replica asked it. */
export function questionId(replica: string, count: number): string {
  return `castellan-${replica}-${count}`;
}

export class SessionMail implements Disposable {
  readonly #replicas: Replicas;
  readonly #stop = new DisposableStack();

  constructor({ replicas, find }: SessionMailOptions) {
    this.#replicas = replicas;
    this.#stop.defer(
      replicas.on(answerTopic, async (body) => {
        const { session, text } = JSON.parse(body) as Letter;
        const message = parseMessage(text);
        if (message.kind === "result" || message.kind === "error") await quiet(find(session)?.reply(message));
      }),
    );
    this.#stop.defer(
      replicas.on(messageTopic, async (body) => {
        const { session: id, text } = JSON.parse(body) as Letter;
        const [session, message] = [find(id), parseMessage(text)];
        if (session && message.kind === "notification") await quiet(tell(session, message, "own"));
      }),
    );
  }

  /** The client answered a question; an answer to nothing asked goes nowhere. Throws `exchange_lost`. */
  async answer(session: Session, answer: ResponseMessage): Promise<void> {
    const [, replica = ""] = /^castellan-(rep_[0-9a-f]{32})-\d{1,15}$/.exec(String(answer.id)) ?? [];
    if (!isId("replica", replica)) return;
    if (replica === this.#replicas.id) return session.reply(answer);
    try {
      await this.#replicas.send(replica, answerTopic, toLetter(session, answer));
    } catch (error) {
      if (!isFault(error, "replica_gone")) throw error;
      throw callFaults.fault("exchange_lost", "The replica that asked this question is gone", {
        cause: error,
      });
    }
  }

  /** A notification of the client's: to the request or the question it is about, else to every server. */
  async notification(session: Session, notification: NotificationMessage): Promise<void> {
    // Each line to a server says this for itself when it is opened.
    if (notification.method === "notifications/initialized") return;
    if (await tell(session, notification, "all")) return;
    await this.#replicas.broadcast(messageTopic, toLetter(session, notification));
  }

  [Symbol.dispose](): void {
    this.#stop.dispose();
  }
}

/**
 * True when it was all this replica's. `all`: on all lines of the session; `own`: another replica has
 * spoken on those that are shared.
 */
async function tell(session: Session, message: NotificationMessage, lines: "all" | "own"): Promise<boolean> {
  switch (message.method) {
    case "notifications/cancelled":
      return session.cancel(message.params?.["requestId"]);
    case "notifications/progress":
      return session.progress(message);
    default: {
      const say = async (channel: Channel, server: CatalogServer) => {
        if (concerns(message.method, server)) await channel.send(message.text);
      };
      await (lines === "all" ? session.lines.onAll(say) : session.lines.onOwn(say));
      return false;
    }
  }
}

/** A server that may not ask for folders was not told that the client has any. */
function concerns(method: string, { server }: CatalogServer): boolean {
  return method !== "notifications/roots/list_changed" || allowedFeatures(server).has("roots");
}

function toLetter({ id }: Session, { text }: { text: string }): string {
  return JSON.stringify({ session: id, text } satisfies Letter);
}

/** That a server cannot be told is no failure of ours. */
async function quiet(done: Promise<unknown> | undefined): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!isFault(error) || error.owner === "system") throw error;
  }
}

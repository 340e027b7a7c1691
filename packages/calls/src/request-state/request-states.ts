/**
 * `requestState` (2026-07-28, SEP-2322): what this house has to remember between the rounds of one
 * request is in the client's hands, sealed. To the client, as to an attacker, it is a text that cannot
 * be read, made, altered, used for another request or by another caller, or used late.
 */
import type { Clock, Fault, Id } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";
import type { SealedContext, Vault } from "@castellan/vault";
import type { ApprovedCall } from "../call.ts";
import { callFaults } from "../faults.ts";
import type { StateBinding } from "./binding.ts";

export type StateFacts = StateOfKind & {
  /** By which the rounds before went through: nobody is asked for this one again. */
  readonly approved?: ApprovedCall | undefined;
};

type StateOfKind =
  /** A modern server's own state: raw JSON string, given back to the letter, and to whom it gave that (`Acting.identity`). */
  | { readonly kind: "forwarded"; readonly upstream: string; readonly identity: string }
  /** A legacy server's call waits, at the replica `owner`, for the answers to its questions of this round. */
  | {
      readonly kind: "conversation";
      readonly owner: string;
      readonly conversation: string;
      readonly round: number;
    }
  /** Nothing waits: once the person has done what was asked, the call is made again. */
  | { readonly kind: "again" }
  /** The server keeps no state of its own; what is known is that the call was approved. */
  | { readonly kind: "approved" }
  /** The call waits for a person's decision: it has not begun. */
  | { readonly kind: "approval"; readonly id: Id<"approval"> }
  /** The call waits for its caller to link an account: the server has not carried it out. */
  | { readonly kind: "link"; readonly id: Id<"link"> }
  /** Code that a tool of the portal's own runs waits for people. */
  | { readonly kind: "run"; readonly id: Id<"run"> };

export type StateKind = StateFacts["kind"];

/** Those that a call to a server may come back with. */
export const stateKinds = [
  "forwarded",
  "conversation",
  "again",
  "approved",
  "approval",
  "link",
] as const satisfies readonly StateKind[];

export interface RequestStates {
  /** Throws `upstream_too_large` when a server's own state is beyond `maxUpstreamChars`. */
  seal(facts: StateFacts, binding: StateBinding): string;
  /** Opens a state of one of the kinds. Throws `request_state_invalid`, one message for every reason. */
  open<Kind extends StateKind>(
    text: string,
    binding: StateBinding,
    ...kinds: readonly Kind[]
  ): Extract<StateFacts, { kind: Kind }>;
}

/** How long a state is good for, milliseconds. */
export const stateTtlMs: Readonly<Record<StateKind, number>> = {
  forwarded: 60 * 60_000,
  conversation: 10 * 60_000,
  again: 60 * 60_000,
  approved: 60 * 60_000,
  approval: 60 * 60_000,
  link: 60 * 60_000,
  run: 60 * 60_000,
};

/** Raw characters of a server's own state. */
export const maxUpstreamChars = 64 * 1024;
const maxStateChars = 384 * 1024;

interface Sealed {
  readonly facts: StateFacts;
  /** Wall time, milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

export function createRequestStates({
  vault,
  clock,
}: {
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
}): RequestStates {
  return {
    seal(facts, binding) {
      if (facts.kind === "forwarded" && facts.upstream.length > maxUpstreamChars)
        throw mcpFaults.fault(
          "upstream_too_large",
          `The server's requestState is larger than ${maxUpstreamChars} characters`,
        );
      const sealed: Sealed = { facts, expiresAtMs: clock.now() + stateTtlMs[facts.kind] };
      return vault.seal(JSON.stringify(sealed), placeOf(binding)).toString("base64url");
    },

    open(text, binding, ...kinds) {
      const { facts, expiresAtMs } = unseal(text, binding, vault);
      if (expiresAtMs <= clock.now() || !isOneOf(kinds, facts)) throw stateInvalid();
      return facts;
    },
  };
}

/** The binding is authenticated with the value: a state does not open anywhere else. */
function placeOf(binding: StateBinding): SealedContext {
  return { table: "request_state", row: binding, column: "sealed_state" };
}

function unseal(text: string, binding: StateBinding, vault: Pick<Vault, "open">): Sealed {
  // `Buffer.from` skips what is not base64url; there must be one text only for each state.
  if (text.length > maxStateChars || !/^[A-Za-z0-9_-]+$/.test(text)) throw stateInvalid();
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw stateInvalid();
  try {
    return JSON.parse(vault.open(bytes, placeOf(binding)).toString("utf8")) as Sealed;
  } catch {
    throw stateInvalid();
  }
}

function isOneOf<Kind extends StateKind>(
  kinds: readonly Kind[],
  facts: StateFacts,
): facts is Extract<StateFacts, { kind: Kind }> {
  return (kinds as readonly StateKind[]).includes(facts.kind);
}

export function stateInvalid(): Fault {
  return callFaults.fault(
    "request_state_invalid",
    "params.requestState is not of this request, was used already, or is too old: send the request without it",
    { field: "params.requestState" },
  );
}

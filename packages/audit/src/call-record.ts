import type { Id } from "@castellan/kernel";

/**
 * How a call ended: answered (`ok`), answered by a tool that says it failed (`tool_error`), failed
 * on the way or at the upstream (`error`), refused by a stage of ours, or given up by the caller.
 */
export const callOutcomes = ["ok", "tool_error", "error", "refused", "cancelled"] as const;

export type CallOutcome = (typeof callOutcomes)[number];

/**
 * One call, also one that was refused. What was said in it (arguments, results) is not kept.
 *
 * Texts may come from strangers and hold anything: they are bounded and cleaned when they are
 * recorded (`clean-text.ts`), so no value can make its record, or a neighbour's, fail.
 */
export interface CallRecord {
  readonly id: Id<"call">;
  /** Wall time at which the request arrived, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** From arrival to the answer being ready, fractions of a millisecond included. */
  readonly durationMs: number;
  /** The upstream's part of `durationMs`; absent when no upstream was asked. */
  readonly upstreamMs?: number | undefined;
  readonly requestId: string;
  /** The replica that served the call. */
  readonly replica: string;
  /** Portal slug. */
  readonly portal?: string | undefined;
  /** Server slug; absent when the call concerned no single server, or none was found. */
  readonly server?: string | undefined;
  /** Protocol era of the client (architecture.md §5), null when it was not recognised. */
  readonly era: "legacy" | "modern" | null;
  /** JSON-RPC method. */
  readonly method: string;
  /** What the method was aimed at: public tool or prompt name, or resource URI. At most 512 characters are kept. */
  readonly target?: string | undefined;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  /** What the client says of itself. */
  readonly clientName?: string | undefined;
  readonly clientVersion?: string | undefined;
  readonly clientAddress?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly outcome: CallOutcome;
  /** The stage of architecture.md §4 that refused or failed. */
  readonly stage?: string | undefined;
  /** Stable fault code, or the JSON-RPC error code as text. */
  readonly code?: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** W3C trace id. */
  readonly traceId?: string | undefined;
  /** The call on whose behalf this one was made: a code execution, a workflow. */
  readonly parentCallId?: Id<"call"> | undefined;
  /** The portal's own tool through which the caller aimed at `target`: `portal_execute`. */
  readonly via?: string | undefined;
  /** What the use may do, as an admin approved it: `read`, `write`, `destructive`. */
  readonly class?: string | undefined;
  /** What the server calls the target, where callers know it by another name. At most 512 characters are kept. */
  readonly name?: string | undefined;
  /** The OAuth client that called, for a person or for itself. */
  readonly clientId?: string | undefined;
  /** ISO 3166-1 alpha-2; absent where it is not known. */
  readonly country?: string | undefined;
  /** Absent where no rule had anything to say. */
  readonly policy?: RecordedPolicy | undefined;
  /** The request for a person's decision by which it went through, or waits. */
  readonly approvalId?: string | undefined;
  /** The linked account that it was made with at the server, whosever that is. */
  readonly accountId?: string | undefined;
}

/** What the company's rules made of a call, before anybody was asked. */
export interface RecordedPolicy {
  readonly outcome: PolicyOutcome;
  /** Names of the rules that said so, sorted; `…` at the end stands for those beyond 512 characters. Empty: none allowed it. */
  readonly rules: readonly string[];
}

export const policyOutcomes = ["allow", "ask", "deny"] as const;

export type PolicyOutcome = (typeof policyOutcomes)[number];

/** A record as it was read back, with its place in its chain (`chain.ts`). */
export interface RecordedCall extends CallRecord {
  readonly chain: number;
  readonly seq: number;
}

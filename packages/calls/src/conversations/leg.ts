/**
 * One HTTP call's part in a conversation. The first one makes the upstream call, each retry brings answers
 * and takes its place; between two of them nobody listens.
 */
import type { InputRequest, LogLevel, ResponseMessage } from "@castellan/mcp";
import type { StateFacts } from "../request-state/request-states.ts";
import type { Listener } from "../server-messages/exchange.ts";

/** Where a conversation waits, and for the answers of which round: what the sealed state says of it. */
export type Place = Omit<Extract<StateFacts, { kind: "conversation" }>, "kind">;

export interface Leg {
  readonly listener: Listener;
  /** The token under which this HTTP call wants to hear of progress: raw JSON. */
  readonly progressToken: string | undefined;
  /** The least severe level of log messages that it wants, or `none`. */
  readonly log: LogLevel | "none";
  /** Aborts when the caller hangs up, which in 2026-07-28 cancels the request. */
  readonly signal: AbortSignal;
  /** Sends a notification ahead of the answer; false when it cannot. */
  say(text: string): boolean | Promise<boolean>;
}

/** How a leg ends that does not fail: with the server's response, or with the questions of the next round. */
export type LegOutcome =
  | { readonly kind: "response"; readonly response: ResponseMessage }
  | { readonly kind: "questions"; readonly place: Place; readonly questions: readonly InputRequest[] };

/** Answers to questions: by key the raw JSON of a result. */
export type Answers = ReadonlyMap<string, string>;

/** What a person is to do on a page before a call can go on: a durable request, which outlives the call that asked. */
import type { Fault } from "@castellan/kernel";
import type { InputRequest } from "@castellan/mcp";
import type { StateFacts } from "../request-state/request-states.ts";

export interface Errand {
  /** Under which a modern client answers the question. */
  readonly key: string;
  /** The page. */
  readonly url: string;
  /** What it is about: a sentence. */
  readonly message: string;
  /** What a modern client brings back with its answer. */
  readonly facts: StateFacts;
  /** Waits for its end, on whichever replica it comes, or until the time is over. Throws the signal's reason. */
  settled(wait: Wait): Promise<ErrandState>;
  /** The person, or their client for them, will not do it. Somebody may have been quicker. */
  decline(): Promise<ErrandState>;
  /** The call was cancelled while it waited. */
  abandoned(): Promise<unknown>;
  /** For a caller that cannot be asked in another way; `opensPages`: its client knows the error that has a page opened. */
  refusal(opensPages: boolean): Fault;
}

/** One that a caller is asked for. */
export type AskedErrand = Omit<Errand, "facts" | "refusal">;

export interface Wait {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** `done`: the call may be tried again. A fault: it came to a bad end, and so does the call. */
export type ErrandState = "pending" | "done" | Fault;

/** The question by which a client has its person open the page (2025-11-25 and 2026-07-28, elicitation, "URL Mode"). */
export function questionOf({ key, url, message }: Pick<Errand, "key" | "url" | "message">): InputRequest {
  const params = JSON.stringify({ mode: "url", message, url });
  return { key, method: "elicitation/create", params };
}

/** Of 2025-11-25, `URLElicitationRequiredError`: what the error names for clients that open pages. */
export function elicitationOf({ url, message }: Pick<Errand, "url" | "message">, elicitationId: string) {
  return { mode: "url", elicitationId, url, message };
}

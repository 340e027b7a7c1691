/** One HTTP request to a server, and the parts of its reply that everyone needs. */
import type { Dispatcher } from "undici";
import type { UpstreamTarget } from "./channel.ts";
import { toUpstreamFault } from "./upstream-fault.ts";

export type Reply = Dispatcher.ResponseData;
export type Body = Reply["body"];
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly signal: AbortSignal;
  /** An answer that stays open for long goes over the stream dispatcher. */
  readonly isStream?: boolean | undefined;
  /** How long the head of the reply may take; 0 without end. By default the target's `idleTimeoutMs`. */
  readonly headersTimeoutMs?: number | undefined;
}

/**
 * Sends a request with this target's headers. The body of the reply has no time-out: whoever reads it
 * keeps the time, since only the reader knows whether it was reading.
 */
export async function send(
  target: UpstreamTarget,
  method: "GET" | "POST" | "DELETE",
  { headers, text, signal, isStream = false, headersTimeoutMs }: SendOptions,
): Promise<Reply> {
  const { url, limits, dispatcher, streamDispatcher = dispatcher } = target;
  try {
    return await (isStream ? streamDispatcher : dispatcher).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...target.headers, ...headers },
      body: text ?? null,
      signal,
      headersTimeout: headersTimeoutMs ?? limits.idleTimeoutMs,
      bodyTimeout: 0,
    });
  } catch (error) {
    throw toUpstreamFault(error, signal);
  }
}

/** How long the rest of a body that nobody needs may take before its connection is cut. */
const restMs = 1_000;

/** Reads a body to its end, so that its connection serves the next request. Does not fail. */
export async function discard(body: Body, maxBytes = 64 * 1024): Promise<void> {
  try {
    await body.dump({ limit: maxBytes, signal: AbortSignal.timeout(restMs) });
  } catch {}
}

/** Hangs up. */
export function cut(body: Body): void {
  body.on("error", () => undefined).destroy();
}

export function isEventStream({ statusCode, headers }: Reply): boolean {
  return statusCode === 200 && mediaType(headers) === "text/event-stream";
}

export function mediaType(headers: ReplyHeaders): string {
  const value = headers["content-type"];
  const type = Array.isArray(value) ? value[0] : value;
  return (type?.split(";", 1)[0] ?? "").trim().toLowerCase();
}

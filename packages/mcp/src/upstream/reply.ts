/** The reply to an HTTP request, and what everyone needs to do with it. */
import type { Readable } from "node:stream";

/** What undici gives, or a server in this process. */
export interface Reply {
  readonly statusCode: number;
  readonly headers: ReplyHeaders;
  readonly body: Body;
}

export interface Body extends Readable {
  dump(options: { limit: number; signal: AbortSignal }): Promise<void>;
}

/** Names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

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

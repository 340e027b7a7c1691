/** Server-sent events as MCP sends them (WHATWG HTML §9.2; MCP transports). */

/**
 * One event that carries a JSON-RPC message. Its text may hold line breaks between its tokens; the id, if
 * any, is what a client resumes from and must hold none.
 */
export function messageEvent(text: string, id?: string): string {
  const data = text.includes("\n") || text.includes("\r") ? text.replaceAll(/\r\n|\r|\n/g, "\ndata: ") : text;
  return `event: message\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}

/**
 * The event that begins a resumable stream: an id and no data, so that a client can resume from before
 * the first message (2025-11-25, SEP-1699). `retryMs` is how long the client is to wait before it does.
 */
export function primingEvent(id: string, retryMs?: number): string {
  return `id: ${id}\n${retryMs === undefined ? "" : `retry: ${retryMs}\n`}data: \n\n`;
}

/** A comment: keeps idle proxies and client time-outs from cutting the stream. */
export const keepAliveComment = ": keepalive\n\n";
export const keepAliveMs = 15_000;

/** Headers of an event stream; the last one stops nginx from buffering (2026-07-28, transports). */
export const eventStreamHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

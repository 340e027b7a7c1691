/** Server-sent events as MCP sends them (WHATWG HTML §9.2; MCP transports). */

/** One event that carries a JSON-RPC message. Its text may hold line breaks between its tokens. */
export function messageEvent(text: string): string {
  const data = text.includes("\n") || text.includes("\r") ? text.replaceAll(/\r\n|\r|\n/g, "\ndata: ") : text;
  return `event: message\ndata: ${data}\n\n`;
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

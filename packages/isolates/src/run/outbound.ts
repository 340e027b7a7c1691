/** A program's `fetch()`, made outside by its handler: bodies go whole, as base64. */
import type { OutboundHandler } from "../program.ts";
import type { HeaderRows, Told } from "../wire/message.ts";

export interface Fetched {
  readonly status: number;
  readonly headers: HeaderRows;
  readonly base64: string;
}

/** Throws what the handler throws, a `TypeError` for a request that is none, and `onTooMuch`'s when the answer is over `maxBytes`. */
export async function fetchOut(
  handler: OutboundHandler,
  told: Extract<Told, { readonly t: "fetch" }>,
  rest: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<Fetched | "too-much"> {
  const { method, url } = told;
  const headers = told.headers.map(([name, value]): [string, string] => [name, value]);
  const body = told.body === "" ? null : Buffer.from(told.body, "base64");
  const response = await handler.fetch(
    new Request(url, { method, headers, body, redirect: "manual" }),
    rest.signal,
  );
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > rest.maxBytes) return "too-much";
    chunks.push(chunk);
  }
  return {
    status: response.status,
    headers: [...response.headers],
    base64: Buffer.concat(chunks).toString("base64"),
  };
}

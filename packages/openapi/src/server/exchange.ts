/** One exchange with an API: at its own origin, in time, and within a bound. */
import { mcpFaults, toUpstreamFault, type LocalRequest } from "@castellan/mcp";
import type { ApiRequest } from "../requests/build-request.ts";

export interface ApiReply {
  readonly status: number;
  /** Names in lower case; several of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body was longer; only for a status that is an error. */
  readonly isCut: boolean;
}

export interface ExchangeOptions {
  readonly origin: string;
  readonly dispatcher: LocalRequest["dispatcher"];
  readonly idleTimeoutMs: number;
  /** The longest body of a success, and so much of the body of an error. */
  readonly maxBytes: number;
  readonly maxErrorBytes: number;
  readonly signal: AbortSignal;
}

const maxRedirects = 3;
const followed = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request. A redirect is followed at the same origin, and only of a request that changes nothing; every other one
 * is the reply. Throws what `toUpstreamFault` says of a connection, and `upstream_too_large`, `upstream_invalid`.
 */
export async function exchange(request: ApiRequest, options: ExchangeOptions): Promise<ApiReply> {
  let { path } = request;
  for (let redirects = 0; ; redirects += 1) {
    const reply = await once({ ...request, path }, options);
    const next = redirects < maxRedirects ? nextPath(request, path, reply, options.origin) : undefined;
    if (next === undefined) return reply;
    path = next;
  }
}

function nextPath(
  { method }: ApiRequest,
  path: string,
  { status, headers }: ApiReply,
  origin: string,
): string | undefined {
  if ((method !== "GET" && method !== "HEAD") || !followed.has(status)) return undefined;
  const url = URL.parse(headers["location"] ?? "", origin + path);
  if (headers["location"] === undefined || url?.origin !== origin) return undefined;
  return url.pathname + url.search;
}

async function once(request: ApiRequest, options: ExchangeOptions): Promise<ApiReply> {
  const { origin, dispatcher, idleTimeoutMs, signal } = options;
  try {
    const response = await dispatcher.request({
      origin,
      path: request.path,
      method: request.method,
      headers: { ...request.headers },
      body: request.body ?? null,
      signal,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
    });
    const headers = joined(response.headers);
    const isError = response.statusCode >= 400;
    const read = await readBody(response.body, isError ? options.maxErrorBytes : options.maxBytes, isError);
    const isReadable = read.body.length === 0 || isPlain(headers["content-encoding"]);
    if (!isReadable && !isError)
      throw mcpFaults.fault(
        "upstream_invalid",
        "The API answered in a content encoding that it was not asked for",
      );
    // Nothing is unpacked; of an error the status says enough.
    return { status: response.statusCode, headers, ...(isReadable ? read : nothing) };
  } catch (error) {
    throw toUpstreamFault(error, signal);
  }
}

const nothing: Pick<ApiReply, "body" | "isCut"> = { body: Buffer.alloc(0), isCut: false };

async function readBody(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  mayCut: boolean,
): Promise<Pick<ApiReply, "body" | "isCut">> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // To leave the loop is to hang up.
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) continue;
    if (mayCut) return { body: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
    throw mcpFaults.fault("upstream_too_large", `The API's answer is larger than ${maxBytes} bytes`);
  }
  return { body: Buffer.concat(chunks), isCut: false };
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value] as const],
  );
  return Object.fromEntries(entries);
}

function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding.trim() === "" || encoding.trim().toLowerCase() === "identity";
}

/** One exchange with another server: checked, bounded in time and size, redirects only when asked for. */
import { isFault, kernelFaults, type Fault } from "@castellan/kernel";
import type { Dispatcher } from "undici";
import { webFaults } from "../faults.ts";
import { checkUrl } from "./destination.ts";
import type { OutboundPolicy, OutboundRules } from "./policy.ts";

export interface OutboundFetchInit {
  readonly policy: OutboundPolicy;
  /** The longest body that is taken, in bytes. */
  readonly maxBytes: number;
  /** For everything together, redirects and body included. */
  readonly timeoutMs: number;
  /** Default `GET`. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Redirects that are followed, each checked like the first URL. Default 0: the caller gets the 3xx. */
  readonly maxRedirects?: number;
  readonly signal?: AbortSignal;
  /** The input field that the URL came from, for messages. Default `url`. */
  readonly field?: string;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly body: Uint8Array;
}

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

const redirects = new Set([301, 302, 303, 307, 308]);
/** What must not travel to another origin (Fetch §4.5, "cross-origin redirect"). */
const boundToOrigin = new Set(["authorization", "cookie", "proxy-authorization"]);

export async function fetchChecked(
  url: string,
  init: OutboundFetchInit,
  rules: OutboundRules,
  dispatcher: Dispatcher,
): Promise<OutboundResponse> {
  const { maxRedirects = 0, field = "url" } = init;
  let hop: Hop = {
    url: checkUrl(url, rules, field),
    method: init.method ?? "GET",
    headers: lowerCased(init.headers ?? {}),
    body: init.body,
  };
  const deadline = AbortSignal.timeout(init.timeoutMs);
  const signal = init.signal === undefined ? deadline : AbortSignal.any([init.signal, deadline]);
  for (let followed = 0; ; followed += 1) {
    const answer = await exchange(hop, init, dispatcher, signal, deadline);
    const location = answer.headers.get("location");
    if (maxRedirects === 0 || !redirects.has(answer.status) || location === null) return answer;
    if (followed === maxRedirects)
      throw webFaults.fault(
        "outbound_redirected",
        `${hop.url.host} redirected more than ${maxRedirects} times`,
      );
    hop = nextHop(hop, answer.status, location, rules, field);
  }
}

async function exchange(
  hop: Hop,
  { maxBytes, timeoutMs, signal: given, field = "url" }: OutboundFetchInit,
  dispatcher: Dispatcher,
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<OutboundResponse> {
  try {
    const response = await dispatcher.request({
      origin: hop.url.origin,
      path: hop.url.pathname + hop.url.search,
      method: hop.method,
      // The limit is on what arrives, and a compressed answer would unpack to anything.
      headers: { ...hop.headers, "accept-encoding": "identity" },
      body: hop.body ?? null,
      signal,
      headersTimeout: timeoutMs,
    });
    const headers = toHeaders(response.headers);
    const body = await readLimited(response.body, maxBytes, hop.url);
    const encoding = headers.get("content-encoding") ?? "identity";
    if (body.length > 0 && encoding.toLowerCase() !== "identity")
      throw webFaults.fault("outbound_encoded", `${hop.url.host} sent a compressed answer`);
    return { status: response.statusCode, headers, url: hop.url.href, body };
  } catch (error) {
    if (given?.aborted === true)
      throw kernelFaults.fault("cancelled", "The request to another server was cancelled", {
        cause: given.reason,
      });
    throw toOutboundFault(error, hop.url, field, deadline.aborted);
  }
}

async function readLimited(
  body: Dispatcher.ResponseData["body"],
  maxBytes: number,
  url: URL,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the stream, and with it the connection: the rest is not downloaded.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw webFaults.fault("outbound_too_large", `${url.host} sent more than ${maxBytes} bytes`, {
        data: { maxBytes },
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function nextHop(hop: Hop, status: number, location: string, rules: OutboundRules, field: string): Hop {
  const target = URL.parse(location, hop.url.href);
  if (target === null)
    throw webFaults.fault("outbound_redirected", `${hop.url.host} redirected to something that is not a URL`);
  const url = checkUrl(target.href, rules, `redirect of ${field}`);
  const headers =
    url.origin === hop.url.origin ? hop.headers : without(hop.headers, (name) => boundToOrigin.has(name));
  const becomesGet =
    (status === 303 && hop.method !== "HEAD") ||
    ((status === 301 || status === 302) && hop.method === "POST");
  if (!becomesGet) return { ...hop, url, headers };
  return {
    url,
    method: "GET",
    headers: without(headers, (name) => name.startsWith("content-")),
    body: undefined,
  };
}

function toOutboundFault(error: unknown, url: URL, field: string, isLate: boolean): Fault {
  if (isFault(error, "outbound_refused"))
    return webFaults.fault("outbound_refused", `${field}: ${error.message}`, { field, cause: error });
  if (isFault(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (isLate || code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_CONNECT_TIMEOUT")
    return webFaults.fault("outbound_timeout", `${url.host} did not answer in time`, { cause: error });
  return webFaults.fault(
    "outbound_unreachable",
    `${url.host} could not be reached (${code ?? "unknown reason"})`,
    {
      cause: error,
    },
  );
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function without(
  headers: Readonly<Record<string, string>>,
  drop: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !drop(name)));
}

function toHeaders(received: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received))
    for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
  return headers;
}

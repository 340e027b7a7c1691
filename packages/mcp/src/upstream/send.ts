/** One HTTP request to a server. */
import type { UpstreamTarget } from "./channel.ts";
import { sendAuthorized } from "./authorized.ts";
import type { AboutRequest } from "./credentials.ts";
import { askLocally, type LocalServer } from "./local-server.ts";
import type { Reply } from "./reply.ts";
import { toUpstreamFault } from "./upstream-fault.ts";

export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly signal: AbortSignal;
  /** An answer that stays open for long goes over the stream dispatcher. */
  readonly isStream?: boolean | undefined;
  /** How long the head of the reply may take; 0 without end. By default the target's `idleTimeoutMs`. */
  readonly headersTimeoutMs?: number | undefined;
  /** What the request is, for credentials that are good for one request only. */
  readonly about?: AboutRequest | undefined;
}

/**
 * Sends a request with this target's headers and credentials. The body of the reply has no time-out: whoever
 * reads it keeps the time, since only the reader knows whether it was reading. Throws what credentials throw.
 */
export function send(
  target: UpstreamTarget,
  method: "GET" | "POST" | "DELETE",
  options: SendOptions,
): Promise<Reply> {
  const { headers, signal, about = {} } = options;
  const { local } = target;
  return sendAuthorized(target, { about, signal }, (own) =>
    local
      ? sendLocally(local, target, options, own)
      : sendOnce(target, method, { ...options, headers: { ...headers, ...own } }),
  );
}

/** Headers of the protocol end here: what goes on is what was given for the address of the target. */
function sendLocally(
  server: LocalServer,
  { url, dispatcher, limits, headers }: UpstreamTarget,
  { text = "", signal }: SendOptions,
  own: Readonly<Record<string, string>>,
): Promise<Reply> {
  const { idleTimeoutMs, maxMessageBytes } = limits;
  return askLocally(server, {
    text,
    headers: { ...headers, ...own },
    credentialHeaders: Object.keys(own),
    url,
    dispatcher,
    idleTimeoutMs,
    maxMessageBytes,
    signal,
  });
}

async function sendOnce(
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

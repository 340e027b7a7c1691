/** A server in this process, spoken to in the modern era: it takes the place of HTTP, and of nothing else. */
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Reply } from "./reply.ts";
import { orAborted } from "./upstream-fault.ts";

/**
 * Answers one request of the modern era (2026-07-28) as an HTTP server does: 401 and 403 with a challenge are the
 * word of whoever it speaks to, and lead to other credentials or to a sign-in. What it throws, the caller gets as it is:
 * a connection that failed is to be thrown as `toUpstreamFault` says it.
 */
export type LocalServer = (request: LocalRequest) => Promise<LocalReply>;

export interface LocalRequest {
  /** The JSON-RPC message. */
  readonly text: string;
  /** What an admin and the credentials set, names in lower case: for the origin of `url`, and for no other. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of those that the credentials set. */
  readonly credentialHeaders: readonly string[];
  /** The address that was registered. */
  readonly url: URL;
  /** The only way out: it judges every address by what an admin allowed for this server. */
  readonly dispatcher: Dispatcher;
  /** How long whoever it speaks to may be silent, milliseconds. */
  readonly idleTimeoutMs: number;
  /** The largest answer that is read. */
  readonly maxMessageBytes: number;
  readonly signal: AbortSignal;
}

export interface LocalReply {
  readonly status: number;
  /** Names in lower case. With status 200, `content-type` is `application/json`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Throws what the server throws, and `cancelled`. */
export async function askLocally(server: LocalServer, request: LocalRequest): Promise<Reply> {
  const { status, headers, body } = await orAborted(server(request), request.signal);
  return { statusCode: status, headers, body: toBody(body) };
}

function toBody(text: string): Reply["body"] {
  const stream = Readable.from([Buffer.from(text)], { objectMode: false });
  // There is no connection to keep.
  const dump = () => Promise.resolve(void stream.destroy());
  return Object.assign(stream, { dump });
}

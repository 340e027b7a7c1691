/**
 * Takes a request to the provider and its answer back. The provider sees a request that was made for it: under the public
 * origin, with the parameters as we put them in order and the few headers that it needs. So nothing in it derives from
 * Host or a forwarding header, and of its answer only what is meant for the caller leaves.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestHeader } from "@castellan/web";
import { isFault } from "@castellan/kernel";
import { toFetchResponse, toReqRes } from "fetch-to-node";
import type { Context } from "hono";
import { exchangeOf, rememberExchange, type Exchange } from "./exchange.ts";

/** The part of the provider that is needed here. */
interface Handler {
  callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  on(event: "server_error", listener: (ctx: { req: object }, error: Error) => void): unknown;
}

export interface Call {
  /** Below the issuer: `/token`. */
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly query?: URLSearchParams;
  readonly body?: { readonly type: string; readonly text: string };
}

export interface BridgeOptions {
  readonly provider: Handler;
  readonly issuer: string;
  /** Names of the cookies that leave; the provider would set more. */
  readonly cookies: readonly string[];
  readonly now: () => number;
  /** Hears of every defect. */
  readonly onError: (error: unknown) => void;
}

/** The provider's answer, or what it wants a person to be told. */
export interface Answer {
  readonly response: Response;
  readonly refused: Exchange["refused"];
}

/** Throws a fault that may be gone in a moment; a client that posts is told of it in its own words. */
export type Bridge = (c: Context, call: Call) => Promise<Answer>;

const requestHeaders = ["authorization", "cookie"] as const;
const answerHeaders = ["cache-control", "content-type", "location", "retry-after", "www-authenticate"];

export function createBridge({ provider, issuer, cookies, now, onError }: BridgeOptions): Bridge {
  const handle = provider.callback();
  const { origin, host, protocol, pathname } = new URL(issuer);
  provider.on("server_error", (ctx, error) => {
    exchangeOf(ctx).failure = error;
  });

  return async (c, { path, method, query, body }) => {
    const search = query === undefined || query.size === 0 ? "" : `?${query}`;
    const headers = new Headers({ host, accept: method === "GET" ? "text/html" : "application/json" });
    for (const name of requestHeaders) {
      const value = requestHeader(c, name);
      if (value !== undefined) headers.set(name, value);
    }
    if (body !== undefined) {
      headers.set("content-type", body.type);
      headers.set("content-length", String(Buffer.byteLength(body.text)));
    }
    const request = new Request(`${origin}${path}${search}`, {
      method,
      headers,
      ...(body !== undefined && { body: body.text }),
    });
    const { req, res } = toReqRes(request);
    // The provider looks where it is mounted, and whether cookies may be secure.
    Object.defineProperties(req, {
      originalUrl: { value: `${pathname}${path}${search}` },
      socket: { value: { encrypted: protocol === "https:", remoteAddress: "" } },
    });
    req.headers.host = host;
    const exchange: Exchange = { c, arrivedAtMs: now() };
    rememberExchange(req, exchange);
    await handle(req, res);
    const response = await toFetchResponse(res);
    const { failure } = exchange;
    if (failure === undefined)
      return { response: await select(response, cookies), refused: exchange.refused };
    if (isFault(failure) && failure.retryable) {
      if (method === "GET") throw failure;
      return { response: unavailable(), refused: undefined };
    }
    onError(failure);
    return { response: await select(response, cookies), refused: exchange.refused };
  };
}

/** What of an answer leaves; a redirect without the text that nobody reads. */
async function select(response: Response, cookies: readonly string[]): Promise<Response> {
  const headers = new Headers();
  for (const name of answerHeaders) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  for (const cookie of response.headers.getSetCookie())
    if (cookies.some((name) => cookie.startsWith(`${name}=`))) headers.append("set-cookie", cookie);
  const { status } = response;
  if (status >= 300 && status < 400) {
    headers.delete("content-type");
    return new Response(null, { status, headers });
  }
  return new Response(await response.text(), { status, headers });
}

/** The database does not answer: an error that OAuth clients know, and that they may try again after. */
function unavailable(): Response {
  return Response.json(
    { error: "temporarily_unavailable", error_description: "try again in a moment" },
    { status: 503, headers: { "Cache-Control": "no-store", "Retry-After": "1" } },
  );
}

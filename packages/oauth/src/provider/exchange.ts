/**
 * What belongs to one request while the provider works on it. The provider calls stores and policies without saying for
 * which request; it keeps that itself, and this finds what we know of the same request.
 */
import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { Provider } from "oidc-provider";
import type { OAuthError } from "../ports.ts";
import type { Rotation } from "../storage/refresh-tokens.ts";

export interface Exchange {
  readonly c: Context;
  readonly arrivedAtMs: number;
  /** The refresh token that this request has exchanged. */
  rotation?: Rotation;
  /** What a person is told in place of an answer to the client. */
  refused?: OAuthError;
  /** Why the provider could not go on: no fault of the caller. */
  failure?: unknown;
}

const exchanges = new WeakMap<object, Exchange>();

export function rememberExchange(req: IncomingMessage, exchange: Exchange): void {
  exchanges.set(req, exchange);
}

/** Of the provider's own context of a request. */
export function exchangeOf(ctx: { readonly req: object }): Exchange {
  const exchange = exchanges.get(ctx.req);
  if (exchange === undefined)
    throw new Error("A request reached the provider by another way than the bridge");
  return exchange;
}

/** Of the request that the provider works on; undefined outside of any. */
export function currentExchange(): Exchange | undefined {
  return Provider.ctx && exchangeOf(Provider.ctx);
}

/** One id for each request: in the answer, in every log line, in the text of an internal error. */
import { createId } from "@castellan/kernel";
import type { ProxyTrust } from "./client-address.ts";
import type { Stage } from "./exchange.ts";

const wellFormed = /^[\w.~:+/=-]{1,128}$/;

/** Stage: takes `X-Request-Id` from a trusted proxy if it is well formed, else makes one; answers with it. */
export function assignRequestId(trust: ProxyTrust): Stage {
  return (exchange) => {
    const given = trust.trusts(exchange) ? exchange.header("x-request-id") : undefined;
    exchange.requestId = given !== undefined && wellFormed.test(given) ? given : createId("request");
    exchange.setHeader("X-Request-Id", exchange.requestId);
    return undefined;
  };
}

/** An HTTP status that is no answer. */
import type { Fault } from "@castellan/kernel";
import { mcpFaults } from "../faults.ts";
import type { ResponseMessage } from "../jsonrpc/message.ts";
import type { Posted } from "./post.ts";

/**
 * The answer to a request, also where a refusal tells it in JSON-RPC with a code of its own. That the
 * server wants other credentials is never an answer: the caller cannot do anything about it.
 * Throws `upstream_unauthorized`, `upstream_refused`.
 */
export function answerOf(posted: Posted): ResponseMessage {
  if (posted.kind === "answer") return posted.message;
  if (posted.message && !isUnauthorized(posted.status)) return posted.message;
  throw refusalFault(posted.status);
}

/** A refusal as a fault with the upstream as owner. */
export function refusalFault(status: number): Fault {
  const data = { status };
  if (isUnauthorized(status)) {
    const message = `The server refused the credentials it was sent (HTTP ${status})`;
    return mcpFaults.fault("upstream_unauthorized", message, { data });
  }
  return mcpFaults.fault("upstream_refused", `The server answered with HTTP ${status}`, { data });
}

export function isUnauthorized(status: number): boolean {
  return status === 401 || status === 403;
}

/** Whether a refused stream may be had later: another one is still open (409), too much, or out of order. */
export function isLater(status: number): boolean {
  return status === 409 || status === 429 || status >= 500;
}

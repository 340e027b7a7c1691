/** What the endpoint reads from and writes to the head of an HTTP message. */
import { challenge, type Challenge } from "@castellan/access";
import type { Fault } from "@castellan/kernel";
import { mcpFaults, type ProtocolHeaders } from "@castellan/mcp";
import { requestHeader, requestHeaders } from "@castellan/web";
import type { Context } from "hono";

export function protocolHeadersOf(c: Context): ProtocolHeaders {
  return {
    protocolVersion: requestHeader(c, "mcp-protocol-version"),
    sessionId: requestHeader(c, "mcp-session-id"),
    method: requestHeader(c, "mcp-method"),
    name: requestHeader(c, "mcp-name"),
  };
}

/** The `Mcp-Param-*` headers (2026-07-28, SEP-2243), names in lower case. */
export function paramHeadersOf(c: Context): Record<string, string> {
  return Object.fromEntries(requestHeaders(c).filter(([name]) => name.startsWith("mcp-param-")));
}

/** Throws `media_type_unsupported`, `not_acceptable`. */
export function checkMediaTypes(c: Context): { acceptsStream: boolean } {
  const type = requestHeader(c, "content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json")
    throw mcpFaults.fault("media_type_unsupported", "Send messages with Content-Type: application/json", {
      field: "Content-Type",
    });
  const accepted = accepts(c);
  if (!accepted.json)
    throw mcpFaults.fault("not_acceptable", "Accept must list application/json and text/event-stream", {
      field: "Accept",
    });
  return { acceptsStream: accepted.stream };
}

export function accepts(c: Context): { json: boolean; stream: boolean } {
  const accept = requestHeader(c, "accept")?.toLowerCase() ?? "*/*";
  const any = accept.includes("*/*");
  return {
    json: any || accept.includes("application/json") || accept.includes("application/*"),
    stream: any || accept.includes("text/event-stream") || accept.includes("text/*"),
  };
}

/** RFC 6750 §3: who is refused is told how to come in; RFC 9110 §15.5.6: a 405 says what is served instead. */
export function faultHeaders(
  fault: Fault,
  way: () => Challenge | undefined,
): Readonly<Record<string, string>> {
  const { status, data } = fault;
  const refusal = status === 401 || status === 403 ? challenge(fault, way()) : undefined;
  if (refusal !== undefined) return { "www-authenticate": refusal };
  if (status === 405) return { allow: "POST" };
  if (status === 503 || status === 429) return { "retry-after": String(retryAfterSeconds(data)) };
  return {};
}

/** RFC 9110 §10.2.3: whole seconds. */
function retryAfterSeconds(data: Fault["data"]): number {
  const ms = data?.["retryAfterMs"];
  return typeof ms === "number" ? Math.max(1, Math.ceil(ms / 1000)) : 1;
}

/** A server's own JSON-RPC error, told to a caller of the other era. Message and data stay as they came. */
import { withMembers } from "../json/members.ts";
import { rpcCodes } from "../jsonrpc/error.ts";
import { memberOf } from "../jsonrpc/message.ts";
import { findMethod } from "../methods.ts";

/**
 * 2026-07-28 reserved `-32020` to `-32099` (basic, "Error codes"). From a legacy server these are
 * codes of its own; a modern client would take them for what they mean now and, say, change version.
 */
const reservedSince: ReadonlySet<number> = new Set([
  rpcCodes.headerMismatch,
  rpcCodes.missingClientCapability,
  rpcCodes.unsupportedVersion,
]);

/**
 * An error that by its code (`-32042`) has clients open pages, where that is not to be: a client that knows
 * the code would look for pages in whatever comes with it.
 */
export function withoutPages(errorText: string): string {
  return codeOf(errorText) === rpcCodes.urlElicitationRequired
    ? withCode(errorText, rpcCodes.serverError)
    : errorText;
}

/** A legacy server's error (raw JSON) for a modern caller. */
export function toModernError(errorText: string, method: string): string {
  const code = codeOf(errorText);
  if (code === rpcCodes.resourceNotFound && findMethod(method, "modern")?.target === "resource")
    return withCode(errorText, rpcCodes.invalidParams);
  return reservedSince.has(code) ? withCode(errorText, rpcCodes.serverError) : errorText;
}

/**
 * A modern server's error (raw JSON) for a legacy caller, who does not know that a capability can be
 * missing. What a server says of the hop to it is not the caller's and never gets here.
 */
export function toLegacyError(errorText: string): string {
  return codeOf(errorText) === rpcCodes.missingClientCapability
    ? withCode(errorText, rpcCodes.serverError)
    : errorText;
}

function codeOf(errorText: string): number {
  return Number(memberOf(errorText, "code"));
}

function withCode(errorText: string, code: number): string {
  return withMembers(errorText, { code: String(code) });
}

/**
 * What a refusal tells a client about how to come in (RFC 6750 §3; RFC 9728 §5.1; MCP 2026-07-28, authorization): where
 * the authorization server is to be found, and what to ask it for.
 */
import type { Fault } from "@castellan/kernel";

export interface Challenge {
  /** Where the metadata of what was asked for is (RFC 9728 §3). */
  readonly metadataUrl: string;
  /** What to ask for, scopes with single spaces between them. */
  readonly scope: string;
}

/**
 * The value of `WWW-Authenticate` that belongs to a 401, or to a 403 for want of scopes; undefined for other faults.
 * `way`: undefined where there is nothing to come into.
 */
export function challenge({ status, code, data }: Fault, way: Challenge | undefined): string | undefined {
  const needed = code === "insufficient_scope" ? data?.["scope"] : undefined;
  if (status !== 401 && needed === undefined) return undefined;
  const parameters = [
    ...errorOf(status, code),
    ...(way ? [`scope="${typeof needed === "string" ? needed : way.scope}"`] : []),
    ...(way ? [`resource_metadata="${way.metadataUrl}"`] : []),
  ];
  return ["Bearer", parameters.join(", ")].join(" ").trimEnd();
}

/** RFC 6750 §3.1: a client that did not try gets no error. */
function errorOf(status: number, code: string): string[] {
  if (code === "token_missing") return [];
  return [`error="${status === 401 ? "invalid_token" : "insufficient_scope"}"`];
}

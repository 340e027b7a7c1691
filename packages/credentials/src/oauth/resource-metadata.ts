/** What a resource says of itself: Protected Resource Metadata (RFC 9728). */
import type { Fault } from "@castellan/kernel";
import { credentialFaults } from "../faults.ts";
import type { OAuthTarget } from "./oauth.ts";
import { resourceMetadataUrls, speaksFor } from "./resource.ts";
import { cleanScopes } from "./scopes.ts";
import { isIdentifier } from "./strangers.ts";
import { plain } from "./token-answer.ts";
import { getDocument, hostOf, type Way } from "./wire.ts";

export interface ResourceMetadata {
  /** Exactly as published. */
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[] | undefined;
}

const maxIssuers = 16;

/**
 * Where the challenge says that it is, then where it is by convention; undefined: there is none.
 * Throws `credentials_unavailable`, `upstream_auth_unsupported` (its address is not allowed), `upstream_auth_invalid` (it
 * speaks for another resource), `cancelled`.
 */
export async function loadResourceMetadata(
  way: Way,
  target: OAuthTarget,
  told: string | undefined,
  signal?: AbortSignal,
): Promise<ResourceMetadata | undefined> {
  const first = told === undefined ? undefined : URL.parse(told, target.url)?.href;
  const urls = new Set([...(first === undefined ? [] : [first]), ...resourceMetadataUrls(target.url)]);
  let failure: Fault | undefined;
  for (const url of urls) {
    const answer = await getDocument(way, url, target, signal);
    if (answer.kind === "found" && typeof answer.document["resource"] === "string")
      return read(answer.document, target);
    // What is at the next address may not be taken for what could not be had from this one.
    if (answer.kind === "failed") failure ??= answer.fault;
    if (failure !== undefined) break;
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function read(document: Readonly<Record<string, unknown>>, target: OAuthTarget): ResourceMetadata {
  const resource = String(document["resource"]);
  // People read this who are no admins: of the address the host is enough, the rest of it may be a secret.
  if (!isIdentifier(resource) || !speaksFor(resource, target.url))
    throw credentialFaults.fault(
      "upstream_auth_invalid",
      `The metadata of ${hostOf(target.url)} are those of another resource (${plain(resource)})`,
    );
  const { authorization_servers: issuers, scopes_supported: scopes } = document;
  return {
    resource,
    issuers: Array.isArray(issuers) ? issuers.filter(isIdentifier).slice(0, maxIssuers) : [],
    scopes: Array.isArray(scopes) ? cleanScopes(scopes) : undefined,
  };
}

/**
 * What an issuer publishes of itself: OpenID Connect Discovery 1.0 §4, and where there is none of that RFC 8414 §3.
 * Its word is taken for what it is: every address in it is judged like one that was typed in.
 */
import { isFault } from "@castellan/kernel";
import type { Outbound, OutboundResponse } from "@castellan/web";
import { z } from "zod";
import { accessFaults } from "../faults.ts";

/** How an issuer is asked. */
export interface IssuerAccess {
  readonly outbound: Pick<Outbound, "fetch" | "check">;
  /** As of servers: where it may be although that is not public. */
  readonly allowPrivate: readonly string[];
}

export interface IssuerMetadata {
  readonly issuer: string;
  readonly jwksUri: string;
  /** All that it says, for whoever needs more. */
  readonly document: Readonly<Record<string, unknown>>;
}

const maxDocumentBytes = 128 * 1024;
const timeoutMs = 5_000;

const published = z.looseObject({ issuer: z.string(), jwks_uri: z.string() });

/**
 * Asks the issuer, which is compared to the letter (RFC 8414 §3.3).
 *
 * Throws `outbound_refused` and `outbound_policy_invalid` (for the address of the issuer itself), `issuer_unfit`,
 * `issuer_unavailable`.
 */
export async function discoverIssuer(issuer: string, access: IssuerAccess): Promise<IssuerMetadata> {
  const url = access.outbound.check(issuer, access, "issuer");
  if (url.search !== "" || url.hash !== "")
    throw issuerUnfit(issuer, "an issuer has no query and no fragment");
  const parsed = published.safeParse(await readMetadata(url, issuer, access));
  if (!parsed.success) throw issuerUnfit(issuer, "its metadata lack `issuer` or `jwks_uri`");
  const { data } = parsed;
  if (data.issuer !== issuer)
    throw issuerUnfit(
      issuer,
      `it calls itself ${JSON.stringify(data.issuer.slice(0, 200))}, and the two must be equal to the letter`,
    );
  assertReachable(issuer, "jwks_uri", data.jwks_uri, access);
  return { issuer, jwksUri: data.jwks_uri, document: data };
}

/** Holds an address that an issuer published to the rules. Throws `issuer_unfit`. */
export function assertReachable(
  issuer: string,
  member: string,
  address: unknown,
  access: IssuerAccess,
): void {
  if (typeof address !== "string") throw issuerUnfit(issuer, `its metadata lack \`${member}\``);
  try {
    access.outbound.check(address, access, member);
  } catch (cause) {
    throw issuerUnfit(issuer, isFault(cause) ? cause.message : `its \`${member}\` is no URL`, cause);
  }
}

/** A JSON object from an issuer. Throws `outbound_refused`, `issuer_unfit`, `issuer_unavailable`. */
export async function fetchIssuerJson(url: string, issuer: string, access: IssuerAccess): Promise<unknown> {
  const answer = await ask(url, issuer, access);
  if (answer.status !== 200) throw refusedWith(issuer, url, answer.status);
  return parseJson(answer, issuer);
}

async function readMetadata(url: URL, issuer: string, access: IssuerAccess): Promise<unknown> {
  // OIDC Discovery §4: a final slash of the issuer goes before the path is put behind it.
  const path = url.pathname.replace(/\/$/, "");
  const first = await ask(`${url.origin}${path}/.well-known/openid-configuration`, issuer, access);
  if (first.status === 200) return parseJson(first, issuer);
  if (first.status !== 404) throw refusedWith(issuer, first.url, first.status);
  return fetchIssuerJson(`${url.origin}/.well-known/oauth-authorization-server${path}`, issuer, access);
}

/** Redirects are not followed: an issuer's own addresses are where they say they are. */
async function ask(url: string, issuer: string, access: IssuerAccess): Promise<OutboundResponse> {
  try {
    return await access.outbound.fetch(url, {
      policy: { allowPrivate: access.allowPrivate },
      maxBytes: maxDocumentBytes,
      timeoutMs,
      headers: { accept: "application/json" },
      field: "issuer",
    });
  } catch (cause) {
    if (!isFault(cause) || cause.owner !== "upstream") throw cause;
    throw accessFaults.fault("issuer_unavailable", `The issuer ${issuer} cannot be asked: ${cause.message}`, {
      cause,
    });
  }
}

function parseJson({ body, url }: OutboundResponse, issuer: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw issuerUnfit(issuer, `${new URL(url).pathname} is not JSON`, cause);
  }
}

function refusedWith(issuer: string, url: string, status: number): Error {
  const answered = `${new URL(url).pathname} answers with status ${status}`;
  if (status >= 500 || status === 429)
    return accessFaults.fault("issuer_unavailable", `The issuer ${issuer} cannot be asked: ${answered}`);
  return issuerUnfit(issuer, answered);
}

export function issuerUnfit(issuer: string, reason: string, cause?: unknown): Error {
  return accessFaults.fault("issuer_unfit", `The issuer ${issuer} cannot be used: ${reason}`, {
    field: "issuer",
    cause,
  });
}

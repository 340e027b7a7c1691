/** A trusted issuer as PostgreSQL has it. */
import { sql } from "@castellan/database";
import type { Directory } from "../people/user.ts";
import type { SigningAlgorithm } from "./algorithms.ts";
import type { ClaimNames } from "./claims.ts";
import type { TrustedIssuer } from "./trusted-issuer.ts";

export interface IssuerRow {
  slug: string;
  title: string;
  issuer: string;
  audience: string;
  jwks_uri: string | null;
  directory: Directory;
  claims: ClaimNames;
  group_map: Record<string, string> | null;
  group_prefix: string;
  allowed_domains: string[];
  requires_verified_email: boolean;
  algorithms: SigningAlgorithm[];
  creates_users: boolean;
  links_by_email: boolean;
  scopes_claim: string | null;
  kept_claims: string[];
  allow_private: string[];
  is_enabled: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export const issuerColumns = sql`
  slug, title, issuer, audience, jwks_uri, directory, claims, group_map, group_prefix, allowed_domains,
  requires_verified_email, algorithms, creates_users, links_by_email, scopes_claim, kept_claims, allow_private, is_enabled,
  version, created_at, updated_at`;

export function toIssuer(row: IssuerRow): TrustedIssuer {
  return {
    slug: row.slug,
    title: row.title,
    issuer: row.issuer,
    audience: row.audience,
    jwksUri: row.jwks_uri ?? undefined,
    directory: row.directory,
    claims: row.claims,
    groupMap: row.group_map ?? undefined,
    groupPrefix: row.group_prefix,
    allowedDomains: row.allowed_domains,
    requiresVerifiedEmail: row.requires_verified_email,
    algorithms: row.algorithms,
    createsUsers: row.creates_users,
    linksByEmail: row.links_by_email,
    scopesClaim: row.scopes_claim ?? undefined,
    keptClaims: row.kept_claims,
    allowPrivate: row.allow_private,
    isEnabled: row.is_enabled,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

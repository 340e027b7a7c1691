/** A provider as PostgreSQL has it. */
import type { ClaimNames, Directory } from "@castellan/access";
import { sql } from "@castellan/database";
import { defineSealedColumn, type Vault } from "@castellan/vault";
import type { Provider } from "./provider.ts";

export interface ProviderRow {
  slug: string;
  title: string;
  directory: Directory;
  issuer: string;
  client_id: string;
  sealed_client_secret: Buffer | null;
  scopes: string[];
  claims: ClaimNames;
  group_map: Record<string, string> | null;
  group_prefix: string;
  allowed_domains: string[];
  requires_verified_email: boolean;
  kept_claims: string[];
  creates_users: boolean;
  links_by_email: boolean;
  allow_private: string[];
  is_enabled: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export const providerColumns = sql`
  slug, title, directory, issuer, client_id, sealed_client_secret, scopes, claims, group_map, group_prefix,
  allowed_domains, requires_verified_email, kept_claims, creates_users, links_by_email, allow_private, is_enabled,
  version, created_at, updated_at`;

export const providerSealedColumn = defineSealedColumn({
  table: "sign_in_providers",
  idColumn: "slug",
  column: "sealed_client_secret",
});

export function toProvider(row: ProviderRow): Provider {
  return {
    slug: row.slug,
    title: row.title,
    directory: row.directory,
    issuer: row.issuer,
    clientId: row.client_id,
    hasClientSecret: row.sealed_client_secret !== null,
    scopes: row.scopes,
    claims: row.claims,
    groupMap: row.group_map ?? undefined,
    groupPrefix: row.group_prefix,
    allowedDomains: row.allowed_domains,
    requiresVerifiedEmail: row.requires_verified_email,
    keptClaims: row.kept_claims,
    createsUsers: row.creates_users,
    linksByEmail: row.links_by_email,
    allowPrivate: row.allow_private,
    isEnabled: row.is_enabled,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/**
 * A secret is sealed together with the issuer that it was given for: who can write to the database cannot have it sent
 * somewhere else.
 */
interface SealedSecret {
  readonly issuer: string;
  readonly secret: string;
}

export function sealSecret(
  vault: Pick<Vault, "seal">,
  { slug, issuer }: { slug: string; issuer: string },
  secret: string | undefined,
): Buffer | null {
  if (secret === undefined) return null;
  const sealed: SealedSecret = { issuer, secret };
  return vault.seal(JSON.stringify(sealed), contextOf(slug));
}

/** Throws `vault_open_failed`, `vault_key_missing`. */
export function openSecret(
  vault: Pick<Vault, "open">,
  { slug, issuer, sealed_client_secret: sealed }: ProviderRow,
): string | undefined {
  if (sealed === null) return undefined;
  const opened = JSON.parse(vault.open(sealed, contextOf(slug)).toString("utf8")) as SealedSecret;
  if (opened.issuer !== issuer)
    throw new Error(`The secret of provider "${slug}" was given for another issuer`);
  return opened.secret;
}

function contextOf(slug: string) {
  return { ...providerSealedColumn, row: slug };
}

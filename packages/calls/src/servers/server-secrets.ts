/** The secrets of a server's auth: how they lie in the database, and how they are changed. */
import {
  authSecretNames,
  isOAuth,
  secretUseOf,
  type AuthSecretName,
  type AuthSecrets,
  type UpstreamAuth,
} from "@castellan/credentials";
import { isFault } from "@castellan/kernel";
import type { SealedContext, Vault } from "@castellan/vault";
import { callFaults } from "../faults.ts";
import { unusableHeaders } from "./server-headers.ts";

/** What a row of `servers` says of its auth. */
export interface AuthRow {
  readonly id: string;
  readonly slug: string;
  readonly url: string;
  readonly auth: UpstreamAuth;
  readonly sealed_auth: Buffer | null;
}

/** Null takes a secret away. */
export type SecretChange = { readonly [Name in AuthSecretName]?: string | null | undefined };

/**
 * Secrets are sealed together with the places that they were given for: who can write to the database, or may change
 * a server's address, cannot have them sent somewhere else.
 */
interface SealedAuth {
  readonly places: string;
  readonly secrets: AuthSecrets;
}

/** Null where there are none. */
export function sealAuth(
  vault: Vault,
  { id, url, auth }: Pick<AuthRow, "id" | "url" | "auth">,
  secrets: AuthSecrets,
): Buffer | null {
  if (Object.keys(secrets).length === 0) return null;
  const sealed: SealedAuth = { places: secretPlaces(url, auth), secrets };
  return vault.seal(JSON.stringify(sealed), contextOf(id));
}

/** Throws one of `unusableHeaders`. */
export function openAuth(vault: Vault, row: AuthRow): AuthSecrets {
  if (row.sealed_auth === null) return {};
  const text = vault.open(row.sealed_auth, contextOf(row.id)).toString("utf8");
  const { places, secrets } = JSON.parse(text) as SealedAuth;
  if (places === secretPlaces(row.url, row.auth)) return secrets;
  throw callFaults.fault(
    "server_credentials_moved",
    `The secrets of server "${row.slug}" were given for another address or authorization server than those of now`,
  );
}

/** Undefined where they are unusable. */
export function tryOpenAuth(vault: Vault, row: AuthRow): AuthSecrets | undefined {
  try {
    return openAuth(vault, row);
  } catch (error) {
    if (isFault(error) && unusableHeaders.has(error.code)) return undefined;
    throw error;
  }
}

/** Secrets to be stored in the place of others. */
export interface ChangedSecrets {
  readonly names: readonly AuthSecretName[];
  readonly sealed: Buffer | null;
}

/**
 * What becomes of a server's secrets when some are set, some are taken away, and its URL and auth may be others;
 * undefined when they stay what they are. What the auth has no use for any more is dropped. A value is not carried
 * over to another place: throws `server_secrets_required`.
 */
export function changeSecrets(
  vault: Vault,
  row: AuthRow & { readonly auth_secret_names: readonly AuthSecretName[] },
  after: { readonly url: URL; readonly auth: UpstreamAuth },
  change: SecretChange,
): ChangedSecrets | undefined {
  const { required: needed, optional } = secretUseOf(after.auth);
  const kept = row.auth_secret_names.filter(
    (name) => change[name] === undefined && (needed.includes(name) || optional.includes(name)),
  );
  const isMoved = secretPlaces(after.url.href, after.auth) !== secretPlaces(row.url, row.auth);
  const given = authSecretNames.filter((name) => typeof change[name] === "string");
  if (given.length === 0 && kept.length === row.auth_secret_names.length && (!isMoved || kept.length === 0))
    return undefined;
  if (isMoved && kept.length > 0)
    throw required(row, kept, "were given for another address or authorization server");
  const stored = tryOpenAuth(vault, row);
  if (!stored && kept.length > 0) throw required(row, kept, "cannot be read any more");
  const secrets = pick([...kept, ...given], { ...stored, ...withoutNull(change) });
  if (stored && !isMoved && areEqual(stored, secrets)) return undefined;
  const sealed = sealAuth(vault, { id: row.id, url: after.url.href, auth: after.auth }, secrets);
  return { names: namesOf(secrets), sealed };
}

/** In one order. */
export function namesOf(secrets: AuthSecrets): readonly AuthSecretName[] {
  return authSecretNames.filter((name) => secrets[name] !== undefined);
}

/** The server itself, and what else is sent the secret: the authorization server that an admin names. */
export function secretPlaces(url: string, auth: UpstreamAuth): string {
  const { issuer, endpoints } = isOAuth(auth) ? auth : { issuer: undefined, endpoints: undefined };
  return JSON.stringify([
    new URL(url).origin,
    issuer ?? null,
    endpoints?.token ?? null,
    endpoints?.revocation ?? null,
  ]);
}

function withoutNull(change: SecretChange): AuthSecrets {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => typeof value === "string"));
}

function pick(names: readonly AuthSecretName[], secrets: AuthSecrets): AuthSecrets {
  return Object.fromEntries(
    authSecretNames
      .filter((name) => names.includes(name) && secrets[name] !== undefined)
      .map((name) => [name, secrets[name]]),
  );
}

function areEqual(a: AuthSecrets, b: AuthSecrets): boolean {
  return authSecretNames.every((name) => a[name] === b[name]);
}

function required({ slug }: AuthRow, names: readonly AuthSecretName[], reason: string) {
  return callFaults.fault(
    "server_secrets_required",
    `authSecrets must name ${names.join(", ")}: the stored values of server "${slug}" ${reason}`,
    { field: "authSecrets", data: { secrets: names } },
  );
}

function contextOf(id: string): SealedContext {
  return { table: "servers", row: id, column: "sealed_auth" };
}

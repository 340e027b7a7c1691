/** Providers in PostgreSQL. */
import { isDeepStrictEqual } from "node:util";
import { forgetClaims, mergeClaimNames, withdrawSource, type Directory } from "@castellan/access";
import {
  isUniqueViolation,
  recordChange,
  sql,
  type Database,
  type Queryable,
  type Transaction,
} from "@castellan/database";
import { isFault, isSlug, kernelFaults, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { signInFaults } from "../faults.ts";
import type { NewProvider, Provider, ProviderChange } from "./provider.ts";
import { openSecret, providerColumns, sealSecret, toProvider, type ProviderRow } from "./provider-row.ts";

const topic = "providers";
/** More would be no page to sign in on. */
const maxListed = 100;

/** A provider with what proves to it that it is asked by Castellan. */
export interface ProviderInUse {
  readonly provider: Provider;
  readonly clientSecret: string | undefined;
}

/** Throws `provider_unknown`, and `version_stale` where `ifMatch` is given and another version is there. */
export interface ProviderStore {
  /** Throws `provider_taken`. */
  add(provider: NewProvider): Promise<Provider>;
  get(slug: string): Promise<Provider>;
  /** The same with its secret. One that is switched off is as unknown as one that is not there. */
  inUse(slug: string): Promise<ProviderInUse>;
  /** What proves to each that it is asked by Castellan, switched off or not; one that cannot be opened is not there. */
  secretsOf(slugs: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** By title. */
  list(only?: { readonly directory: Directory; readonly isEnabled: true }): Promise<Provider[]>;
  /** A change that changes nothing leaves the version. */
  change(slug: string, change: ProviderChange, ifMatch?: number): Promise<Provider>;
  /** Whom it called what, and which groups it put them into, is forgotten; the people and their sessions stay. */
  remove(slug: string, ifMatch?: number): Promise<void>;
}

export interface ProviderStoreOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly clock: Clock;
  /** Told of one that goes, in the transaction that removes it; what it throws keeps it. */
  readonly onRemoved?: ((tx: Queryable, slug: string) => Promise<void>) | undefined;
  /** Told of the claims that are kept from now on, in the transaction that says so; what it throws keeps the others. */
  readonly onClaimsKept?:
    | ((tx: Queryable, slug: string, names: readonly string[]) => Promise<void>)
    | undefined;
}

export function createProviderStore({
  database,
  vault,
  clock,
  onRemoved,
  onClaimsKept,
}: ProviderStoreOptions): ProviderStore {
  const now = () => new Date(clock.now());

  return {
    get: async (slug) => toProvider(await read(database, slug)),

    async inUse(slug) {
      // It comes out of an address: there may be anything, U+0000 too.
      if (!isSlug(slug)) throw unknown();
      const row = await read(database, slug);
      if (!row.is_enabled) throw unknown();
      return { provider: toProvider(row), clientSecret: openSecret(vault, row) };
    },

    async secretsOf(slugs) {
      const rows = await database.query<ProviderRow>(
        sql`select ${providerColumns} from sign_in_providers where slug = any(${slugs}) limit ${maxListed}`,
      );
      return new Map(
        rows.flatMap((row): [string, string][] => {
          const secret = openIfPossible(vault, row);
          return secret === undefined ? [] : [[row.slug, secret]];
        }),
      );
    },

    async list(only) {
      const rows = await database.query<ProviderRow>(sql`
        select ${providerColumns} from sign_in_providers
         where ${only?.directory ?? null}::text is null
            or (directory = ${only?.directory ?? null} and is_enabled)
         order by lower(title), slug limit ${maxListed}`);
      return rows.map(toProvider);
    },

    add: (provider) =>
      database.transaction(async (tx) => {
        await assertRoom(tx);
        await insert(tx, provider, {
          sealed: sealSecret(vault, provider, provider.clientSecret),
          now: now(),
        });
        await recordChange(tx, topic, provider.slug);
        return toProvider(await read(tx, provider.slug));
      }),

    change: (slug, { clientSecret, ...change }, ifMatch) =>
      database.transaction(async (tx) => {
        const row = await lock(tx, slug, ifMatch);
        const before = toProvider(row);
        const after = merge(before, change);
        const stored = clientSecret === undefined ? undefined : openSecret(vault, row);
        const isOtherSecret = clientSecret !== undefined && (clientSecret ?? undefined) !== stored;
        if (!isOtherSecret && isDeepStrictEqual(before, after)) return before;
        const sealed = isOtherSecret
          ? sealSecret(vault, before, clientSecret ?? undefined)
          : row.sealed_client_secret;
        await update(tx, after, { sealed, now: now() });
        // By another claim the same word names somebody else.
        if (after.claims.subject !== before.claims.subject) await withdrawSource(tx, slug);
        if (!isDeepStrictEqual(after.keptClaims, before.keptClaims))
          await onClaimsKept?.(tx, slug, after.keptClaims);
        await forgetClaims(tx, slug, after.keptClaims);
        await recordChange(tx, topic, slug);
        return toProvider(await read(tx, slug));
      }),

    remove: (slug, ifMatch) =>
      database.transaction(async (tx) => {
        await lock(tx, slug, ifMatch);
        await onRemoved?.(tx, slug);
        await tx.query(sql`delete from sign_in_providers where slug = ${slug}`);
        await withdrawSource(tx, slug);
        await recordChange(tx, topic, slug);
      }),
  };
}

function openIfPossible(vault: Pick<Vault, "open">, row: ProviderRow): string | undefined {
  try {
    return openSecret(vault, row);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

async function read(from: Queryable, slug: string): Promise<ProviderRow> {
  const [row] = await from.query<ProviderRow>(
    sql`select ${providerColumns} from sign_in_providers where slug = ${slug}`,
  );
  if (!row) throw unknown();
  return row;
}

async function lock(tx: Transaction, slug: string, ifMatch: number | undefined): Promise<ProviderRow> {
  await tx.query(sql`select 1 from sign_in_providers where slug = ${slug} for update`);
  const row = await read(tx, slug);
  if (ifMatch === undefined || ifMatch === row.version) return row;
  throw kernelFaults.fault(
    "version_stale",
    `The provider "${slug}" is at version ${row.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: row.version } },
  );
}

async function assertRoom(tx: Transaction): Promise<void> {
  const [row] = await tx.query<{ count: number }>(sql`select count(*) from sign_in_providers`);
  if ((row?.count ?? 0) < maxListed) return;
  const rule = `slug names one more than the ${maxListed} providers that there may be`;
  throw kernelFaults.fault("invalid_input", rule, { field: "slug" });
}

function merge(before: Provider, { claims = {}, ...change }: Omit<ProviderChange, "clientSecret">): Provider {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const taken = given.map(([member, value]) => [member, value === null ? undefined : (value as unknown)]);
  return {
    ...before,
    ...(Object.fromEntries(taken) as Partial<Provider>),
    claims: mergeClaimNames(before.claims, claims),
  };
}

interface Write {
  readonly sealed: Buffer | null;
  readonly now: Date;
}

async function insert(tx: Queryable, provider: NewProvider, { sealed, now }: Write): Promise<void> {
  try {
    await tx.query(sql`
      insert into sign_in_providers (
        slug, title, directory, issuer, client_id, sealed_client_secret, scopes, claims, group_map, group_prefix,
        allowed_domains, requires_verified_email, kept_claims, creates_users, links_by_email, allow_private,
        is_enabled, created_at, updated_at)
      values (
        ${provider.slug}, ${provider.title}, ${provider.directory}, ${provider.issuer}, ${provider.clientId},
        ${sealed}, ${provider.scopes}, ${provider.claims}, ${provider.groupMap ?? null}, ${provider.groupPrefix},
        ${provider.allowedDomains}, ${provider.requiresVerifiedEmail}, ${provider.keptClaims},
        ${provider.createsUsers}, ${provider.linksByEmail}, ${provider.allowPrivate}, ${provider.isEnabled}, ${now}, ${now})`);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw signInFaults.fault("provider_taken", `There is a provider "${provider.slug}" already`, {
      field: "slug",
    });
  }
}

async function update(tx: Queryable, provider: Provider, { sealed, now }: Write): Promise<void> {
  await tx.query(sql`
    update sign_in_providers
       set title = ${provider.title}, client_id = ${provider.clientId}, sealed_client_secret = ${sealed},
           scopes = ${provider.scopes}, claims = ${provider.claims}, group_map = ${provider.groupMap ?? null},
           group_prefix = ${provider.groupPrefix}, allowed_domains = ${provider.allowedDomains},
           requires_verified_email = ${provider.requiresVerifiedEmail}, kept_claims = ${provider.keptClaims}, creates_users = ${provider.createsUsers},
           links_by_email = ${provider.linksByEmail}, allow_private = ${provider.allowPrivate},
           is_enabled = ${provider.isEnabled}, version = version + 1, updated_at = ${now}
     where slug = ${provider.slug}`);
}

function unknown(): Error {
  return signInFaults.fault("provider_unknown", "There is no identity provider of this name here");
}

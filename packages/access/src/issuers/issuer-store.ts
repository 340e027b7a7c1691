/** Trusted issuers in PostgreSQL. Every change wakes the replicas: topic `issuers`, keys are slugs. */
import { isDeepStrictEqual } from "node:util";
import {
  isUniqueViolation,
  recordChange,
  sql,
  type Database,
  type Queryable,
  type Transaction,
} from "@castellan/database";
import { kernelFaults, type Clock } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";
import { mergeClaimNames } from "./claims.ts";
import { issuerColumns, toIssuer, type IssuerRow } from "./issuer-row.ts";
import type { NewTrustedIssuer, TrustedIssuer, TrustedIssuerChange } from "./trusted-issuer.ts";
import { withdrawSource } from "./withdraw-source.ts";

export const issuersTopic = "issuers";

/** How many there may be: each replica holds all of them. */
const maxIssuers = 500;

/** Throws `trusted_issuer_unknown`, and `version_stale` where `ifMatch` is given and another version is there. */
export interface TrustedIssuerStore {
  /** Throws `trusted_issuer_taken`, naming the field. */
  add(issuer: NewTrustedIssuer): Promise<TrustedIssuer>;
  get(slug: string): Promise<TrustedIssuer>;
  /** All of them by slug. */
  list(): Promise<TrustedIssuer[]>;
  /** A change that changes nothing leaves the version. Throws `trusted_issuer_taken`. */
  change(slug: string, change: TrustedIssuerChange, ifMatch?: number): Promise<TrustedIssuer>;
  /** Whom it called what is forgotten; the people stay. */
  remove(slug: string, ifMatch?: number): Promise<void>;
}

/**
 * What `identities.provider` says of those whom an issuer names. A subject is of an issuer (OIDC Core §5.7), so whoever
 * trusts one for two audiences gets the same people. No slug of a provider looks like this.
 */
export function issuerSource({ issuer, directory, claims }: TrustedIssuer): string {
  return `issuer ${directory} ${claims.subject} ${issuer}`;
}

export interface TrustedIssuerStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Told of one that goes, in the transaction that removes it: whoever takes its tokens takes nobody's of that name. */
  readonly onRemoved?: ((tx: Queryable, slug: string) => Promise<void>) | undefined;
  /** Told of the claims that are kept from now on, in the transaction that says so; what it throws keeps the others. */
  readonly onClaimsKept?:
    | ((tx: Queryable, slug: string, names: readonly string[]) => Promise<void>)
    | undefined;
}

export function createTrustedIssuerStore({
  database,
  clock,
  onRemoved,
  onClaimsKept,
}: TrustedIssuerStoreOptions): TrustedIssuerStore {
  const now = () => new Date(clock.now());

  return {
    get: (slug) => get(database, slug),

    async list() {
      const rows = await database.query<IssuerRow>(
        sql`select ${issuerColumns} from trusted_issuers order by slug limit ${maxIssuers}`,
      );
      return rows.map(toIssuer);
    },

    add: (issuer) =>
      database
        .transaction(async (tx) => {
          await assertRoom(tx);
          await insert(tx, issuer, now());
          await recordChange(tx, issuersTopic, issuer.slug);
          return get(tx, issuer.slug);
        })
        .catch(toTaken),

    change: (slug, change, ifMatch) =>
      database
        .transaction(async (tx) => {
          const before = await lock(tx, slug, ifMatch);
          const after = merge(before, change);
          if (isDeepStrictEqual(before, after)) return before;
          await update(tx, after, now());
          if (!isDeepStrictEqual(after.keptClaims, before.keptClaims))
            await onClaimsKept?.(tx, slug, after.keptClaims);
          await withdrawUnused(tx, before);
          await recordChange(tx, issuersTopic, slug);
          return get(tx, slug);
        })
        .catch(toTaken),

    remove: (slug, ifMatch) =>
      database.transaction(async (tx) => {
        const issuer = await lock(tx, slug, ifMatch);
        await tx.query(sql`delete from trusted_issuers where slug = ${slug}`);
        await withdrawUnused(tx, issuer);
        await onRemoved?.(tx, slug);
        await recordChange(tx, issuersTopic, slug);
      }),
  };
}

async function get(from: Queryable, slug: string): Promise<TrustedIssuer> {
  const [row] = await from.query<IssuerRow>(
    sql`select ${issuerColumns} from trusted_issuers where slug = ${slug}`,
  );
  if (!row) throw accessFaults.fault("trusted_issuer_unknown", `There is no trusted issuer "${slug}"`);
  return toIssuer(row);
}

async function lock(tx: Transaction, slug: string, ifMatch: number | undefined): Promise<TrustedIssuer> {
  await tx.query(sql`select 1 from trusted_issuers where slug = ${slug} for update`);
  const issuer = await get(tx, slug);
  if (ifMatch === undefined || ifMatch === issuer.version) return issuer;
  throw kernelFaults.fault(
    "version_stale",
    `The trusted issuer "${slug}" is at version ${issuer.version}, not ${ifMatch}: it was changed meanwhile`,
    { field: "If-Match", data: { version: issuer.version } },
  );
}

/** Once none that is left calls people so. */
async function withdrawUnused(tx: Transaction, before: TrustedIssuer): Promise<void> {
  const rows = await tx.query<IssuerRow>(
    sql`select ${issuerColumns} from trusted_issuers where issuer = ${before.issuer} limit ${maxIssuers}`,
  );
  const source = issuerSource(before);
  if (!rows.map(toIssuer).some((other) => issuerSource(other) === source)) await withdrawSource(tx, source);
}

async function assertRoom(tx: Transaction): Promise<void> {
  const [row] = await tx.query<{ count: number }>(sql`select count(*) from trusted_issuers`);
  if ((row?.count ?? 0) >= maxIssuers)
    throw kernelFaults.fault(
      "invalid_input",
      `slug names one more than the ${maxIssuers} issuers that there may be`,
      {
        field: "slug",
      },
    );
}

function merge(before: TrustedIssuer, { claims = {}, ...change }: TrustedIssuerChange): TrustedIssuer {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const taken = given.map(([member, value]) => [member, value === null ? undefined : (value as unknown)]);
  return {
    ...before,
    ...(Object.fromEntries(taken) as Partial<TrustedIssuer>),
    claims: mergeClaimNames(before.claims, claims),
  };
}

async function insert(tx: Queryable, issuer: NewTrustedIssuer, now: Date): Promise<void> {
  await tx.query(sql`
    insert into trusted_issuers (
      slug, title, issuer, audience, jwks_uri, directory, claims, group_map, group_prefix, allowed_domains,
      requires_verified_email, algorithms, creates_users, links_by_email, scopes_claim, kept_claims, allow_private,
      is_enabled, created_at, updated_at)
    values (
      ${issuer.slug}, ${issuer.title}, ${issuer.issuer}, ${issuer.audience}, ${issuer.jwksUri ?? null},
      ${issuer.directory}, ${issuer.claims}, ${issuer.groupMap ?? null}, ${issuer.groupPrefix},
      ${issuer.allowedDomains}, ${issuer.requiresVerifiedEmail}, ${issuer.algorithms}, ${issuer.createsUsers},
      ${issuer.linksByEmail}, ${issuer.scopesClaim ?? null}, ${issuer.keptClaims}, ${issuer.allowPrivate},
      ${issuer.isEnabled}, ${now}, ${now})`);
}

async function update(tx: Queryable, issuer: TrustedIssuer, now: Date): Promise<void> {
  await tx.query(sql`
    update trusted_issuers
       set title = ${issuer.title}, audience = ${issuer.audience}, jwks_uri = ${issuer.jwksUri ?? null},
           claims = ${issuer.claims}, group_map = ${issuer.groupMap ?? null}, group_prefix = ${issuer.groupPrefix},
           allowed_domains = ${issuer.allowedDomains}, requires_verified_email = ${issuer.requiresVerifiedEmail},
           algorithms = ${issuer.algorithms}, creates_users = ${issuer.createsUsers},
           links_by_email = ${issuer.linksByEmail}, scopes_claim = ${issuer.scopesClaim ?? null},
           kept_claims = ${issuer.keptClaims}, allow_private = ${issuer.allowPrivate}, is_enabled = ${issuer.isEnabled},
           version = version + 1, updated_at = ${now}
     where slug = ${issuer.slug}`);
}

function toTaken(error: unknown): never {
  const isPair = isUniqueViolation(error, "trusted_issuers_issuer_audience_key");
  if (isPair)
    throw accessFaults.fault(
      "trusted_issuer_taken",
      "There is a trusted issuer with this issuer and audience already",
      {
        field: "audience",
      },
    );
  if (isUniqueViolation(error))
    throw accessFaults.fault("trusted_issuer_taken", "There is a trusted issuer with this slug already", {
      field: "slug",
    });
  throw error;
}

/** What is left of the standing of somebody who was let in before, from the database. */
import { sql, type Queryable } from "@castellan/database";
import { isId, type Id } from "@castellan/kernel";
import { claimsOfGrant } from "./grants/grant-row.ts";
import type { KeptClaims } from "./issuers/kept-claims.ts";
import { userColumns, type UserRow } from "./people/user-row.ts";
import type { Principal } from "./principal.ts";
import { tokenColumns, type TokenRow } from "./tokens/token-row.ts";

export interface Caller {
  readonly principalId: string;
  /** The client that a person let in, where they came by one. */
  readonly clientId: string | undefined;
}

/**
 * The principal with all that they hold now: what a person gave that client, or may do themselves; what a token, or a
 * client for itself, has. Undefined when nothing is left: revoked, ended, suspended, gone.
 */
export function findStanding(
  database: Queryable,
  { principalId, clientId }: Caller,
): Promise<Principal | undefined> {
  if (isId("token", principalId)) return tokenStanding(database, principalId);
  if (isId("user", principalId)) return userStanding(database, principalId, clientId);
  return clientStanding(database, principalId);
}

/** Whose these grants are or were. */
export async function usersOfGrants(database: Queryable, grantIds: readonly string[]): Promise<Id<"user">[]> {
  const rows = await database.query<{ user_id: Id<"user"> }>(
    sql`select distinct user_id from grants where id = any(${grantIds})`,
  );
  return rows.map(({ user_id: userId }) => userId);
}

async function tokenStanding(database: Queryable, id: Id<"token">): Promise<Principal | undefined> {
  const [row] = await database.query<TokenRow>(sql`
    select ${tokenColumns} from tokens
     where id = ${id} and revoked_at is null and (expires_at is null or expires_at > now())`);
  return row && { kind: "service", id, name: row.name, role: row.role, scopes: row.scopes };
}

async function userStanding(
  database: Queryable,
  id: Id<"user">,
  clientId: string | undefined,
): Promise<Principal | undefined> {
  const [user] = await database.query<UserRow>(
    sql`select ${userColumns} from users where id = ${id} and status = 'active'`,
  );
  if (!user) return undefined;
  const { name, role, email, directory, groups } = user;
  const person = {
    kind: "user",
    id,
    name,
    role,
    email,
    directory,
    groups,
    grantId: undefined,
    clientId,
  } as const;
  if (clientId === undefined)
    return {
      ...person,
      scopes: undefined,
      provider: undefined,
      amr: [],
      provedAtMs: undefined,
      claims: {},
    };
  const grants = await database.query<StandingGrant>(sql`
    select g.scopes, g.provider, g.amr, g.proved_at, ${claimsOfGrant} as claims
      from grants g where user_id = ${id} and client_id = ${clientId}
       and ended_at is null and expires_at > now() order by id desc limit 1000`);
  const [newest] = grants;
  return (
    newest && {
      ...person,
      scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))],
      provider: newest.provider ?? undefined,
      amr: newest.amr,
      provedAtMs: newest.proved_at?.getTime(),
      claims: newest.claims ?? {},
    }
  );
}

interface StandingGrant {
  readonly scopes: string[];
  readonly provider: string | null;
  readonly amr: string[];
  readonly proved_at: Date | null;
  readonly claims: KeptClaims | null;
}

/** Tokens that have run out count until they are swept: a client comes back with the next one. */
async function clientStanding(database: Queryable, id: string): Promise<Principal | undefined> {
  const scopes = await scopesOf(
    database,
    sql`select scopes from access_tokens where client_id = ${id} and grant_id is null and revoked_at is null
         order by expires_at desc limit 1000`,
  );
  return scopes && { kind: "service", id, name: id, role: "member", scopes };
}

/** All of them together; undefined where there is no row. */
async function scopesOf(database: Queryable, rows: ReturnType<typeof sql>): Promise<string[] | undefined> {
  const found = await database.query<{ scopes: string[] }>(rows);
  return found.length === 0 ? undefined : [...new Set(found.flatMap(({ scopes }) => scopes))];
}

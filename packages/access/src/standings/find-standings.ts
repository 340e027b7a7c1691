/** What is left of the standing of somebody who was let in before, from the database. */
import { sql, type Queryable } from "@castellan/database";
import { isId, type Id } from "@castellan/kernel";
import { claimsOfGrant } from "../grants/grant-row.ts";
import type { KeptClaims } from "../issuers/kept-claims.ts";
import { userColumns, type UserRow } from "../people/user-row.ts";
import type { Principal } from "../principal.ts";
import { tokenColumns, type TokenRow } from "../tokens/token-row.ts";

export interface Caller {
  readonly principalId: string;
  /** The client that a person let in, where they came by one. */
  readonly clientId: string | undefined;
}

/**
 * The principal with all that they hold now: what a person gave that client, or may do themselves; what a token, or a
 * client for itself, has. Undefined when nothing is left: revoked, ended, suspended, gone.
 */
export async function findStanding(database: Queryable, caller: Caller): Promise<Principal | undefined> {
  const [standing] = await findStandings(database, [caller]);
  return standing;
}

/** The same of many, in their order. People, of whom there are many, take two queries together. */
export async function findStandings(
  database: Queryable,
  callers: readonly Caller[],
): Promise<(Principal | undefined)[]> {
  const people = await userStandings(
    database,
    callers.filter(({ principalId }) => isId("user", principalId)),
  );
  const found: (Principal | undefined)[] = [];
  for (const caller of callers) {
    const { principalId: id } = caller;
    if (isId("user", id)) found.push(people(caller));
    else found.push(await (isId("token", id) ? tokenStanding(database, id) : clientStanding(database, id)));
  }
  return found;
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

async function userStandings(
  database: Queryable,
  callers: readonly Caller[],
): Promise<(caller: Caller) => Principal | undefined> {
  if (callers.length === 0) return () => undefined;
  const ids = [...new Set(callers.map(({ principalId }) => principalId))];
  const rows = await database.query<UserRow>(
    sql`select ${userColumns} from users where id = any(${ids}) and status = 'active'`,
  );
  const users = new Map(rows.map((row) => [String(row.id), row]));
  const grants = await standingGrants(
    database,
    callers.filter(({ principalId }) => users.has(principalId)),
  );
  return (caller) => {
    const user = users.get(caller.principalId);
    return user && toPerson(user, caller, grants.get(keyOf(caller)) ?? []);
  };
}

/** The newest first; by person and client. */
async function standingGrants(
  database: Queryable,
  callers: readonly Caller[],
): Promise<ReadonlyMap<string, readonly StandingGrant[]>> {
  const by = callers.flatMap(({ principalId, clientId }) =>
    clientId === undefined ? [] : [{ principalId, clientId }],
  );
  if (by.length === 0) return new Map();
  const users = by.map(({ principalId }) => principalId);
  const clients = by.map(({ clientId }) => clientId);
  const rows = await database.query<StandingGrant>(sql`
    select g.user_id, g.client_id, g.scopes, g.provider, g.amr, g.proved_at, ${claimsOfGrant} as claims
      from (select distinct * from unnest(${users}::text[], ${clients}::text[]) as c (user_id, client_id)) as c,
           lateral (select * from grants
                     where grants.user_id = c.user_id and grants.client_id = c.client_id
                       and ended_at is null and expires_at > now() order by id desc limit 1000) as g
     order by g.id desc`);
  return Map.groupBy(rows, ({ user_id: principalId, client_id: clientId }) =>
    keyOf({ principalId, clientId }),
  );
}

function keyOf({ principalId, clientId }: Caller): string {
  return `${principalId} ${clientId ?? ""}`;
}

function toPerson(
  { id, name, role, email, directory, groups }: UserRow,
  { clientId }: Caller,
  grants: readonly StandingGrant[],
): Principal | undefined {
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
  readonly user_id: string;
  readonly client_id: string;
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

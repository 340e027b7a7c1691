/**
 * People as rules look at them where no token is theirs yet: when they let a client in, and when the client comes for more
 * tokens. What they may use themselves is in it, so there are no scopes.
 */
import { sql, type Queryable } from "@castellan/database";
import type { KeptClaims } from "../issuers/kept-claims.ts";
import type { SignInSession, User } from "../people/user.ts";
import type { UserPrincipal } from "../principal.ts";
import { claimsOfGrant } from "./grant-row.ts";
import type { Grant } from "./grant.ts";

/** Who is signed in there, about to let a client in; undefined: they come themselves. */
export async function giverOf(
  database: Queryable,
  { user, session }: { readonly user: User; readonly session: SignInSession },
  clientId: string | undefined,
): Promise<UserPrincipal> {
  const [identity] = await database.query<{ claims: KeptClaims }>(sql`
    select claims from identities
     where provider = ${session.provider} and subject = ${session.subject ?? null} and user_id = ${user.id}`);
  return {
    ...personOf(user),
    grantId: undefined,
    clientId,
    provider: session.provider,
    amr: session.amr,
    provedAtMs: session.authenticatedAt.getTime(),
    claims: identity?.claims ?? {},
  };
}

/** Who gave the grant, as they had proved it then or since. */
export async function giverOfGrant(database: Queryable, user: User, grant: Grant): Promise<UserPrincipal> {
  const [row] = await database.query<{ claims: KeptClaims | null }>(
    sql`select ${claimsOfGrant} as claims from grants g where g.id = ${grant.id}`,
  );
  return {
    ...personOf(user),
    grantId: grant.id,
    clientId: grant.clientId,
    ...(grant.clientName !== "" && { clientName: grant.clientName }),
    provider: grant.provider,
    amr: grant.amr,
    provedAtMs: grant.provedAt?.getTime(),
    claims: row?.claims ?? {},
  };
}

function personOf({ id, name, role, email, directory, groups }: User) {
  return { kind: "user", id, name, role, email, directory, groups, scopes: undefined } as const;
}

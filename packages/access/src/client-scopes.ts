/** What clients of the authorization server may do for themselves, without a person (RFC 6749 §4.4). */
import { sql, type Queryable } from "@castellan/database";

/** As part of a transaction; none: nothing. Whoever changes them tells of the client (topic `clients`). */
export async function setClientScopes(
  tx: Queryable,
  clientId: string,
  scopes: readonly string[],
): Promise<void> {
  await tx.query(
    scopes.length === 0
      ? sql`delete from client_scopes where client_id = ${clientId}`
      : sql`insert into client_scopes (client_id, scopes) values (${clientId}, ${scopes})
              on conflict (client_id) do update set scopes = excluded.scopes`,
  );
}

/**
 * Whether the client may do all of this for itself; if so, it stays until the transaction ends. Who issues a token asks, so
 * that none appears behind the back of what ends them: a client that is removed, or may do less from then on.
 */
export async function holdClientScopes(
  tx: Queryable,
  clientId: string,
  scopes: readonly string[],
): Promise<boolean> {
  const rows = await tx.query(sql`
    select 1 from client_scopes where client_id = ${clientId} and scopes @> ${scopes} for share`);
  return rows.length > 0;
}

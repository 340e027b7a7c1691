import { sql, type Queryable } from "@castellan/database";

/** Those of these service tokens (ids) that are good, and not revoked until the transaction ends. */
export async function knownTokens(tx: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`
    select id from tokens
     where id = any(${ids}) and revoked_at is null and (expires_at is null or expires_at > now())
     order by id for share`);
  return rows.map(({ id }) => id);
}

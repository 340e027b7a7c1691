import { sql, type Queryable } from "@castellan/database";

/** Those of these clients (ids) that are there, kept from going until the transaction ends. */
export async function knownClients(tx: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    sql`select id from oauth_clients where id = any(${ids}) order by id for key share`,
  );
  return rows.map(({ id }) => id);
}

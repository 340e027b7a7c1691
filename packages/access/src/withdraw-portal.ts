import { recordChange, sql, type Queryable } from "@castellan/database";

/**
 * Takes a portal that goes out of every token, in the transaction that removes it: a later portal of
 * the same name is another portal, and nobody was given that one.
 */
export async function withdrawPortal(tx: Queryable, slug: string): Promise<void> {
  const changed = await tx.query<{ id: string }>(sql`
    update tokens set portals = array_remove(portals, ${slug}) where ${slug} = any (portals) returning id`);
  for (const { id } of changed) await recordChange(tx, "tokens", id);
}

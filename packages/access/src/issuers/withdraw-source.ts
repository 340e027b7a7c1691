import { recordChange, sql, type Queryable } from "@castellan/database";

/**
 * Forgets whom a provider or a trusted issuer calls what, and the groups that it put people into: in the transaction
 * that removes it, or that changes what it calls people by. Whoever is called the same later is somebody else.
 */
export async function withdrawSource(tx: Queryable, source: string): Promise<void> {
  const known = await tx.query<{ user_id: string }>(
    sql`delete from identities where provider = ${source} returning user_id`,
  );
  const grouped = await tx.query<{ user_id: string }>(
    sql`delete from memberships where source = ${source} returning user_id`,
  );
  const touched = new Set([...known, ...grouped].map(({ user_id }) => user_id));
  for (const userId of touched) await recordChange(tx, "users", userId);
}

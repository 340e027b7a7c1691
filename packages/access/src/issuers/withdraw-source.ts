import { recordChange, sql, type Queryable } from "@castellan/database";
import { endGrantsOfSessions } from "../grants/end-grants.ts";

/**
 * Forgets whom a provider or a trusted issuer calls what, the groups that it put people into, and who came by it: in the transaction
 * that removes it, or that changes what it calls people by. Whoever is called the same later is somebody else.
 */
export async function withdrawSource(tx: Queryable, source: string): Promise<void> {
  const known = await tx.query<{ user_id: string }>(
    sql`delete from identities where provider = ${source} returning user_id`,
  );
  const grouped = await tx.query<{ user_id: string }>(
    sql`delete from memberships where source = ${source} returning user_id`,
  );
  // A browser that came by it is not to outlive it, nor what was agreed to there.
  const sessions = await tx.query<{ id: string; ended_at: Date }>(sql`
    update sign_in_sessions set ended_at = now() where provider = ${source} and ended_at is null
    returning id, ended_at`);
  const [first] = sessions;
  if (first)
    await endGrantsOfSessions(
      tx,
      sessions.map(({ id }) => id),
      first.ended_at,
    );
  const touched = new Set([...known, ...grouped].map(({ user_id }) => user_id));
  for (const userId of touched) await recordChange(tx, "users", userId);
}

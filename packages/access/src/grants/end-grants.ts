/** How what was allowed ends: a grant with every token made from it, told to the replicas as topic `grants`. */
import { recordChange, sql, type Database, type Queryable, type SqlStatement } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { accessFaults } from "../faults.ts";

export const grantsTopic = "grants";

/** A grant for good; ending it twice is ending it once. With `userId`: one of that person's. Throws `grant_not_found`. */
export async function endGrant(
  database: Database,
  id: Id<"grant">,
  { now, userId }: { now: Date; userId?: Id<"user"> | undefined },
): Promise<void> {
  await database.transaction(async (tx) => {
    const [row] = await tx.query(sql`
      select 1 from grants where id = ${id} and (${userId ?? null}::text is null or user_id = ${userId ?? null})`);
    if (!row) throw unknown();
    await endWhere(tx, sql`id = ${id}`, now);
  });
}

/**
 * All that a person lets the client of this grant of theirs do where it is for: what it asked for later stands in grants of
 * its own, and so does what another device of theirs was let in with. Throws `grant_not_found`.
 */
export async function endGrantsBeside(
  database: Database,
  id: Id<"grant">,
  { now, userId }: { now: Date; userId: Id<"user"> },
): Promise<void> {
  await database.transaction(async (tx) => {
    const [row] = await tx.query<{ client_id: string; portal: string | null }>(
      sql`select client_id, portal from grants where id = ${id} and user_id = ${userId}`,
    );
    if (!row) throw unknown();
    const { client_id: clientId, portal } = row;
    await endWhere(
      tx,
      sql`user_id = ${userId} and client_id = ${clientId} and portal is not distinct from ${portal}`,
      now,
    );
  });
}

/** What was given in these sign-in sessions, as part of a transaction. */
export function endGrantsOfSessions(tx: Queryable, ids: readonly string[], now: Date): Promise<void> {
  return endWhere(tx, sql`sign_in_id = any(${ids})`, now);
}

/** What one client was given, by whomever, as part of a transaction. */
export function endGrantsOfClient(tx: Queryable, clientId: string, now: Date): Promise<void> {
  return endWhere(tx, sql`client_id = ${clientId}`, now);
}

/** What was given for a portal, as part of a transaction. */
export function endGrantsOfPortal(tx: Queryable, portal: string, now: Date): Promise<void> {
  return endWhere(tx, sql`portal = ${portal}`, now);
}

/** All that a person gave, and every session of theirs, as part of a transaction. */
export async function endAllOfUser(tx: Queryable, userId: Id<"user">, now: Date): Promise<void> {
  await tx.query(
    sql`update sign_in_sessions set ended_at = ${now} where user_id = ${userId} and ended_at is null`,
  );
  await endWhere(tx, sql`user_id = ${userId}`, now);
}

function unknown(): Error {
  return accessFaults.fault("grant_not_found", "There is no grant with this id");
}

async function endWhere(tx: Queryable, which: SqlStatement, now: Date): Promise<void> {
  const ended = await tx.query<{ id: string }>(sql`
    update grants set ended_at = ${now} where ${which} and ended_at is null returning id`);
  const ids = ended.map(({ id }) => id);
  await tx.query(sql`
    update access_tokens set revoked_at = ${now} where grant_id = any(${ids}) and revoked_at is null`);
  for (const id of ids) await recordChange(tx, grantsTopic, id);
}

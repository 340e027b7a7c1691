import { recordChange, sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { linksTopic, type LinkRequest } from "../../link.ts";
import { getOwn, type Ground } from "../ground.ts";

/** Its person, or their client for them, does not want to sign in. What is settled stays as it is. */
export async function decline(ground: Ground, id: Id<"link">, personId: Id<"user">): Promise<LinkRequest> {
  const { database, clock } = ground;
  await database.transaction(async (tx) => {
    const now = new Date(clock.now());
    const rows = await tx.query(sql`
      update link_requests set state = 'declined', settled_at = ${now}
      where id = ${id} and person_id = ${personId} and state = 'pending' and expires_at > ${now}
      returning 1`);
    if (rows.length > 0) await recordChange(tx, linksTopic, id);
  });
  return getOwn(ground, id, personId);
}

/** A call that comes in rounds (2026-07-28, SEP-2322), of which the first used the request up. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Ground } from "../ground.ts";

/**
 * Takes the round that this version of a `used` request is good for, and answers the version of the next one; undefined
 * where it was taken already. So one decision never becomes two executions, however often a round is sent again.
 */
export async function goOn(
  { database }: Pick<Ground, "database">,
  id: Id<"approval">,
  version: number,
): Promise<number | undefined> {
  const [row] = await database.query<{ version: number }>(sql`
    update approvals set version = version + 1
    where id = ${id} and version = ${version} and state = 'used'
    returning version::float8 as version`);
  return row?.version;
}

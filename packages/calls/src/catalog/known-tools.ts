import { sql, type Queryable } from "@castellan/database";
import { toDefinitions } from "../reviews/decision.ts";
import type { ToolClass } from "./definition.ts";
import { readDefinitions } from "./stored-definitions.ts";

/**
 * The tools that the server of this slug listed when it was last read, approved or not, by its own names; undefined:
 * it has not been read yet, or is not there.
 */
export async function knownTools(
  tx: Queryable,
  slug: string,
): Promise<{ readonly name: string; readonly class: ToolClass }[] | undefined> {
  const [server] = await tx.query<{ id: string }>(sql`
    select s.id from servers s join server_states t on t.server_id = s.id
     where s.slug = ${slug} and t.synced_at is not null`);
  if (!server) return undefined;
  const definitions = await toDefinitions(await readDefinitions(tx, [server.id]));
  return definitions
    .filter(({ kind }) => kind === "tool")
    .map(({ name, class: toolClass }) => ({ name, class: toolClass }));
}

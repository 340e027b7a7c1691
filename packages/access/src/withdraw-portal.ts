import { recordChange, sql, type Queryable } from "@castellan/database";
import { portalScope } from "./scopes.ts";
import { toolClasses } from "./tool-class.ts";

/**
 * Takes a portal that goes out of every token, in the transaction that removes it: a later portal of
 * the same name is another portal, and nobody was given that one.
 */
export async function withdrawPortal(tx: Queryable, slug: string): Promise<void> {
  const gone = [portalScope(slug), ...toolClasses.map((toolClass) => portalScope(slug, toolClass))];
  const changed = await tx.query<{ id: string }>(sql`
    update tokens set scopes = array(select scope from unnest(scopes) as scope where scope <> all (${gone}))
    where scopes && ${gone}::text[] returning id`);
  for (const { id } of changed) await recordChange(tx, "tokens", id);
}

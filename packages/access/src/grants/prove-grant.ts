import { recordChange, sql, type Database } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { grantsTopic } from "./end-grants.ts";

/**
 * The person has proved anew who they are, for what calls by this grant: `at` that time, by `amr` (RFC 8176). The newest
 * proof counts, with its own methods only. Other grants of theirs are not touched, and one that has ended stays as it is.
 * Replicas hear of it as topic `grants`.
 */
export async function proveGrant(
  database: Database,
  id: Id<"grant">,
  { at, amr }: { readonly at: Date; readonly amr: readonly string[] },
): Promise<void> {
  await database.transaction(async (tx) => {
    const proved = await tx.query(sql`
      update grants set proved_at = ${at}, amr = ${amr}
       where id = ${id} and ended_at is null and (proved_at is null or proved_at <= ${at}) returning 1`);
    if (proved.length > 0) await recordChange(tx, grantsTopic, id);
  });
}

import { sql, type Queryable } from "@castellan/database";
import type { Directory } from "./user.ts";

/** Groups of these names in either directory, kept from going until the transaction ends. */
export async function knownGroups(
  tx: Queryable,
  names: readonly string[],
): Promise<{ readonly name: string; readonly directory: Directory; readonly members: number }[]> {
  return tx.query(sql`
    select name, directory,
           (select count(distinct user_id) from memberships where group_id = groups.id) as members
      from groups where name = any(${names}) order by id for key share of groups`);
}

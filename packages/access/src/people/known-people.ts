import { sql, type Queryable } from "@castellan/database";
import type { Directory } from "./user.ts";

/** Active people with these e-mail addresses, of either directory. */
export async function knownPeople(
  tx: Queryable,
  emails: readonly string[],
): Promise<{ readonly email: string; readonly directory: Directory }[]> {
  return tx.query(sql`
    select email, directory from users where email = any(${emails}) and status = 'active'`);
}

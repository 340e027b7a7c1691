/** Who somebody is at this moment, and whether they still count: for decisions that a right of long ago must not make. */
import { sql, type Queryable } from "@castellan/database";
import { toUser, userColumns, type UserRow } from "./user-row.ts";
import type { User } from "./user.ts";

/** Undefined: there is nobody of this id, or they are suspended. */
export async function activePerson(tx: Queryable, id: string): Promise<User | undefined> {
  const [row] = await tx.query<UserRow>(
    sql`select ${userColumns} from users where id = ${id} and status = 'active'`,
  );
  return row && toUser(row);
}

export interface Colleagues {
  /** Names of groups. */
  readonly groups?: readonly string[] | undefined;
  /** E-mail addresses, lower case. */
  readonly people?: readonly string[] | undefined;
}

/** The company's active people who are one of these or in one of these groups, in the order of their addresses. */
export async function activeColleagues(
  tx: Queryable,
  { groups = [], people = [] }: Colleagues,
  limit: number,
): Promise<{ readonly email: string }[]> {
  return tx.query(sql`
    select email from users
    where directory = 'workforce' and status = 'active'
      and (email = any(${people})
           or exists (select 1 from memberships join groups on groups.id = memberships.group_id
                      where memberships.user_id = users.id and groups.name = any(${groups})))
    order by email limit ${limit}`);
}

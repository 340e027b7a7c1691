/** Who people are at the moment of a decision: read within the transaction that asks, and never from memory. */
import { sql, type Queryable } from "@castellan/database";
import { isId } from "@castellan/kernel";
import type { User } from "./user.ts";
import { toUser, userColumns, type UserRow } from "./user-row.ts";

/** Undefined: there is nobody of this id, or they are suspended. */
export async function findActivePerson(database: Queryable, id: string): Promise<User | undefined> {
  if (!isId("user", id)) return undefined;
  const [row] = await database.query<UserRow>(
    sql`select ${userColumns} from users where id = ${id} and status = 'active'`,
  );
  return row && toUser(row);
}

/** Active people of the company who are in one of these groups, or have one of these addresses (lower case); at most `limit`. */
export function findDeciders(
  database: Queryable,
  {
    groups = [],
    people = [],
  }: { groups?: readonly string[] | undefined; people?: readonly string[] | undefined },
  limit: number,
): Promise<{ email: string }[]> {
  return database.query<{ email: string }>(sql`
    select email from users
     where directory = 'workforce' and status = 'active'
       and (email = any(${people})
            or id in (select memberships.user_id from memberships join groups on groups.id = memberships.group_id
                       where groups.directory = 'workforce' and groups.name = any(${groups})))
     order by email limit ${limit}`);
}

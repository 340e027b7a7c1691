/** People as far as others have to know of them: whether they are there, and who looks after the installation. */
import { sql, type Queryable } from "@castellan/database";

/** Those of these ids who are there and not suspended. */
export async function activeAmong(database: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>(
    sql`select id from users where id = any(${ids}) and status = 'active'`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** E-mail addresses of active owners and admins; at most `limit`. */
export async function findAdminEmails(database: Queryable, limit: number): Promise<readonly string[]> {
  const rows = await database.query<{ email: string }>(sql`
    select email from users
     where directory = 'workforce' and status = 'active' and role in ('owner', 'admin')
     order by email limit ${limit}`);
  return rows.map(({ email }) => email);
}

import { sql, type Queryable } from "@castellan/database";

/** What the people and tokens of these ids are called, revoked tokens too; whatever else is named has no name. */
export async function principalNames(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ id: string; name: string }>(sql`
    select id, name from tokens where id = any(${ids})
    union all select id, name from users where id = any(${ids})`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

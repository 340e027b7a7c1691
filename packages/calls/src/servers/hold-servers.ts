import { sql, type Queryable } from "@castellan/database";

/** The slug of a server, which never changes; undefined: there is none of this id. */
export async function slugOfServer(tx: Queryable, id: string): Promise<string | undefined> {
  const [row] = await tx.query<{ slug: string }>(sql`select slug from servers where id = ${id}`);
  return row?.slug;
}

/** Keeps these servers from going until the transaction ends; those of them (slugs) that are there. */
export async function holdServers(tx: Queryable, slugs: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ slug: string }>(
    sql`select slug from servers where slug = any(${slugs}) order by id for key share`,
  );
  return new Set(rows.map(({ slug }) => slug));
}

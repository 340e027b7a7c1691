import { sql, type Queryable } from "@castellan/database";

/** Keeps these portals from going until the transaction ends; those of them (slugs) that are there. */
export async function holdPortals(tx: Queryable, slugs: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ slug: string }>(
    sql`select slug from portals where slug = any(${slugs}) order by id for key share`,
  );
  return new Set(rows.map(({ slug }) => slug));
}

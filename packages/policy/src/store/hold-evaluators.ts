import { sql, type Queryable } from "@castellan/database";

/** Keeps these evaluators from going until the transaction ends; those of them (slugs) that are there. */
export async function holdEvaluators(tx: Queryable, slugs: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.query<{ slug: string }>(
    sql`select slug from policy_evaluators where slug = any(${slugs}) order by id for key share`,
  );
  return rows.map(({ slug }) => slug);
}

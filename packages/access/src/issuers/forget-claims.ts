import { recordChange, sql, type Queryable } from "@castellan/database";

/** What a provider said of its people and is kept no longer, in the transaction that changes what is. */
export async function forgetClaims(tx: Queryable, source: string, kept: readonly string[]): Promise<void> {
  const gone = await tx.query<{ user_id: string }>(sql`
    update identities
       set claims = (select coalesce(jsonb_object_agg(key, value), '{}')
                       from jsonb_each(claims) where key = any(${kept}))
     where provider = ${source} and claims - ${kept}::text[] <> '{}'
    returning user_id`);
  for (const userId of new Set(gone.map(({ user_id: id }) => id))) await recordChange(tx, "users", userId);
}

import type { KnownLoginMethod } from "@castellan/access";
import { sql, type Queryable } from "@castellan/database";

/** Those of these providers (slugs) that are there, as they are until the transaction ends. */
export async function knownProviders(tx: Queryable, slugs: readonly string[]): Promise<KnownLoginMethod[]> {
  return tx.query(sql`
    select slug, directory, kept_claims as "keptClaims" from sign_in_providers
     where slug = any(${slugs}) order by slug for share`);
}

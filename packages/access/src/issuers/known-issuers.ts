import { sql, type Queryable } from "@castellan/database";
import type { Directory } from "../people/user.ts";

/** What of a trusted issuer, or a provider, matters to rules that name it. */
export interface KnownLoginMethod {
  readonly slug: string;
  readonly directory: Directory;
  readonly keptClaims: readonly string[];
}

/** Those of these trusted issuers (slugs) that are there, as they are until the transaction ends. */
export async function knownIssuers(tx: Queryable, slugs: readonly string[]): Promise<KnownLoginMethod[]> {
  return tx.query(sql`
    select slug, directory, kept_claims as "keptClaims" from trusted_issuers
     where slug = any(${slugs}) order by slug for share`);
}

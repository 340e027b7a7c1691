import { sql, type Queryable } from "@castellan/database";
import { accessFaults } from "../faults.ts";

/** That there are issuers of these slugs, and will be until the transaction ends. Throws `trusted_issuer_unknown`. */
export async function assertIssuersKnown(tx: Queryable, slugs: readonly string[]): Promise<void> {
  if (slugs.length === 0) return;
  const rows = await tx.query<{ slug: string }>(
    sql`select slug from trusted_issuers where slug = any(${slugs}) order by slug for share`,
  );
  const unknown = slugs.find((slug) => !rows.some((row) => row.slug === slug));
  if (unknown !== undefined)
    throw accessFaults.fault("trusted_issuer_unknown", `There is no trusted issuer "${unknown}"`, {
      field: "trustedIssuers",
    });
}

import { livingRules, takesPublic, toolClasses, type Directory, type ToolClass } from "@castellan/access";
import { sql, type Queryable } from "@castellan/database";
import { holdPortals } from "./hold-portals.ts";
import { selectPortals, toPortal, type PortalRow } from "./portal-row.ts";

/** What of a portal matters to rules that name it. */
export interface KnownPortal {
  readonly slug: string;
  readonly directory: Directory;
  readonly servers: readonly string[];
  /** What its access rules that have not ended give to anybody, and it lets them. */
  readonly classes: readonly ToolClass[];
  readonly isPublic: boolean;
}

/** Those of these portals (slugs) that are there, kept from going until the transaction ends. */
export async function knownPortals(
  tx: Queryable,
  slugs: readonly string[],
  nowMs: number,
): Promise<KnownPortal[]> {
  const held = [...(await holdPortals(tx, slugs))];
  const rows = await tx.query<PortalRow>(sql`${selectPortals} where p.slug = any(${held}) order by p.slug`);
  return rows.map(toPortal).map((portal) => {
    const { slug, directory, servers, isReadOnly } = portal;
    const access = livingRules(portal.access, nowMs);
    const given = toolClasses.filter((one) => access.some((rule) => rule.classes.includes(one)));
    const classes = isReadOnly ? given.filter((one) => one === "read") : given;
    return { slug, directory, servers, classes, isPublic: takesPublic({ ...portal, access }) };
  });
}

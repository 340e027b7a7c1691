/** No alias may give a name that something else in the portal has when it is saved. */
import { isSwitchedOn, entryOf, toAliasName, type Curation } from "@castellan/calls";
import { sql, type Queryable } from "@castellan/database";
import type { Slug } from "@castellan/kernel";
import { portalFaults } from "../faults.ts";
import type { PortalDraft } from "./portal-draft.ts";
import type { PortalSaving } from "./save-portal.ts";

/** Tools and prompts have aliases; each kind has names of its own. */
const aliasedKinds = ["tool", "prompt"] as const;
type AliasedKind = (typeof aliasedKinds)[number];

interface Alias {
  readonly server: string;
  readonly kind: AliasedKind;
  readonly name: string;
  readonly alias: string;
  readonly publicName: string;
}

/**
 * Only what is said anew is judged: a server that later lists the name of an alias does not get it (see the scope), and
 * that is no reason to refuse an unrelated edit. Throws `alias_taken`.
 */
export async function assertAliasesFree(tx: Queryable, { id, before, wanted }: PortalSaving): Promise<void> {
  const known = new Set(before && aliasesOf(before).map(keyOf));
  const all = aliasesOf(wanted);
  const fresh = all.filter((one) => !known.has(keyOf(one)));
  if (fresh.length === 0) return;
  const owners = Map.groupBy(all, ({ kind, publicName }) => `${kind} ${publicName}`);
  for (const one of fresh) {
    const other = owners.get(`${one.kind} ${one.publicName}`)?.find((each) => each !== one);
    if (other) throw taken(one, `an alias of "${other.name}" of server "${other.server}"`);
  }
  for (const rival of await namesInUse(tx, id, fresh)) {
    const curation = wanted.servers.find(({ server }) => server === rival.server)?.curation;
    const one = fresh.find(
      (each) =>
        each.kind === rival.kind &&
        isNameOf(rival, each.publicName, wanted) &&
        !(each.server === rival.server && each.name === rival.name),
    );
    if (one && curation && isCalledSo(curation, rival))
      throw taken(one, `the name of "${rival.name}" of server "${rival.server}"`);
  }
  const codeTools = await codeToolsOf(tx, id);
  for (const one of fresh) {
    const api = one.kind === "tool" ? codeTools.get(one.publicName) : undefined;
    if (api !== undefined) throw taken(one, `a tool over the API "${api}"`);
  }
}

/** What the portal calls its own tools over the APIs in it, each with the API. */
async function codeToolsOf(tx: Queryable, portalId: string): Promise<ReadonlyMap<string, Slug>> {
  const apis = await tx.query<{ slug: Slug }>(sql`
    select s.slug
      from portal_servers ps
      join servers s on s.id = ps.server_id
     where ps.portal_id = ${portalId} and s.face = 'code'`);
  return new Map(
    apis.flatMap(({ slug }) =>
      ["search", "execute"].map((does) => [toAliasName(slug, does, "prefixed"), slug] as const),
    ),
  );
}

function aliasesOf({ naming, servers }: PortalDraft): Alias[] {
  return servers.flatMap(({ server, curation }) =>
    aliasedKinds.flatMap((kind) =>
      Object.entries(curation.entries[kind]).flatMap(([name, { alias }]) =>
        alias === undefined
          ? []
          : [{ server, kind, name, alias, publicName: toAliasName(server as Slug, alias, naming) }],
      ),
    ),
  );
}

function keyOf({ server, kind, name, publicName }: Alias): string {
  return JSON.stringify([server, kind, name, publicName]);
}

interface ListedName extends Pick<Alias, "server" | "kind" | "name" | "publicName"> {}

/** Definitions of the portal's servers that have one of these names, in either way of naming. */
async function namesInUse(tx: Queryable, portalId: string, fresh: readonly Alias[]): Promise<ListedName[]> {
  const names = [...new Set(fresh.map(({ publicName }) => publicName))];
  return tx.query<{ server: string; kind: AliasedKind; name: string; publicName: string }>(sql`
    select s.slug as server, d.kind, d.name, d.public_name as "publicName"
      from portal_servers ps
      join servers s on s.id = ps.server_id
      join definitions d on d.server_id = ps.server_id
     where ps.portal_id = ${portalId} and d.kind = any(${aliasedKinds})
       and (d.name = any(${names}) or d.public_name = any(${names}))`);
}

/** In a portal with plain names the other one is what it falls back to where two servers have one. */
function isNameOf({ name, publicName }: ListedName, wanted: string, { naming }: PortalDraft): boolean {
  return publicName === wanted || (naming === "plain" && name === wanted);
}

/** What is switched off has no name there, nor has what is called otherwise its own. */
function isCalledSo(curation: Curation, { kind, name }: ListedName): boolean {
  return isSwitchedOn(curation, kind, name) && entryOf(curation, kind, name)?.alias === undefined;
}

function taken({ server, name, alias, publicName }: Alias, by: string) {
  return portalFaults.fault(
    "alias_taken",
    `"${name}" of server "${server}" cannot have the alias "${alias}": ${publicName} is ${by}`,
    { field: "alias" },
  );
}

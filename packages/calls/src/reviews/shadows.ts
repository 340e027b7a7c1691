/**
 * Tools of other servers that could be taken for a server's own, under the name that their server has for them or
 * the one that portals have: a tool may be called what another server's tool is called in a portal.
 */
import { sql, type Queryable } from "@castellan/database";
import { toKey } from "./decisions.ts";
import { foldName } from "./folded-name.ts";
import { inTurns } from "./in-turns.ts";
import type { ReviewPicture } from "./picture.ts";
import type { Shadow } from "./review.ts";

/** More of one tool would tell nobody more. */
const maxShadows = 20;
/** Of all servers together; what is beyond has no part in it. */
const maxNames = 200_000;
/** What folding a short name costs beside its length, in characters. */
const nameCost = 64;

/** By `toKey`, for those of the server's tools that have any; by slug. */
export async function readShadows(
  database: Queryable,
  { serverId, listed }: ReviewPicture,
): Promise<ReadonlyMap<string, readonly Shadow[]>> {
  const tools = listed.filter(({ kind }) => kind === "tool");
  if (tools.length === 0) return new Map();
  const others = await database.query<Named & { server: string }>(sql`
    select s.slug as server, d.name, d.public_name as "publicName"
      from definitions d join servers s on s.id = d.server_id
     where d.kind = 'tool' and d.server_id <> ${serverId}
     order by s.slug, d.ordinal limit ${maxNames}`);
  const wanted = new Set<string>();
  for await (const tool of inTurns(tools, lengthOf)) for (const key of foldedNames(tool)) wanted.add(key);
  const alike = new Map<string, Shadow[]>();
  for await (const other of inTurns(others, lengthOf)) {
    const shadow = { server: other.server, name: other.name };
    for (const key of foldedNames(other))
      if (wanted.has(key)) alike.set(key, [...(alike.get(key) ?? []), shadow].slice(0, maxShadows));
  }
  return new Map(
    tools.flatMap((tool) => {
      const shadows = new Set(foldedNames(tool).flatMap((key) => alike.get(key) ?? []));
      return shadows.size > 0
        ? [[toKey(tool), [...shadows].toSorted(bySlug).slice(0, maxShadows)] as const]
        : [];
    }),
  );
}

interface Named {
  readonly name: string;
  readonly publicName: string;
}

/** What a reader could take its names for, each once. */
function foldedNames({ name, publicName }: Named): readonly string[] {
  return [...new Set([foldName(name), foldName(publicName)])];
}

function bySlug(a: Shadow, b: Shadow): number {
  return a.server === b.server ? 0 : a.server < b.server ? -1 : 1;
}

function lengthOf({ name, publicName }: Named): number {
  return nameCost + name.length + publicName.length;
}

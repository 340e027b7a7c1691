/** Tools of other servers that could be taken for a server's own. */
import { sql, type Queryable } from "@castellan/database";
import { toKey } from "./decisions.ts";
import { foldName } from "./folded-name.ts";
import type { ReviewPicture } from "./picture.ts";
import type { Shadow } from "./review.ts";

/** More of one tool would tell nobody more. */
const maxShadows = 20;
/** Of all servers together; what is beyond has no part in it. */
const maxNames = 200_000;

/** By `toKey`, for those of the server's tools that have any; by slug, then in the other server's order. */
export async function readShadows(
  database: Queryable,
  { serverId, listed }: ReviewPicture,
): Promise<ReadonlyMap<string, readonly Shadow[]>> {
  const tools = listed.filter(({ kind }) => kind === "tool");
  if (tools.length === 0) return new Map();
  const others = await database.query<{ server: string; name: string }>(sql`
    select s.slug as server, d.name
      from definitions d join servers s on s.id = d.server_id
     where d.kind = 'tool' and d.server_id <> ${serverId}
     order by s.slug, d.ordinal limit ${maxNames}`);
  const folded = new Set(tools.map(({ name }) => foldName(name)));
  const alike = Map.groupBy(
    others.map(({ server, name }) => ({ server, name })).filter(({ name }) => folded.has(foldName(name))),
    ({ name }) => foldName(name),
  );
  return new Map(
    tools.flatMap((tool) => {
      const shadows = alike.get(foldName(tool.name));
      return shadows ? [[toKey(tool), shadows.slice(0, maxShadows)] as const] : [];
    }),
  );
}

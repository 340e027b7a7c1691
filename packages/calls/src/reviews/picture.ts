/** All that a server lists beside all that has been decided about it, at one moment. */
import type { Queryable } from "@castellan/database";
import type { Definition } from "../catalog/definition.ts";
import { readDefinitions } from "../catalog/stored-definitions.ts";
import { toDefinitions } from "./decision.ts";
import { readDecisions, toKey, type StoredDecision } from "./decisions.ts";

export interface ReviewPicture {
  readonly serverId: string;
  /** What is listed, in the server's order. */
  readonly listed: readonly Definition[];
  /** By `toKey`; also of what is not listed. */
  readonly decisions: ReadonlyMap<string, StoredDecision>;
}

/** Who decides on it holds the server's row (`select … for update`), as a sync does while it writes. */
export async function readPicture(database: Queryable, serverId: string): Promise<ReviewPicture> {
  const stored = await readDefinitions(database, [serverId]);
  const decisions = await readDecisions(database, serverId);
  const listed = await toDefinitions(
    stored.map(({ found }) => ({ found, decision: decisions.get(toKey(found)) })),
  );
  return { serverId, listed, decisions };
}

/** Decisions that approve something under a name that the server does not list. */
export function unlistedApprovals({ listed, decisions }: ReviewPicture): StoredDecision[] {
  const known = new Set(listed.map(toKey));
  return [...decisions.values()].filter(
    (row) => !known.has(toKey(row)) && (row.approved_fingerprint ?? row.approved_definition) !== null,
  );
}

/** What servers list, as the last good sync of each stored it. */
import { sql, type Queryable } from "@castellan/database";
import type { Decision } from "../reviews/decision.ts";
import type { DefinitionKind, FoundDefinition } from "./definition.ts";

export interface StoredDefinition {
  readonly serverId: string;
  readonly found: FoundDefinition;
  /** What has been decided about definitions of its name; undefined when nothing has. */
  readonly decision: Decision | undefined;
}

interface Row extends Decision {
  server_id: string;
  kind: DefinitionKind;
  name: string;
  public_name: string;
  definition: string;
  is_decided: boolean;
}

/** The definitions of these servers with what has been decided, in the order in which each server lists them. */
export async function readDefinitions(
  database: Queryable,
  serverIds: readonly string[],
): Promise<StoredDefinition[]> {
  // A text that was approved is long, and is needed only where its fingerprint is not known.
  const rows = await database.query<Row>(sql`
    select server_id, kind, name, d.public_name, d.definition, r.server_id is not null as is_decided,
           r.approved_fingerprint, case when r.approved_fingerprint is null then r.approved_definition end
             as approved_definition,
           r.class, r.approved_at, r.approved_by, r.rejected_fingerprint
      from definitions d left join definition_reviews r using (server_id, kind, name)
     where server_id = any(${serverIds}) order by server_id, kind, d.ordinal`);
  return rows.map((row) => ({
    serverId: row.server_id,
    found: { kind: row.kind, name: row.name, publicName: row.public_name, text: row.definition },
    decision: row.is_decided ? row : undefined,
  }));
}

/** The kinds of which the last good sync found any. */
export async function readKinds(database: Queryable, serverId: string): Promise<ReadonlySet<DefinitionKind>> {
  const rows = await database.query<{ kind: DefinitionKind }>(sql`
    select distinct kind from definitions where server_id = ${serverId}`);
  return new Set(rows.map(({ kind }) => kind));
}

/** Puts what a sync found in the place of what an earlier one did, but for the kinds that are `kept`. */
export async function replaceDefinitions(
  tx: Queryable,
  serverId: string,
  found: readonly FoundDefinition[],
  kept: readonly DefinitionKind[],
): Promise<void> {
  const column = <Key extends keyof FoundDefinition>(key: Key) => found.map((definition) => definition[key]);
  await tx.query(sql`delete from definitions where server_id = ${serverId} and kind <> all(${kept})`);
  await tx.query(sql`
    insert into definitions (server_id, kind, name, public_name, ordinal, definition)
    select ${serverId}, kind, name, public_name, ordinal, definition
      from unnest(${column("kind")}::text[], ${column("name")}::text[], ${column("publicName")}::text[],
                  ${column("text")}::text[])
           with ordinality as found (kind, name, public_name, definition, ordinal)`);
}

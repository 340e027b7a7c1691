/** The table of decisions: `definition_reviews`. */
import { sql, type Queryable } from "@castellan/database";
import type { DefinitionKind, ToolClass } from "../catalog/definition.ts";
import { autoAccepted, type Decision } from "./decision.ts";

/** What names a definition of a server. */
export interface DefinitionKey {
  readonly kind: DefinitionKind;
  readonly name: string;
}

/** One text for each key. */
export function toKey({ kind, name }: DefinitionKey): string {
  return `${kind} ${name}`;
}

export interface StoredDecision extends Decision, DefinitionKey {
  readonly rejected_at: Date | null;
  readonly rejected_by: string | null;
}

/** Everything that has been decided about a server's definitions, by `toKey`. */
export async function readDecisions(
  database: Queryable,
  serverId: string,
): Promise<ReadonlyMap<string, StoredDecision>> {
  const rows = await database.query<StoredDecision>(sql`
    select kind, name, approved_fingerprint, approved_definition, class, approved_at, approved_by,
           rejected_fingerprint, rejected_at, rejected_by
      from definition_reviews where server_id = ${serverId} order by kind, name`);
  return new Map(rows.map((row) => [toKey(row), row]));
}

/** What is approved from now on under a name. */
export interface ApprovalToWrite extends DefinitionKey {
  readonly fingerprint: string;
  /** Null: not known yet. */
  readonly text: string | null;
  /** Null: as its annotations say. */
  readonly class: ToolClass | null;
}

/** Each takes the place of what was approved under its name; that it was rejected once is forgotten. Keys are unique. */
export async function writeApprovals(
  tx: Queryable,
  serverId: string,
  approvals: readonly ApprovalToWrite[],
  by: string,
): Promise<void> {
  const column = <Key extends keyof ApprovalToWrite>(key: Key) => approvals.map((approval) => approval[key]);
  await tx.query(sql`
    insert into definition_reviews as known (server_id, kind, name, approved_fingerprint, approved_definition,
                                             class, approved_at, approved_by)
    select ${serverId}, kind, name, fingerprint, definition, class, now(), ${by}
      from unnest(${column("kind")}::text[], ${column("name")}::text[], ${column("fingerprint")}::text[],
                  ${column("text")}::text[], ${column("class")}::text[])
           as decided (kind, name, fingerprint, definition, class)
    on conflict (server_id, kind, name) do update
      set approved_fingerprint = excluded.approved_fingerprint, approved_definition = excluded.approved_definition,
          class = excluded.class, approved_at = excluded.approved_at, approved_by = excluded.approved_by,
          rejected_fingerprint = nullif(known.rejected_fingerprint, excluded.approved_fingerprint),
          rejected_at = case when known.rejected_fingerprint <> excluded.approved_fingerprint
                             then known.rejected_at end,
          rejected_by = case when known.rejected_fingerprint <> excluded.approved_fingerprint
                             then known.rejected_by end`);
}

/** What was approved under these names is so no longer. */
export async function withdrawApprovals(
  tx: Queryable,
  serverId: string,
  keys: readonly DefinitionKey[],
): Promise<void> {
  const [kinds, names] = [keys.map(({ kind }) => kind), keys.map(({ name }) => name)];
  await tx.query(sql`
    update definition_reviews
       set approved_fingerprint = null, approved_definition = null, class = null,
           approved_at = null, approved_by = null
     where server_id = ${serverId}
       and (kind, name) in (select kind, name from unnest(${kinds}::text[], ${names}::text[]) as gone (kind, name))`);
  await tx.query(sql`
    delete from definition_reviews
     where server_id = ${serverId} and approved_at is null and rejected_at is null`);
}

/**
 * Forgets what a setting accepted and the server no longer lists, but for the latest so many of so many characters
 * together: a server that calls its tools something else each time leaves no trail.
 */
export async function forgetAccepted(
  tx: Queryable,
  serverId: string,
  keep: { readonly rows: number; readonly chars: number },
): Promise<void> {
  await tx.query(sql`
    delete from definition_reviews r
     using (select kind, name, row_number() over latest as place,
                   sum(coalesce(length(approved_definition), 0)) over latest as chars
              from definition_reviews u
             where server_id = ${serverId} and approved_by = ${autoAccepted} and rejected_at is null
               and not exists (select 1 from definitions d
                                where d.server_id = u.server_id and d.kind = u.kind and d.name = u.name)
            window latest as (order by approved_at desc, kind, name)) as old
     where r.server_id = ${serverId} and r.kind = old.kind and r.name = old.name
       and (old.place > ${keep.rows} or old.chars > ${keep.chars})`);
}

export async function writeRejections(
  tx: Queryable,
  serverId: string,
  rejected: readonly (DefinitionKey & { readonly fingerprint: string })[],
  by: string,
): Promise<void> {
  await tx.query(sql`
    insert into definition_reviews (server_id, kind, name, rejected_fingerprint, rejected_at, rejected_by)
    select ${serverId}, kind, name, fingerprint, now(), ${by}
      from unnest(${rejected.map(({ kind }) => kind)}::text[], ${rejected.map(({ name }) => name)}::text[],
                  ${rejected.map(({ fingerprint }) => fingerprint)}::text[]) as decided (kind, name, fingerprint)
    on conflict (server_id, kind, name) do update
      set rejected_fingerprint = excluded.rejected_fingerprint, rejected_at = excluded.rejected_at,
          rejected_by = excluded.rejected_by`);
}

/** Adds to approvals what was not known of them when they were given: a fingerprint, or a text. Nothing is decided. */
export async function completeApprovals(
  tx: Queryable,
  serverId: string,
  known: readonly (DefinitionKey & { readonly fingerprint: string; readonly text: string })[],
): Promise<void> {
  await tx.query(sql`
    update definition_reviews r
       set approved_fingerprint = known.fingerprint, approved_definition = known.definition
      from unnest(${known.map(({ kind }) => kind)}::text[], ${known.map(({ name }) => name)}::text[],
                  ${known.map(({ fingerprint }) => fingerprint)}::text[], ${known.map(({ text }) => text)}::text[])
           as known (kind, name, fingerprint, definition)
     where r.server_id = ${serverId} and r.kind = known.kind and r.name = known.name
       and (r.approved_fingerprint is null or r.approved_definition is null)`);
}

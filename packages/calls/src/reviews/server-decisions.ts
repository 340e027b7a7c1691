/** What has been decided about every server's definitions, in one statement: for who compares whole installations. */
import { sql, type Queryable } from "@castellan/database";
import { approvedFingerprint, autoAccepted } from "./decision.ts";
import type { StoredDecision } from "./decisions.ts";
import type { Rejection } from "./expect-rejections.ts";
import type { Approval } from "./review.ts";

export interface StandingApproval extends Approval {
  /** By a setting of its server, not by a person. */
  readonly isAccepted: boolean;
}

/** By kind and name, listed or not. */
export interface ServerDecisions {
  readonly approvals: readonly StandingApproval[];
  readonly rejections: readonly Rejection[];
}

/** By server id. */
export async function readServerDecisions(
  database: Queryable,
): Promise<ReadonlyMap<string, ServerDecisions>> {
  // A text that was approved is long, and is needed only where its fingerprint is not known.
  const rows = await database.query<StoredDecision & { server_id: string }>(sql`
    select server_id, kind, name, approved_fingerprint,
           case when approved_fingerprint is null then approved_definition end as approved_definition,
           class, approved_by, rejected_fingerprint
      from definition_reviews order by server_id, kind, name`);
  const byServer = Map.groupBy(rows, (row) => row.server_id);
  return new Map(
    [...byServer].map(([id, all]) => [
      id,
      { approvals: all.flatMap(toApproval), rejections: all.flatMap(toRejection) },
    ]),
  );
}

function toApproval(row: StoredDecision): StandingApproval[] {
  const { kind, name } = row;
  const fingerprint = approvedFingerprint(kind, row);
  if (fingerprint === undefined) return [];
  const isAccepted = row.approved_by === autoAccepted;
  return [{ kind, name, fingerprint, ...(row.class !== null && { class: row.class }), isAccepted }];
}

function toRejection({ kind, name, rejected_fingerprint: fingerprint }: StoredDecision): Rejection[] {
  return fingerprint === null ? [] : [{ kind, name, fingerprint }];
}

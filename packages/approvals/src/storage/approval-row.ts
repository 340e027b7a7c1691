import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Approval, ApprovalKind, ApprovalState, Asker, Met, Need, Subject } from "../approval.ts";

/** A row of `approvals` as `approvalColumns` selects it. */
export interface ApprovalRow {
  readonly id: Id<"approval">;
  readonly kind: ApprovalKind;
  readonly state: ApprovalState;
  readonly asker: Partial<Asker> & Pick<Asker, "id" | "kind" | "name">;
  readonly subject: Subject;
  readonly needs: readonly Need[];
  readonly met: readonly StoredMet[];
  readonly rejection: { by: string; byName: string; at: string; reason: string } | null;
  readonly asked_at: Date;
  readonly expires_at: Date;
  readonly decided_at: Date | null;
  readonly used_at: Date | null;
  readonly version: number;
}

type StoredMet = Omit<Met, "at" | "text"> & { readonly at: string; readonly text?: string };

export const approvalColumns = sql`
  id, kind, state, asker, subject, needs, met, rejection, asked_at, expires_at, decided_at, used_at, version::int`;

/** The request as it is at this moment: what is overdue has expired, whether or not somebody wrote it down. */
export function toApproval(row: ApprovalRow, nowMs: number): Approval {
  const { asker, rejection } = row;
  const { email, grantId, client } = asker;
  const isOverdue = isLiving(row.state) && row.expires_at.getTime() <= nowMs;
  return {
    id: row.id,
    kind: row.kind,
    state: isOverdue ? "expired" : row.state,
    asker: { id: asker.id, kind: asker.kind, name: asker.name, email, grantId, client },
    subject: row.subject,
    needs: row.needs,
    met: row.met.map(({ need, at, by, byName, text }) => ({ need, at: new Date(at), by, byName, text })),
    rejection: rejection === null ? undefined : { ...rejection, at: new Date(rejection.at) },
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at ?? (isOverdue ? row.expires_at : undefined),
    usedAt: row.used_at ?? undefined,
    version: row.version,
  };
}

/** Whether something can still come of it. */
export function isLiving(state: ApprovalState): boolean {
  return state === "pending" || state === "approved";
}

/** What becomes of living requests when a group of the company gets another name, or goes. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Need } from "../approval.ts";
import { approvalsTopic } from "../storage/approval-table.ts";

interface NamingRow {
  readonly id: Id<"approval">;
  readonly needs: readonly Need[];
  readonly seen_by: readonly string[];
  readonly waits_for: readonly string[];
}

/**
 * Carries the name over, in the transaction of the change, to every request: whoever is in a later group of the old name did
 * not see this one, and decides nothing. Undefined: the group goes.
 */
export async function renameDeciderGroup(tx: Queryable, from: string, to: string | undefined): Promise<void> {
  if (from === to) return;
  // What was carried over is not found again.
  while ((await renameSome(tx, from, to)) === maxRows);
}

const maxRows = 500;

async function renameSome(tx: Queryable, from: string, to: string | undefined): Promise<number> {
  const rows = await tx.query<NamingRow>(sql`
    select id, needs, seen_by, waits_for from approvals
    where seen_by && array[${keyOf(from)}] order by id limit ${maxRows} for update`);
  for (const { id, needs, seen_by: seenBy, waits_for: waitsFor } of rows) {
    await tx.query(sql`
      update approvals
      set needs = ${JSON.stringify(needs.map((need) => renamed(need, from, to)))},
          seen_by = ${inKeys(seenBy, from, to)}, waits_for = ${inKeys(waitsFor, from, to)}
      where id = ${id}`);
    await recordChange(tx, approvalsTopic, id);
  }
  return rows.length;
}

function renamed(need: Need, from: string, to: string | undefined): Need {
  if (need.kind !== "decision") return need;
  const { groups, ...others } = need.deciders;
  return { ...need, deciders: { ...others, groups: groups && inNames(groups, from, to) } };
}

function inKeys(keys: readonly string[], from: string, to: string | undefined): string[] {
  return inNames(keys, keyOf(from), to === undefined ? undefined : keyOf(to));
}

function inNames(names: readonly string[], from: string, to: string | undefined): string[] {
  return names.flatMap((name) => (name === from ? (to ?? []) : name));
}

function keyOf(group: string): string {
  return `group:${group}`;
}

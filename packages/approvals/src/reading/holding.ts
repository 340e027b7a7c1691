/** What was said for an earlier call of the same tool by the same caller, and holds for this one. */
import { sql } from "@castellan/database";
import type { Approval, Need } from "../approval.ts";
import { personIn, type Ground } from "../ground.ts";
import { covers, type Look } from "../needs.ts";
import { approvalColumns, toApproval, type ApprovalRow } from "../storage/approval-row.ts";

/** More that hold at once there are only where rules changed in between. */
const maxLookedAt = 50;

type LastingNeed = Extract<Need, { readonly holdsSeconds: number }>;

export async function holding(
  ground: Ground,
  holdsFor: string,
  needs: readonly Need[],
): Promise<readonly Need[]> {
  const lasting = needs.filter((need): need is LastingNeed => need.kind !== "proof" && need.holdsSeconds > 0);
  if (lasting.length === 0) return [];
  const nowMs = ground.clock.now();
  const longestMs = Math.max(...lasting.map(({ holdsSeconds }) => holdsSeconds)) * 1000;
  return ground.database.transaction(async (tx) => {
    const rows = await tx.query<ApprovalRow>(sql`
      select ${approvalColumns} from approvals
      where holds_for = ${holdsFor} and state in ('approved', 'used')
        and decided_at > ${new Date(nowMs - longestMs)}
      order by decided_at desc limit ${maxLookedAt}`);
    const said = rows.map((row) => toApproval(row, nowMs)).filter(isGood);
    const look = { nowMs, person: personIn(tx, ground) };
    const held: Need[] = [];
    for (const need of lasting) if (await holds(need, said, look)) held.push(need);
    return held;
  });
}

async function holds(need: LastingNeed, said: readonly Approval[], look: Look): Promise<boolean> {
  for (const { needs, met: all, asker } of said)
    for (const met of all) {
      const earlier = needs[met.need];
      if (earlier === undefined || earlier.kind === "proof") continue;
      // Neither longer than whoever said it was told, nor longer than the rule says now.
      const heldMs = Math.min(earlier.holdsSeconds, need.holdsSeconds) * 1000;
      if (look.nowMs - met.at.getTime() < heldMs && (await covers({ met, earlier, need, asker }, look)))
        return true;
    }
  return false;
}

function isGood({ state }: Approval): boolean {
  return state === "approved" || state === "used";
}

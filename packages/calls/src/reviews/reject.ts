import type { Transaction } from "@castellan/database";
import { withdrawApprovals, writeRejections } from "./decisions.ts";
import type { ChosenRejection } from "./selection.ts";

/** Rejects; an approval of another definition of the same name stays, should the server go back to that. Keys are unique. */
export async function rejectChosen(
  tx: Transaction,
  serverId: string,
  chosen: readonly ChosenRejection[],
  by: string,
): Promise<void> {
  await withdrawApprovals(
    tx,
    serverId,
    chosen.filter(({ isApproved }) => isApproved),
  );
  await writeRejections(tx, serverId, chosen, by);
}

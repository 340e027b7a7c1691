import type { Approval } from "@castellan/approvals";
import { isFault, type Id } from "@castellan/kernel";
import type { CallPorts } from "../stages/stage.ts";

/** Takes a request back for its asker, and answers what it is then: somebody may have decided in the same moment. */
export async function giveUp(
  id: Id<"approval">,
  askerId: string,
  { approvals }: Pick<CallPorts, "approvals">,
): Promise<Approval> {
  try {
    return await approvals.withdraw(id, askerId);
  } catch (error) {
    const found = isFault(error, "approval_settled") ? await approvals.find(id) : undefined;
    if (!found) throw error;
    return found;
  }
}

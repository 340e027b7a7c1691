/** One request as the caller of the API sees it. */
import type { Principal } from "@castellan/access";
import { approvalFaults, type SeenApproval } from "@castellan/approvals";
import { isFault, type Id } from "@castellan/kernel";
import type { ApiPorts } from "../ports.ts";
import { personOf, seesAll } from "./asking-person.ts";

/**
 * Who asked and who may decide see all of it; a program what it asked for itself, and who may read everything the rest, without
 * arguments. `mayDecide` is about the API: who asked decides on the page only, if at all. Fault: `approval_not_found`.
 */
export async function seeApproval(
  id: Id<"approval">,
  principal: Principal,
  { approvals }: Pick<ApiPorts, "approvals">,
): Promise<SeenApproval> {
  const person = personOf(principal);
  const seen = person && (await approvals.seenBy(person, id).catch(unlessUnknown));
  if (seen !== undefined) return { ...seen, mayDecide: seen.mayDecide && seen.asker.id !== principal.id };
  const approval = await approvals.find(id);
  if (approval !== undefined && (seesAll(principal) || approval.asker.id === principal.id))
    return { ...approval, arguments: undefined, mayDecide: false };
  throw approvalFaults.fault("approval_not_found", "There is no request with this id for you to see");
}

function unlessUnknown(error: unknown): undefined {
  if (!isFault(error, "approval_not_found")) throw error;
}

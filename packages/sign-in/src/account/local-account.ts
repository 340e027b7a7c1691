/** Whether somebody has an account of the house, and so may change what it is proved with. */
import type { Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import { signInFaults } from "../faults.ts";
import { hasProofs } from "../local/proofs.ts";

/**
 * Whoever comes by a provider makes no way in beside it: when the company shuts that one, they would still have theirs.
 * An admin may open one for them, with a link. Fault: `account_not_local`.
 */
export async function assertLocal(database: Queryable, userId: Id<"user">): Promise<void> {
  if (await hasProofs(database, userId)) return;
  throw signInFaults.fault(
    "account_not_local",
    "You sign in with an account of your company, so there is no password or passkey to change here.",
  );
}

/** An account that is of no use until its person signs in again. */
import { sql, type Queryable } from "@castellan/database";
import { accountColumns, keyOfRow, toAccount, type AccountRow, type Holding } from "./account-row.ts";
import { keepForRevocation } from "./ending.ts";
import { keyOf, recordAccountChange, type Ground } from "./ground.ts";

/**
 * - `refused`: the target refuses a token that is as new as can be had.
 * - `expired`: it has ended, and there is nothing to renew it with.
 * - `changed`: the target, or how it is authorized, is another one than at the sign-in.
 * - `invalid_grant`, `upstream_client_refused`: what the authorization server said for good.
 */
export type SignInReason = "refused" | "expired" | "changed" | "invalid_grant" | "upstream_client_refused";

/**
 * Says so if the account still has the tokens that this was found out of: what is newer is not ended by it.
 * The tokens of one that is refused by the target alone are kept, so that unlinking can revoke them.
 */
export async function needSignIn(
  tx: Queryable,
  ground: Pick<Ground, "onSharedFailing">,
  { account, generation }: Pick<Holding, "account" | "generation">,
  reason: SignInReason,
): Promise<boolean> {
  const [row] = await tx.query<AccountRow>(sql`
    update linked_accounts set
      state = 'needs_sign_in', reason = ${reason}, generation = generation + 1,
      sealed_tokens = case when ${reason === "refused"}::boolean then sealed_tokens end,
      refreshing_by = null, refreshing_until = null, retry_at = null
    where id = ${account.id} and generation = ${generation} and state = 'linked'
    returning ${accountColumns}`);
  if (row === undefined) return false;
  await recordAccountChange(tx, keyOfRow(row));
  if (account.owner.kind === "shared") await ground.onSharedFailing?.(tx, toAccount(row));
  return true;
}

/** The same in a transaction of its own. */
export async function endForGood(ground: Ground, holding: Holding, reason: SignInReason): Promise<void> {
  await ground.database.transaction((tx) => needSignIn(tx, ground, holding, reason));
  ground.forget(keyOf(holding));
}

/** Its target is another one than that for which it was linked: what it has is not sent there, and revoked where it came from. */
export async function endMisfit(ground: Ground, holding: Holding): Promise<void> {
  await ground.database.transaction(async (tx) => {
    if (await needSignIn(tx, ground, holding, "changed")) await keepForRevocation(tx, ground, holding);
  });
  ground.forget(keyOf(holding));
}

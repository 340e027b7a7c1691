/** What each step stands on. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import { accountKey, accountsTopic, type Account } from "../account.ts";
import { accountColumns, type AccountRow, type Holding } from "./account-row.ts";
import type { AccountsOptions } from "./accounts.ts";

export type Ground = Required<Omit<AccountsOptions, "onSharedFailing">> &
  Pick<AccountsOptions, "onSharedFailing"> & {
    /** Drops what is held in memory of one account: it was changed here just now. */
    readonly forget: (key: string) => void;
  };

/** The topic under which new tokens and failures are told. What people see of an account is under `accountsTopic`. */
export const accountTokensTopic = "account_tokens";

/** The topic under which tokens that are to be revoked are told. */
export const accountEndingsTopic = "account_endings";

/** The topic under which it is told of people that they changed; keys are their ids. `access` tells it. */
export const usersTopic = "users";

export function keyOf({ account }: Pick<Holding, "account">): string {
  return keyOfAccount(account);
}

export function keyOfAccount({ targetId, owner }: Pick<Account, "targetId" | "owner">): string {
  return accountKey(targetId, owner);
}

/** Another account than before, or none, or one in another state. */
export function recordAccountChange(tx: Queryable, key: string): Promise<void> {
  return recordChange(tx, accountsTopic, key);
}

export async function readAccount(
  line: Queryable,
  where: { readonly targetId: string; readonly ownerId: string },
): Promise<AccountRow | undefined> {
  const [row] = await line.query<AccountRow>(sql`
    select ${accountColumns} from linked_accounts
    where target_id = ${where.targetId} and owner_id = ${where.ownerId}`);
  return row;
}

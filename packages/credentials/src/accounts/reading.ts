/** Lists of accounts, for those they are of and for admins. They hold no token. */
import { sql, type SqlStatement } from "@castellan/database";
import { type Fault, type Id } from "@castellan/kernel";
import type { Account } from "../account.ts";
import { credentialFaults } from "../faults.ts";
import { accountColumns, toAccount, type AccountRow } from "./account-row.ts";
import type { AccountPage } from "./accounts.ts";
import type { Ground } from "./ground.ts";

type Reader = Pick<Ground, "database">;

const maxOfPerson = 500;
const maxShared = 1_000;

export async function getAccount(ground: Reader, id: Id<"account">): Promise<Account> {
  const [account] = await read(ground, sql`id = ${id} limit 1`);
  if (account === undefined) throw unknownAccount();
  return account;
}

export function accountsOfPerson(ground: Reader, personId: Id<"user">): Promise<Account[]> {
  return read(
    ground,
    sql`owner_id = ${personId} order by used_at desc nulls last, id desc limit ${maxOfPerson}`,
  );
}

export function accountsOfTarget(
  ground: Reader,
  targetId: string,
  { after, limit }: AccountPage,
): Promise<Account[]> {
  const next = after === undefined ? sql`` : sql`and id > ${after}`;
  return read(ground, sql`target_id = ${targetId} ${next} order by id limit ${limit}`);
}

export function sharedAccounts(ground: Reader): Promise<Account[]> {
  return read(ground, sql`owner_id = 'shared' order by target_id limit ${maxShared}`);
}

export function unknownAccount(): Fault {
  return credentialFaults.fault("account_not_found", "There is no such linked account");
}

async function read({ database }: Reader, which: SqlStatement): Promise<Account[]> {
  const rows = await database.query<AccountRow>(
    sql`select ${accountColumns} from linked_accounts where ${which}`,
  );
  return rows.map(toAccount);
}

/** What a target misses in an account that an admin signed in with for all: it is kept, so that an admin is told. */
import { recordChange, sql } from "@castellan/database";
import { accountColumns, toAccount, type AccountRow, type Holding } from "./account-row.ts";
import { accountTokensTopic, keyOf, type Ground } from "./ground.ts";

/** A target may want other ones with each call. */
const maxWanted = 100;

/** Told once for each sign-in, at the first of them. Nothing where it is known, or where there was another sign-in meanwhile. */
export async function noteWanted(ground: Ground, holding: Holding, scopes: readonly string[]): Promise<void> {
  const { id, link, wantedScopes } = holding.account;
  if (withMore(wantedScopes, scopes).length === wantedScopes.length) return;
  await ground.database.transaction(async (tx) => {
    const [held] = await tx.query<Pick<AccountRow, "wanted_scopes">>(sql`
      select wanted_scopes from linked_accounts
      where id = ${id} and link = ${link} and state = 'linked' for update`);
    if (held === undefined) return;
    const [row] = await tx.query<AccountRow>(sql`
      update linked_accounts set wanted_scopes = ${withMore(held.wanted_scopes, scopes)}
      where id = ${id} returning ${accountColumns}`);
    await recordChange(tx, accountTokensTopic, keyOf(holding));
    if (row !== undefined && held.wanted_scopes.length === 0)
      await ground.onSharedFailing?.(tx, toAccount(row));
  });
  ground.forget(keyOf(holding));
}

function withMore(known: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...known, ...more])].slice(0, maxWanted);
}

/** Accounts of people who are no longer there, or suspended: they are ended, and what they had is revoked. */
import { sql } from "@castellan/database";
import { endAccounts } from "./ending.ts";
import type { Ground } from "./ground.ts";

const maxAtOnce = 200;

/** Those of these people who are not active. */
export async function endLeavers(ground: Ground, personIds: readonly string[]): Promise<void> {
  for (let from = 0; from < personIds.length; from += maxAtOnce) {
    const asked = personIds.slice(from, from + maxAtOnce);
    const owners = await ground.database.query<{ id: string }>(sql`
      select distinct owner_id as id from linked_accounts where owner_id = any(${asked}::text[]) limit ${maxAtOnce}`);
    await endInactive(ground, owners);
  }
}

/** Looks at some people after that one, in the order of ids; the place to go on from, undefined when it was the last. */
export async function lookForLeavers(ground: Ground, after: string | undefined): Promise<string | undefined> {
  const owners = await ground.database.query<{ id: string }>(sql`
    select distinct owner_id as id from linked_accounts
    where owner_id > ${after ?? ""} and owner_id <> 'shared'
    order by owner_id limit ${maxAtOnce}`);
  await endInactive(ground, owners);
  return owners.length < maxAtOnce ? undefined : owners.at(-1)?.id;
}

async function endInactive(ground: Ground, owners: readonly { readonly id: string }[]): Promise<void> {
  if (owners.length === 0) return;
  const ids = owners.map(({ id }) => id);
  const active = await ground.people.activeAmong(ids);
  const gone = ids.filter((id) => !active.has(id));
  if (gone.length === 0) return;
  await ground.database.transaction((tx) => endAccounts(tx, ground, sql`owner_id = any(${gone}::text[])`));
}

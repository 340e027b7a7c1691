/** Accounts that nobody uses are renewed once a day: many authorization servers end refresh tokens that lie idle. */
import { sql } from "@castellan/database";
import { accountColumns, toHolding, type AccountRow } from "./account-row.ts";
import { fits } from "./fits.ts";
import type { Ground } from "./ground.ts";
import { endMisfit } from "./needs-sign-in.ts";
import type { Refresher } from "./refresher.ts";

const idleMs = 20 * 60 * 60 * 1000;
const spreadMs = 4 * 60 * 60 * 1000;
const maxAtOnce = 20;

/** Where the walk over what is due goes on: rows that cannot be renewed now do not stand in the way of the others. */
export interface RenewalPlace {
  readonly refreshedAt: Date;
  readonly id: string;
}

/** Renews some of those that are due; the place to go on from, undefined when it was the last. */
export async function renewIdle(
  ground: Ground,
  refresher: Refresher,
  after: RenewalPlace | undefined,
): Promise<RenewalPlace | undefined> {
  const rows = await readDue(ground, after);
  await Promise.all(rows.map((row) => renew(ground, refresher, row).catch(ground.onError)));
  const last = rows.at(-1);
  if (!last?.refreshed_at || rows.length < maxAtOnce) return undefined;
  return { refreshedAt: last.refreshed_at, id: last.id };
}

async function renew(ground: Ground, refresher: Refresher, row: AccountRow): Promise<void> {
  const holding = toHolding(row, ground.vault);
  const target = await ground.targets.find(row.target_id);
  if (target === undefined) return;
  if (fits(holding, target)) await refresher.refresh(target, holding);
  else await endMisfit(ground, holding);
}

/** Each account has its own time within four hours, so that those that were linked together are not renewed together for ever. */
async function readDue({ database, clock }: Ground, after: RenewalPlace | undefined): Promise<AccountRow[]> {
  const now = new Date(clock.now());
  const due = new Date(clock.now() - idleMs);
  return database.query<AccountRow>(sql`
    select ${accountColumns} from linked_accounts
    where state = 'linked' and is_renewable and refreshed_at <= ${due}::timestamptz
      and refreshed_at <= ${due}::timestamptz
        - (hashtext(id) & 1023) / 1024.0 * ${spreadMs}::int * interval '1 millisecond'
      and (retry_at is null or retry_at <= ${now})
      ${after === undefined ? sql`` : sql`and (refreshed_at, id) > (${after.refreshedAt}, ${after.id})`}
    order by refreshed_at, id limit ${maxAtOnce}`);
}

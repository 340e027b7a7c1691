/** An account is stored, and with it is met whoever waited for it: in one transaction. */
import { recordChange, sql, type Transaction } from "@castellan/database";
import { isFault } from "@castellan/kernel";
import { ownerIdOf, type Account } from "../../account.ts";
import type { NewAccount } from "../../accounts/accounts.ts";
import { linksTopic, type LinkRequest } from "../../link.ts";
import type { Target } from "../../target.ts";
import { assertPending, changedMeanwhile, targetMark, unknownLink, type Ground } from "../ground.ts";
import type { LinkVisitor } from "../links.ts";
import { linkColumns, toLink, type LinkRow } from "../storage/link-row.ts";

/** Faults: `link_expired`, `link_not_found`, `link_refused`. */
export async function storeAccount(
  ground: Ground,
  { link, target, visitor }: { link: LinkRequest; target: Target; visitor: LinkVisitor },
  given: Omit<NewAccount, "target" | "owner" | "linkedBy" | "linkedFrom">,
): Promise<LinkRequest> {
  const { database, clock, accounts, changes } = ground;
  const { account, done } = await database.transaction(async (tx) => {
    const nowMs = clock.now();
    const held = await hold(tx, link, nowMs);
    const own = held.find(({ id }) => id === link.id);
    if (own === undefined) throw unknownLink();
    assertPending(own);
    const account = await accounts.link(tx, {
      ...given,
      target,
      owner: link.owner,
      linkedBy: visitor.name,
      linkedFrom: link.from?.clientName,
    });
    // This one whatever was granted for it, and others that want no more.
    const met = held.filter((one) => one.id === own.id || isMet(one, account)).map(({ id }) => id);
    await tx.query(sql`
      update link_requests set state = 'linked', settled_at = ${new Date(nowMs)} where id = any(${met})`);
    for (const id of met) await recordChange(tx, linksTopic, id);
    return { account, done: { ...own, state: "linked" } as const };
  });
  // Whoever goes on from here finds the account.
  await changes.flush();
  await assertWanted(ground, target, account);
  return done;
}

/**
 * Who removes a server, or turns it elsewhere, ends the accounts that there are: one that is stored at that very moment is
 * ended by whoever stores it. Fault: `link_refused`.
 */
async function assertWanted({ targetOf, accounts }: Ground, target: Target, { id }: Account): Promise<void> {
  const now = targetOf(target.id);
  if (now !== undefined && targetMark(now) === targetMark(target)) return;
  await accounts.unlink(id).catch((error: unknown) => {
    if (!isFault(error, "account_not_found")) throw error;
  });
  throw changedMeanwhile();
}

/** This one and all others of the same account, in one order: of two that are met at once, one waits. */
async function hold(tx: Transaction, link: LinkRequest, nowMs: number): Promise<readonly LinkRequest[]> {
  const rows = await tx.query<LinkRow>(sql`
    select ${linkColumns} from link_requests
    where target_id = ${link.targetId} and owner_id = ${ownerIdOf(link.owner)}
      and (state = 'pending' or id = ${link.id})
    order by id for update`);
  return rows.map((row) => toLink(row, nowMs));
}

function isMet(link: LinkRequest, { scopes }: Account): boolean {
  return link.state === "pending" && link.scopes.every((scope) => scopes.includes(scope));
}

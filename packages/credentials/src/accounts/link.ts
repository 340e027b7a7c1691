/** Keeping what a sign-in gave. */
import { sql, type Queryable } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { ownerIdOf, type Account } from "../account.ts";
import { accountColumns, toAccount, type AccountRow, type Holding } from "./account-row.ts";
import type { NewAccount } from "./accounts.ts";
import { keepForRevocation, readable } from "./ending.ts";
import { originOf } from "./fits.ts";
import { keyOf, recordAccountChange, type Ground } from "./ground.ts";
import { sealTokens, type TokenPlace } from "./sealed-account.ts";

const maxTries = 3;

export async function link(tx: Queryable, ground: Ground, added: NewAccount): Promise<Account> {
  const { vault, clock } = ground;
  const { target, tokens } = added;
  const now = new Date(clock.now());
  const before = await lockRow(tx, ground, added, now);
  if (isOtherGrant(before, added)) await keepForRevocation(tx, ground, before);
  const { id } = before.account;
  const place: TokenPlace = {
    id,
    targetId: target.id,
    ownerId: ownerIdOf(added.owner),
    origin: originOf(target),
    issuer: added.issuer,
    clientId: added.clientId,
  };
  const [row] = await tx.query<AccountRow>(sql`
    update linked_accounts set
      kind = ${tokens.kind}, issuer = ${added.issuer ?? null}, client_id = ${added.clientId ?? null},
      resource = ${added.resource ?? null}, scopes = ${[...added.scopes]},
      asked_scopes = ${[...(added.askedScopes ?? added.scopes)]}, wanted_scopes = '{}', origin = ${place.origin},
      state = 'linked', reason = null, sealed_tokens = ${sealTokens(vault, place, tokens)},
      is_renewable = ${tokens.kind === "oauth" && tokens.refreshToken !== undefined},
      expires_at = ${expiryOf(tokens)}, linked_by = ${added.linkedBy}, linked_from = ${added.linkedFrom ?? null},
      linked_at = ${now}, link = link + 1, generation = generation + 1, refreshed_at = ${now}, used_at = null,
      refreshing_by = null, refreshing_until = null, retry_at = null,
      failure_code = null, failure_message = null, failed_at = null, failed_times = 0
    where id = ${id}
    returning ${accountColumns}`);
  if (row === undefined) throw new Error("An account went away while it was locked");
  await recordAccountChange(tx, keyOf(before));
  return toAccount(row);
}

export function expiryOf(tokens: NewAccount["tokens"]): Date | null {
  return tokens.kind === "oauth" && tokens.expiresAtMs !== undefined ? new Date(tokens.expiresAtMs) : null;
}

/** The row of this target and owner, locked; an empty one where there was none. */
async function lockRow(
  tx: Queryable,
  ground: Ground,
  { target, owner, tokens, linkedBy }: NewAccount,
  now: Date,
): Promise<Holding> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    await tx.query(sql`
      insert into linked_accounts
        (id, target_id, owner_id, kind, origin, state, is_renewable, linked_by, linked_at, link, generation)
      values (${createId("account")}, ${target.id}, ${ownerIdOf(owner)}, ${tokens.kind}, ${originOf(target)},
        'needs_sign_in', false, ${linkedBy}, ${now}, 0, 0)
      on conflict (target_id, owner_id) do nothing`);
    const [row] = await tx.query<AccountRow>(sql`
      select ${accountColumns} from linked_accounts
      where target_id = ${target.id} and owner_id = ${ownerIdOf(owner)} for update`);
    // It may be unlinked between the two.
    if (row !== undefined) return readable(row, ground);
  }
  throw new Error("An account was unlinked each time that it was about to be linked");
}

/**
 * Tokens of another authorization server or client are revoked. Those of the same are not: signing in again, for more scopes
 * say, often goes on with the same grant there, and revoking the old refresh token would end the new one (RFC 7009 §2.1).
 */
function isOtherGrant({ account, clientId }: Holding, added: NewAccount): boolean {
  return account.issuer !== added.issuer || clientId !== added.clientId;
}

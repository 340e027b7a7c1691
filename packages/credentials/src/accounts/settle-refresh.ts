/** What an authorization server's answer to a refresh makes of the account. */
import { recordChange, sql, type Queryable } from "@castellan/database";
import type { AccountTokens } from "../account.ts";
import type { GrantedTokens, TokenOutcome } from "../oauth/tokens.ts";
import {
  accountColumns,
  heldGrant,
  placeOf,
  toAccount,
  type AccountRow,
  type Holding,
} from "./account-row.ts";
import { backOffMs } from "./due.ts";
import { keepForRevocation } from "./ending.ts";
import { accountTokensTopic, keyOf, type Ground } from "./ground.ts";
import { expiryOf } from "./link.ts";
import { needSignIn } from "./needs-sign-in.ts";
import { sealTokens } from "./sealed-account.ts";

/** After how many failures in a row admins are told of a shared account. */
const toldAfter = 10;
/** After how many refusals a document of ours (CIMD) is taken to be refused for good: it may just not be reachable. */
const refusedAfter = 10;
const maxMessageLength = 500;

export interface Refreshed {
  readonly holding: Holding;
  /** Whose lease it was. */
  readonly by: string;
  readonly outcome: TokenOutcome;
}

/** Safe to run twice: everything hangs on the generation that was refreshed. */
export async function settleRefresh(tx: Queryable, ground: Ground, refreshed: Refreshed): Promise<void> {
  const { holding, outcome } = refreshed;
  if (outcome.kind === "granted") return keepTokens(tx, ground, holding, outcome.tokens);
  if (!(await isLeaseHeld(tx, refreshed))) return;
  if (outcome.kind === "refused") {
    await needSignIn(tx, ground, holding, "invalid_grant");
    return;
  }
  if (outcome.kind === "client_refused" && isForGood(refreshed)) {
    await needSignIn(tx, ground, holding, "upstream_client_refused");
    return;
  }
  await keepFailure(tx, ground, refreshed);
}

async function keepTokens(
  tx: Queryable,
  ground: Ground,
  holding: Holding,
  granted: GrantedTokens,
): Promise<void> {
  const { account, generation } = holding;
  const held = heldGrant(holding);
  // A server that sends no new refresh token goes on with the old one (RFC 6749 §6).
  const refreshToken = granted.refreshToken ?? held?.refreshToken;
  const { accessToken, expiresAtMs } = granted;
  const tokens: AccountTokens = { kind: "oauth", accessToken, refreshToken, expiresAtMs };
  const [row] = await tx.query(sql`
    update linked_accounts set
      sealed_tokens = ${sealTokens(ground.vault, placeOf(holding), tokens)}, expires_at = ${expiryOf(tokens)},
      scopes = ${[...(granted.scopes ?? account.scopes)]}, is_renewable = ${refreshToken !== undefined},
      refreshed_at = ${new Date(ground.clock.now())}, generation = generation + 1,
      refreshing_by = null, refreshing_until = null, retry_at = null,
      failure_code = null, failure_message = null, failed_at = null, failed_times = 0
    where id = ${account.id} and generation = ${generation} and state = 'linked'
    returning 1`);
  if (row !== undefined) return recordChange(tx, accountTokensTopic, keyOf(holding));
  // Nobody else knows of these, and they are good.
  if (held !== undefined && !(await goesOn(tx, holding)))
    await keepForRevocation(tx, ground, holding, { ...held, accessToken, refreshToken });
}

/** Whether the account still lives by that grant, whatever has become of its tokens: to revoke some ends them all. */
async function goesOn(tx: Queryable, { account, clientId }: Holding): Promise<boolean> {
  const rows = await tx.query(sql`
    select from linked_accounts
    where id = ${account.id} and state = 'linked'
      and issuer = ${account.issuer ?? null} and client_id = ${clientId ?? null}`);
  return rows.length > 0;
}

/** Whoever lost the lease has been overtaken: that its token was refused then says nothing. */
async function isLeaseHeld(tx: Queryable, { holding, by }: Refreshed): Promise<boolean> {
  const { account, generation } = holding;
  const rows = await tx.query(sql`
    select from linked_accounts
    where id = ${account.id} and generation = ${generation} and refreshing_by = ${by} for update`);
  return rows.length > 0;
}

/** A client that an admin gave can be given again; one of ours is made anew by the next sign-in. */
function isForGood({ holding, outcome }: Refreshed): boolean {
  if (outcome.kind !== "client_refused" || outcome.client === "given") return false;
  return outcome.client !== "published" || timesAfter(holding) >= refusedAfter;
}

async function keepFailure(tx: Queryable, ground: Ground, { holding, outcome }: Refreshed): Promise<void> {
  if (outcome.kind !== "failed" && outcome.kind !== "client_refused") return;
  const { account } = holding;
  const times = timesAfter(holding);
  const askedMs = outcome.kind === "failed" ? outcome.retryAfterMs : undefined;
  const nowMs = ground.clock.now();
  const retryAt = new Date(nowMs + backOffMs(times, { random: ground.random(), askedMs }));
  const code = outcome.kind === "failed" ? outcome.code : "upstream_client_refused";
  const [row] = await tx.query<AccountRow>(sql`
    update linked_accounts set
      failure_code = ${code}, failure_message = ${outcome.message.slice(0, maxMessageLength)},
      failed_at = ${new Date(nowMs)}, failed_times = ${times}, retry_at = ${retryAt},
      refreshing_by = null, refreshing_until = null
    where id = ${account.id}
    returning ${accountColumns}`);
  await recordChange(tx, accountTokensTopic, keyOf(holding));
  const isTold =
    times === toldAfter || (code === "upstream_client_refused" && account.failure?.code !== code);
  if (row !== undefined && account.owner.kind === "shared" && isTold)
    await ground.onSharedFailing?.(tx, toAccount(row));
}

function timesAfter({ account }: Holding): number {
  return (account.failure?.times ?? 0) + 1;
}

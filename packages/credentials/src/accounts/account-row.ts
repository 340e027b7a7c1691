/** A row of `linked_accounts`, and what it says. */
import { sql } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import {
  accountKey,
  ownerIdOf,
  toOwner,
  type Account,
  type AccountState,
  type AccountTokens,
} from "../account.ts";
import type { HeldGrant } from "../oauth/oauth.ts";
import { openTokens, type TokenPlace } from "./sealed-account.ts";

/** As `accountColumns` selects it. */
export interface AccountRow {
  readonly id: Id<"account">;
  readonly target_id: string;
  readonly owner_id: string;
  readonly kind: Account["kind"];
  readonly issuer: string | null;
  readonly client_id: string | null;
  readonly resource: string | null;
  readonly scopes: readonly string[];
  readonly asked_scopes: readonly string[];
  readonly wanted_scopes: readonly string[];
  readonly origin: string;
  readonly state: AccountState;
  readonly reason: string | null;
  readonly sealed_tokens: Buffer | null;
  readonly is_renewable: boolean;
  readonly expires_at: Date | null;
  readonly linked_by: string;
  readonly linked_from: string | null;
  readonly linked_at: Date;
  readonly link: number;
  readonly generation: number;
  readonly refreshed_at: Date | null;
  readonly used_at: Date | null;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly failed_at: Date | null;
  readonly failed_times: number;
  readonly retry_at: Date | null;
}

export const accountColumns = sql`
  id, target_id, owner_id, kind, issuer, client_id, resource, scopes, asked_scopes, wanted_scopes, origin, state, reason, sealed_tokens,
  is_renewable, expires_at, linked_by, linked_from, linked_at, link, generation, refreshed_at, used_at,
  failure_code, failure_message, failed_at, failed_times, retry_at`;

/** An account with all that is known of it; stays within this folder. */
export interface Holding {
  readonly account: Account;
  readonly clientId: string | undefined;
  /** As it was sent when it was authorized. */
  readonly resource: string | undefined;
  readonly askedScopes: readonly string[];
  readonly origin: string;
  /** Counted with each change of the tokens. */
  readonly generation: number;
  readonly retryAt: Date | undefined;
  /** Undefined: they were of no use any more. */
  readonly tokens: AccountTokens | undefined;
}

export function keyOfRow({ target_id, owner_id }: Pick<AccountRow, "target_id" | "owner_id">): string {
  return accountKey(target_id, toOwner(owner_id));
}

export function toHolding(row: AccountRow, vault: Vault): Holding {
  return {
    account: toAccount(row),
    clientId: row.client_id ?? undefined,
    resource: row.resource ?? undefined,
    askedScopes: row.asked_scopes,
    origin: row.origin,
    generation: row.generation,
    retryAt: row.retry_at ?? undefined,
    tokens: row.sealed_tokens === null ? undefined : openTokens(vault, placeOfRow(row), row.sealed_tokens),
  };
}

function placeOfRow(row: AccountRow): TokenPlace {
  const { id, target_id: targetId, owner_id: ownerId, origin, issuer, client_id: clientId } = row;
  return { id, targetId, ownerId, origin, issuer: issuer ?? undefined, clientId: clientId ?? undefined };
}

/** Where the tokens of an account may go that it gets by itself. */
export function placeOf({ account, clientId, origin }: Holding): TokenPlace {
  const { id, targetId, owner, issuer } = account;
  return { id, targetId, ownerId: ownerIdOf(owner), origin, issuer, clientId };
}

export function toAccount(row: AccountRow): Account {
  return Object.freeze<Account>({
    id: row.id,
    targetId: row.target_id,
    owner: toOwner(row.owner_id),
    kind: row.kind,
    issuer: row.issuer ?? undefined,
    scopes: row.scopes,
    wantedScopes: row.wanted_scopes,
    state: row.state,
    reason: row.reason ?? undefined,
    failure: toFailure(row),
    isRenewable: row.is_renewable,
    expiresAt: row.expires_at ?? undefined,
    linkedBy: row.linked_by,
    linkedFrom: row.linked_from ?? undefined,
    linkedAt: row.linked_at,
    refreshedAt: row.refreshed_at ?? undefined,
    usedAt: row.used_at ?? undefined,
    link: row.link,
  });
}

function toFailure(row: AccountRow): Account["failure"] {
  const { failure_code: code, failure_message: message, failed_at: at, failed_times: times } = row;
  if (code === null || at === null) return undefined;
  return { code, message: message ?? "", at, times };
}

/** What the authorization server has to know; undefined: the account has nothing of it. */
export function heldGrant({ account, clientId, resource, tokens }: Holding): HeldGrant | undefined {
  if (tokens?.kind !== "oauth" || account.issuer === undefined || clientId === undefined) return undefined;
  const { accessToken, refreshToken } = tokens;
  return { issuer: account.issuer, clientId, resource, accessToken, refreshToken };
}

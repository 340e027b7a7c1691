/** What is secret of accounts, sealed in the rows of `linked_accounts` and `account_endings`. */
import type { Id } from "@castellan/kernel";
import { defineSealedColumn, vaultFaults, type SealedContext, type Vault } from "@castellan/vault";
import type { AccountTokens } from "../account.ts";
import type { HeldGrant, OAuthTarget } from "../oauth/oauth.ts";

export const accountSealedColumns = [
  defineSealedColumn({ table: "linked_accounts", idColumn: "id", column: "sealed_tokens" }),
  defineSealedColumn({ table: "account_endings", idColumn: "id", column: "sealed_ending" }),
];

/** All that it takes to revoke tokens when account and target are gone. */
export interface Ending {
  readonly target: OAuthTarget;
  readonly ownerId: string;
  readonly held: HeldGrant;
}

/**
 * Whose tokens are and where they may go. It is sealed along with them: who can write to the database can neither have them
 * used by somebody else, nor sent to another server or authorization server.
 */
export interface TokenPlace {
  readonly id: Id<"account">;
  readonly targetId: string;
  readonly ownerId: string;
  readonly origin: string;
  readonly issuer: string | undefined;
  readonly clientId: string | undefined;
}

interface SealedTokens {
  readonly place: string;
  readonly tokens: AccountTokens;
}

export function sealTokens(vault: Vault, place: TokenPlace, tokens: AccountTokens): Buffer {
  const sealed: SealedTokens = { place: placeText(place), tokens };
  return vault.seal(JSON.stringify(sealed), tokensAt(place.id));
}

/** Throws what the vault throws. */
export function openTokens(vault: Vault, place: TokenPlace, sealed: Uint8Array): AccountTokens {
  const opened = JSON.parse(vault.open(sealed, tokensAt(place.id)).toString()) as SealedTokens;
  if (opened.place !== placeText(place))
    throw vaultFaults.fault(
      "vault_open_failed",
      `The tokens of linked account ${place.id} were given for another person, server or authorization server`,
    );
  const { tokens } = opened;
  if (tokens.kind === "key") return tokens;
  // JSON has no undefined.
  return { ...tokens, refreshToken: tokens.refreshToken, expiresAtMs: tokens.expiresAtMs };
}

export function sealEnding(vault: Vault, id: string, ending: Ending): Buffer {
  return vault.seal(JSON.stringify(ending), endingAt(id));
}

export function openEnding(vault: Vault, id: string, sealed: Uint8Array): Ending {
  return JSON.parse(vault.open(sealed, endingAt(id)).toString()) as Ending;
}

function placeText({ targetId, ownerId, origin, issuer, clientId }: TokenPlace): string {
  return JSON.stringify([targetId, ownerId, origin, issuer ?? null, clientId ?? null]);
}

function tokensAt(row: string): SealedContext {
  return { table: "linked_accounts", row, column: "sealed_tokens" };
}

function endingAt(row: string): SealedContext {
  return { table: "account_endings", row, column: "sealed_ending" };
}

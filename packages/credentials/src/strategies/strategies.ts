/** Every kind of auth with how it is met. A new kind is a row here, and its file. */
import type { Accounts } from "../accounts/accounts.ts";
import { knownAuth } from "../auth/known-auth.ts";
import type { KnownAuth } from "../auth/upstream-auth.ts";
import { clientCredentialsGrant } from "../grants/client-credentials.ts";
import type { GrantedTokens } from "../grants/granted-tokens.ts";
import { idJagGrant } from "../grants/id-jag.ts";
import { tokenExchangeGrant } from "../grants/token-exchange.ts";
import type { Identity } from "../identity/identity.ts";
import type { OAuth } from "../oauth/oauth.ts";
import type { Owner } from "../owner.ts";
import type { RequestCredentials } from "../request-credentials.ts";
import type { Target } from "../target.ts";
import { ownAccount, sharedAccount } from "./accounts.ts";
import { basic, bearer, none } from "./fixed.ts";
import { assertedGrant, installationGrant } from "./grants.ts";
import { forwardedIdentity } from "./identity.ts";
import { ownKey } from "./own-key.ts";
import type { SecretRefused } from "./secret-refused.ts";
import type { KnownAs, Strategy } from "./strategy.ts";

export interface StrategyOptions {
  readonly accounts: Accounts;
  readonly oauth: OAuth;
  readonly identity: Identity;
  readonly tokens: GrantedTokens;
  readonly secretRefused: SecretRefused;
}

export interface Strategies {
  isOpenTo(target: Target, owner: Owner): boolean;
  /** Only of those whom it is open to; so is `of`. */
  knownAs(target: Target, owner: Owner): KnownAs;
  of(target: Target, owner: Owner): RequestCredentials;
  /** Whether there is something to be got ahead of a call. */
  needsPreparing(target: Target): boolean;
}

type Table = { readonly [Kind in KnownAuth["kind"]]: Strategy<Extract<KnownAuth, { kind: Kind }>> };

export function createStrategies(options: StrategyOptions): Strategies {
  const { accounts, oauth, identity, tokens, secretRefused } = options;
  const table: Table = {
    none,
    bearer: bearer(secretRefused),
    basic: basic(secretRefused),
    client_credentials: installationGrant(clientCredentialsGrant(oauth), tokens, secretRefused),
    shared_account: sharedAccount(accounts, oauth.forget),
    own_account: ownAccount(accounts, oauth.forget),
    own_key: ownKey(accounts, secretRefused),
    identity: forwardedIdentity(identity, secretRefused),
    token_exchange: assertedGrant(tokenExchangeGrant(oauth, identity), tokens, secretRefused),
    id_jag: assertedGrant(idJagGrant(oauth, identity), tokens, secretRefused),
  };
  /** A kind's own row takes its own auth, which a union cannot say. */
  const strategyOf = (auth: KnownAuth) => table[auth.kind] as Strategy<KnownAuth>;
  return {
    needsPreparing: (target) => strategyOf(knownAuth(target)).isMadeAnew !== true,
    isOpenTo: (target, owner) => {
      const auth = knownAuth(target);
      return strategyOf(auth).isOpenTo(owner, auth);
    },
    knownAs: (target, owner) => {
      const auth = knownAuth(target);
      return strategyOf(auth).knownAs(owner, auth);
    },
    of: (target, owner) => {
      const auth = knownAuth(target);
      return strategyOf(auth).of(target, owner, auth);
    },
  };
}

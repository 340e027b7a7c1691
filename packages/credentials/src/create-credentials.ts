import type { ChangeFeed, Database } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import type { Outbound } from "@castellan/web";
import type { AccountPeople, AccountsOptions } from "./accounts/accounts.ts";
import { createAccounts } from "./accounts/create-accounts.ts";
import type { Credentials } from "./credentials.ts";
import { credentialFaults } from "./faults.ts";
import { GrantedTokens } from "./grants/granted-tokens.ts";
import { createIdentity } from "./identity/identity.ts";
import { createIdentityKeys } from "./identity/keys.ts";
import { createLinks } from "./links/create-links.ts";
import { createOAuth } from "./oauth/create-oauth.ts";
import type { Owner } from "./owner.ts";
import type { RequestCredentials } from "./request-credentials.ts";
import { KnownIdentities } from "./strategies/known-identities.ts";
import { RefusedSecretStore, type RefusedSecretsOptions } from "./secrets/refused-secrets.ts";
import { createSecretRefused } from "./strategies/secret-refused.ts";
import { createStrategies } from "./strategies/strategies.ts";
import type { Target } from "./target.ts";

export interface CredentialsOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Listened to under `accounts`, `account_tokens`, `account_endings`, `links` and `users`. */
  readonly changes: ChangeFeed;
  /** The only way to authorization servers. */
  readonly outbound: Outbound;
  /** Without a path. */
  readonly publicUrl: URL;
  /** Names this replica in leases. */
  readonly replica: string;
  /** The target as it is now; one that is being removed is still found. Undefined: it is gone. */
  readonly targetOf: (id: string) => Target | undefined;
  readonly people: AccountPeople;
  /** Told of what fails beside requests; it goes on. */
  readonly onError: (error: unknown) => void;
  /** A shared account stopped working, within the transaction that says so; once until it works again. */
  readonly onSharedFailing?: AccountsOptions["onSharedFailing"];
  /**
   * What an admin gave for all (a token, a password, a client) is not taken, or our identity tokens are not: within the
   * transaction that says so, once until it works again.
   */
  readonly onSecretRefused?: RefusedSecretsOptions["onRefused"];
  /** Where our document for an issuer is, if not here: for tests against servers that expect it elsewhere. */
  readonly clientMetadataUrl?: (issuerKey: string) => string;
  /** Between 0 and 1, for spreading tries. Default `Math.random`. */
  readonly random?: () => number;
}

/** Begins to listen and to sweep, until it is disposed of. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { database, vault, clock, changes, outbound, publicUrl, replica } = options;
  const {
    targetOf,
    people,
    onError,
    onSharedFailing,
    onSecretRefused,
    clientMetadataUrl,
    random = Math.random,
  } = options;
  const owned = new AsyncDisposableStack();
  const oauth = createOAuth({ database, vault, clock, outbound, publicUrl, clientMetadataUrl });
  const accounts = owned.use(
    createAccounts({
      database,
      vault,
      clock,
      changes,
      replica,
      oauth,
      people,
      onError,
      random,
      targets: { find: targetOf },
      ...(onSharedFailing && { onSharedFailing }),
    }),
  );
  const links = owned.use(
    createLinks({ database, vault, clock, changes, accounts, oauth, targetOf, onError }),
  );
  const keys = createIdentityKeys({ database, vault, clock, onError });
  const identity = createIdentity({ keys, clock, publicUrl });
  const identities = owned.use(new KnownIdentities({ accounts, clock, onError }));
  const refusedSecrets = owned.use(
    new RefusedSecretStore({ database, vault, clock, onError, onRefused: onSecretRefused }),
  );
  const strategies = createStrategies({
    accounts,
    oauth,
    identity,
    tokens: owned.use(new GrantedTokens({ clock, random, onError })),
    secretRefused: createSecretRefused(clock, (target, by) => refusedSecrets.note(target, by)),
  });

  const of = (target: Target, owner: Owner): RequestCredentials =>
    strategies.isOpenTo(target, owner) ? strategies.of(target, owner) : closed(target);

  return {
    accounts,
    links,
    oauth,
    identity,
    refusedSecrets,
    of,
    prepare: async (target, owner, signal) => {
      const isReady = strategies.isOpenTo(target, owner) && !strategies.needsPreparing(target);
      if (!isReady) await of(target, owner).headers({}, signal);
    },
    identityOf: async (target, owner) => {
      if (!strategies.isOpenTo(target, owner)) return "nobody";
      const known = strategies.knownAs(target, owner);
      return known.kind === "named" ? known.name : identities.identityOf(target.id, known.owner);
    },
    accountOf: async (target, owner) => {
      const known = strategies.isOpenTo(target, owner) ? strategies.knownAs(target, owner) : undefined;
      return known?.kind === "account" ? (await accounts.find(target.id, known.owner))?.id : undefined;
    },
    isOpenTo: (target, owner) => strategies.isOpenTo(target, owner),
    onChange: (listener) => identities.on(listener),
    asksForOAuth: async (target, challenge, signal) =>
      (await oauth.discover(target, challenge, signal)).asksForOAuth,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function closed({ slug, title }: Target): RequestCredentials {
  const refuse = () =>
    credentialFaults.fault("credentials_person_only", `${title} is used with each person's own account`, {
      data: { server: slug },
    });
  return {
    headers: () => Promise.reject(refuse()),
    refused: () => Promise.reject(refuse()),
  };
}

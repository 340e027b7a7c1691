/** Accounts over real tables and a real token endpoint, on as many replicas as a test wants, and a clock that is moved. */
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock, type Id, type ManualClock } from "@castellan/kernel";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { accountsTopic, type Account, type AccountOwner } from "../../account.ts";
import { credentialMigrations } from "../../migrations.ts";
import { createClientStore } from "../../oauth/client-store.ts";
import { createOAuth } from "../../oauth/create-oauth.ts";
import type { Target } from "../../target.ts";
import type { Accounts, AccountsOptions, NewAccount } from "../accounts.ts";
import { createAccounts } from "../create-accounts.ts";
import { accountEndingsTopic, accountTokensTopic } from "../ground.ts";
import { startTokenServer, type IssuedTokens, type TokenServer } from "./token-server.ts";

export interface Town extends AsyncDisposable {
  readonly accounts: Accounts;
  readonly database: Database;
  readonly vault: Vault;
  readonly changes: ChangeFeed;
  readonly clock: ManualClock;
  readonly server: TokenServer;
  readonly errors: unknown[];
  /** Shared accounts of which it was told that they stopped working. */
  readonly failing: Account[];
  /** As it is configured; a test may replace it. */
  readonly targets: Map<string, Target>;
  readonly target: Target;
  /** The client that is a document of this installation's (CIMD). */
  readonly publishedClient: string;
  /** Everybody who is active. */
  readonly people: Set<string>;
  person(): AccountOwner & { readonly kind: "person" };
  /** Links an account with a new grant, and gives its tokens too. */
  link(owner: AccountOwner, more?: Partial<NewAccount>): Promise<{ account: Account; tokens: IssuedTokens }>;
  /** Resolves once that holds; looked at again with each change that is told. */
  until(holds: () => Promise<boolean>): Promise<void>;
  /** Another replica. */
  replica(options?: Partial<AccountsOptions>): Promise<Replica>;
}

export interface Replica {
  readonly accounts: Accounts & AsyncDisposable;
  readonly changes: ChangeFeed;
}

export const anHourMs = 3_600_000;

/** The client that the target's admin gave, and one by which this installation registered itself. */
export const givenClient = "given";
export const registeredClient = "registered";

const topics = [accountsTopic, accountTokensTopic, accountEndingsTopic];

/** Nothing is found by looking now and then, unless a test says so: it is told. */
export async function openTown(options: Partial<AccountsOptions> = {}): Promise<Town> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, credentialMigrations]));
  const server = opened.use(await startTokenServer());
  const outbound = opened.use(createOutbound());
  const replicas = opened.use(new AsyncDisposableStack());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const clock = createManualClock();
  const errors: unknown[] = [];
  const failing: Account[] = [];
  const people = new Set<string>();
  const target: Target = {
    id: createId("server"),
    slug: "crm",
    title: "CRM",
    url: "https://crm.example/mcp",
    allowPrivate: ["127.0.0.1"],
    auth: { kind: "own_account", issuer: server.issuer, client: { id: givenClient, authMethod: "none" } },
    secrets: {},
    asksForOAuth: true,
  };
  const targets = new Map([[target.id, target]]);
  const publicUrl = new URL("http://127.0.0.1:9");
  const oauth = createOAuth({ database, vault, clock, outbound, publicUrl });
  await createClientStore({ database, vault, now: () => clock.now() }).add({
    issuer: server.issuer,
    redirectUri: publicUrl.href,
    clientId: registeredClient,
    method: "none",
    secret: undefined,
    expiresAt: undefined,
  });
  const openReplica = async (more: Partial<AccountsOptions> = {}): Promise<Replica> => {
    const changes = replicas.use(
      await createChangeFeed({ database, onError: (error) => errors.push(error) }),
    );
    // What the feed knew nothing of before is told with its first turn.
    await changes.flush();
    const accounts = createAccounts({
      database,
      vault,
      clock,
      changes,
      oauth,
      replica: createId("replica"),
      targets: { find: (id) => targets.get(id) },
      people: { activeAmong: async (ids) => new Set(ids.filter((id) => people.has(id))) },
      onSharedFailing: async (_, account) => void failing.push(account),
      onError: (error) => errors.push(error),
      random: () => 1,
      sweepEveryMs: anHourMs,
      pollEveryMs: anHourMs,
      ...options,
      ...more,
    });
    return { accounts: replicas.use(accounts), changes };
  };
  const { accounts, changes } = await openReplica();
  const owned = opened.move();
  return {
    accounts,
    database,
    vault,
    changes,
    clock,
    server,
    errors,
    failing,
    targets,
    target,
    publishedClient: oauth.clientMetadataUrl(server.issuer),
    people,
    person: () => {
      const id: Id<"user"> = createId("user");
      people.add(id);
      return { kind: "person", id };
    },
    link: async (owner, more = {}) => {
      const tokens = server.grant();
      const added: NewAccount = {
        target,
        owner,
        tokens: { kind: "oauth", ...tokens, expiresAtMs: clock.now() + anHourMs },
        issuer: server.issuer,
        clientId: givenClient,
        resource: target.url,
        scopes: ["notes:read"],
        linkedBy: "Ada",
        linkedFrom: "A client",
        ...more,
      };
      const account = await database.transaction((tx) => accounts.link(tx, added));
      await changes.flush();
      return { account, tokens };
    },
    until: async (holds) => {
      for (;;) {
        const { promise: told, resolve } = Promise.withResolvers<void>();
        const stops = topics.map((topic) => changes.on(topic, () => resolve()));
        try {
          if (await holds()) return;
          await told;
        } finally {
          for (const stop of stops) stop();
        }
      }
    },
    replica: openReplica,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A feed that tells nothing. */
export function deafFeed(isFresh: () => boolean = () => true): ChangeFeed {
  return { isFresh, on: () => () => {}, flush: async () => {}, [Symbol.asyncDispose]: async () => {} };
}

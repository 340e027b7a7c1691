/**
 * Portals over real PostgreSQL and a real socket, put together from the packages themselves, so that a
 * test may hold the parts that an operator only sees from outside: sessions, the clock, the catalog.
 */
import { randomBytes } from "node:crypto";
import {
  accessMigrations,
  createAuthenticator,
  createStandings,
  createToken,
  toolClasses,
} from "@castellan/access";
import { approvalMigrations, createApprovals, type Approvals, type Person } from "@castellan/approvals";
import { auditMigrations, createAuditLog, type RecordedCall } from "@castellan/audit";
import {
  ListWatches,
  callMigrations,
  createCallLimiter,
  createCallPolicy,
  createCatalog,
  createCircuits,
  createConversations,
  createDefinitionStore,
  createLinePool,
  createRequestStates,
  createServerStore,
  createSyncer,
  createUpstreams,
  definitionKinds,
  type CallLimits,
  type Naming,
  type NewServer,
  type StoredServer,
} from "@castellan/calls";
import { withoutCredentials, withoutLinks } from "@castellan/calls/testing";
import { accountKey, type Account } from "@castellan/credentials";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import {
  createId,
  createManualClock,
  parseSlug,
  systemClock,
  type Fault,
  type ManualClock,
} from "@castellan/kernel";
import { createRateLimiter, limitMigrations } from "@castellan/limits";
import { defaultUpstreamLimits, type UpstreamLimits } from "@castellan/mcp";
import {
  ResumableStreams,
  SessionRegistry,
  Subscriptions,
  UnderWay,
  createAccountsOfPeople,
  createAddresses,
  createChoices,
  createDoor,
  createPortalDirectory,
  createPortalEndpoint,
  createPortalStore,
  createResourceMetadata,
  followChanges,
  mountPortals,
  portalMigrations,
  serveResumptions,
  type Choices,
  type CodemodePort,
  type PortalDirectory,
  type PortalStore,
  type ReplayLimits,
  type SessionLimits,
} from "@castellan/portal";
import { compilePolicies, type Connection, type Rule } from "@castellan/policy";
import { createRemoteStreams, createReplicas, replicaMigrations, type Replicas } from "@castellan/replicas";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { createOutbound, createWebApp, startHttpServer, type HttpServer } from "@castellan/web";

export interface Portals extends AsyncDisposable {
  readonly server: HttpServer;
  readonly database: Database;
  readonly vault: Vault;
  readonly replicas: Replicas;
  readonly resumable: ResumableStreams;
  readonly sessions: SessionRegistry;
  /** Of the sessions in memory and of their streams; it stands still until it is moved. */
  readonly clock: ManualClock;
  /** Of the servers' circuit breakers; it stands still until it is moved. */
  readonly circuitClock: ManualClock;
  readonly directory: PortalDirectory;
  readonly portals: PortalStore;
  readonly approvals: Approvals;
  readonly choices: Choices;
  /** Of people, by their keys; none at first. */
  readonly accounts: Map<string, Account>;
  /** Who decides on what is asked; nobody at first. */
  readonly staff: Set<Person>;
  /** Puts these rules in force here; there are none at first. */
  setRules(...rules: readonly Rule[]): void;
  /** How requests reach this replica; all alike. */
  connection: Connection;
  /** Faults of this house, which no test should leave behind unnoticed. */
  readonly faults: readonly Fault[];
  /** Errors that escaped an answer. */
  readonly errors: readonly unknown[];
  readonly refused: readonly { address: string; code: string }[];
  /** Ids of servers that failed calls, each as often as it did. */
  readonly failedServers: readonly string[];
  /**
   * Registers a server whose definitions need no approval, or reads an old one's lists again; everyone here
   * knows of it then.
   */
  sync(slug: string, url?: string, more?: Partial<NewServer>): Promise<StoredServer>;
  removeServer(slug: string): Promise<void>;
  /** Makes a portal, and a token for it. */
  open(slug: string, servers: readonly string[], naming?: Naming): Promise<{ url: string; token: string }>;
  token(...portals: string[]): Promise<string>;
  /** Waits until what was committed is in effect. */
  flush(): Promise<void>;
  /** The record, oldest first. */
  records(): Promise<RecordedCall[]>;
}

const migrations = [
  changeMigrations,
  replicaMigrations,
  accessMigrations,
  auditMigrations,
  callMigrations,
  portalMigrations,
  limitMigrations,
  approvalMigrations,
];

export interface OpenOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly upstream?: Partial<UpstreamLimits>;
  readonly replay?: Partial<ReplayLimits>;
  readonly stallMs?: number;
  /** What reading the lists of a server may take. Default 10 seconds. */
  readonly syncTimeoutMs?: number;
  /** Limits of each person over all servers. */
  readonly perPerson?: CallLimits;
  /** What runs code. Default: nothing. */
  readonly codemode?: CodemodePort;
  /** One more replica of these: the same database and keys. */
  readonly beside?: Portals;
}

export async function openPortals(options: OpenOptions = {}): Promise<Portals> {
  await using opened = new AsyncDisposableStack();
  const identity = { name: "castellan", version: "1.2.3" };
  const clock = createManualClock();
  const [faults, errors, refused]: [Fault[], unknown[], { address: string; code: string }[]] = [[], [], []];
  const failedServers: string[] = [];
  const onError = (error: unknown) => errors.push(error);
  const database = options.beside?.database ?? opened.use(await createTestDatabase(migrations));
  const vault =
    options.beside?.vault ?? createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const changes = opened.use(await createChangeFeed({ database }));
  const replicas = opened.use(await createReplicas({ database, vault, clock: systemClock, onError }));
  const remote = opened.use(createRemoteStreams({ replicas, onError }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock: systemClock }));
  const standings = opened.use(createStandings({ database, feed: changes, clock: systemClock }));
  const audit = opened.use(createAuditLog({ database, mac: (data) => vault.mac("audit", data) }));
  const outbound = opened.use(createOutbound());
  const servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  const limits = { ...defaultUpstreamLimits, discoverTimeoutMs: 1_000, ...options.upstream };
  const upstreams = opened.use(
    createUpstreams({ catalog, outbound, credentials: withoutCredentials, identity, limits }),
  );
  const syncer = createSyncer({
    servers,
    definitions,
    upstreams,
    identity,
    clock: systemClock,
    timeoutMs: options.syncTimeoutMs ?? 10_000,
  });
  const portals = createPortalStore(database);
  const directory = opened.use(
    await createPortalDirectory({ portals, catalog, changes, clock: systemClock }),
  );
  const lists = opened.use(
    new ListWatches({
      catalog,
      upstreams,
      clientInfo: JSON.stringify(identity),
      onListChanged: () => undefined,
      onError,
    }),
  );
  const circuitClock = createManualClock();
  const rates = opened.use(createRateLimiter({ database, clock: systemClock, onError }));
  const sessions = opened.use(
    new SessionRegistry({
      database,
      vault,
      changes,
      replicas,
      catalog,
      directory,
      upstreams,
      lists,
      hearing: { audit, clock: systemClock, replica: replicas.id },
      clock,
      onError,
      limits: options.limits ?? {},
    }),
  );
  const resumable = opened.use(
    new ResumableStreams({ vault, clock, replica: replicas.id, limits: options.replay }),
  );
  opened.use(serveResumptions(remote, resumable));
  const subscriptions = new Subscriptions();
  const choices = opened.use(createChoices({ database, changes, clock: systemClock, onError }));
  const accounts = new Map<string, Account>();
  const findAccount = (targetId: string, owner: Account["owner"]) =>
    Promise.resolve(accounts.get(accountKey(targetId, owner)));
  opened.use(followChanges({ directory, sessions, subscriptions, choices, onError }));

  let policies = compilePolicies([]);
  const followers = new Set<() => void>();
  const policy = createCallPolicy({ current: () => policies });
  const staff = options.beside?.staff ?? new Set<Person>();
  const approvals = opened.use(
    createApprovals({
      database,
      vault,
      clock: systemClock,
      changes,
      people: {
        person: async (_, id) => [...staff].find((one) => one.id === id),
        deciders: async (_, { groups = [], people = [] }) =>
          [...staff].filter(
            (one) => people.includes(one.email) || one.groups.some((group) => groups.includes(group)),
          ),
      },
      onError,
    }),
  );
  const way: { connection: Connection } = {
    connection: { address: "127.0.0.1", country: "ZZ", certificate: undefined, postures: {} },
  };

  const door = createDoor({ authenticator, standings, directory, changes, rates });
  const underWay = opened.use(
    new UnderWay({
      door,
      directory,
      changes,
      policy,
      policies: {
        onChange(listener) {
          followers.add(listener);
          return () => followers.delete(listener);
        },
      },
      clock: systemClock,
    }),
  );
  const addresses = createAddresses({ publicUrl: "http://127.0.0.1", directory });
  const isOwnHost = (host: string) => directory.findByHost(host) !== undefined;
  const app = createWebApp({ publicUrl: "http://127.0.0.1", isLoopback: true, isOwnHost, onError });
  mountPortals(
    app,
    createPortalEndpoint({
      policy,
      credentials: withoutCredentials,
      links: withoutLinks,
      approvals: { ...approvals, pageOf: (id) => `http://127.0.0.1/approvals/${id}` },
      connectionOf: () => way.connection,
      door,
      addresses,
      underWay,
      limiter: createCallLimiter({
        rates,
        livingReplicas: () => replicas.living,
        ...(options.perPerson && { perPerson: options.perPerson }),
      }),
      circuits: opened.use(createCircuits({ catalog, clock: circuitClock })),
      directory,
      sessions,
      subscriptions,
      people: {
        choices,
        accounts: createAccountsOfPeople({ find: findAccount }),
        pageOfServers: "http://127.0.0.1/links",
      },
      upstreams,
      identity,
      audit,
      clock: systemClock,
      replica: replicas.id,
      replicas,
      remote,
      resumable,
      vault,
      mac: (purpose, data) => vault.mac(purpose, data),
      lists,
      lines: opened.use(createLinePool({ upstreams, catalog })),
      conversations: opened.use(
        createConversations({ replicas, streams: remote, maxMessageBytes: limits.maxMessageBytes }),
      ),
      states: createRequestStates({ vault, clock: systemClock }),
      onError,
      onServerFailed: (serverId) => failedServers.push(serverId),
      codemode: options.codemode,
      ...(options.stallMs !== undefined && { stallMs: options.stallMs }),
      maxBodyBytes: 4 * 1024 * 1024,
      onFault: (fault) => faults.push(fault),
      onRefused: (one) => refused.push(one),
    }),
  );
  app.route("/", createResourceMetadata({ addresses, issuer: "http://127.0.0.1/oauth" }));
  const server = opened.use(await startHttpServer({ app, host: "127.0.0.1", port: 0, onError }));
  const owned = opened.move();

  const token = async (...slugs: string[]) => {
    const input = {
      name: createId("token"),
      role: "member",
      portals: slugs,
      allow: toolClasses,
      createdBy: "test",
    } as const;
    return (await createToken(database, input, Date.now())).secret;
  };

  return {
    server,
    database,
    vault,
    replicas,
    resumable,
    sessions,
    clock,
    circuitClock,
    directory,
    portals,
    approvals,
    choices,
    accounts,
    staff,
    setRules(...rules) {
      policies = compilePolicies(rules, { nowMs: Date.now() });
      for (const follower of followers) follower();
    },
    get connection() {
      return way.connection;
    },
    set connection(connection) {
      way.connection = connection;
    },
    faults,
    errors,
    refused,
    failedServers,
    token,
    flush: () => changes.flush(),
    async sync(slug, url, more = {}) {
      if (url !== undefined)
        await servers.add({
          slug: parseSlug(slug, "slug"),
          title: `The ${slug} server`,
          url: new URL(url),
          headers: { authorization: "Bearer of-the-house" },
          allowPrivate: ["127.0.0.1"],
          autoAccept: definitionKinds,
          ...more,
        });
      const synced = await syncer.sync(slug, new AbortController().signal);
      await changes.flush();
      return synced;
    },
    async removeServer(slug) {
      await servers.remove(slug);
      await changes.flush();
    },
    async open(slug, of, naming = "prefixed") {
      await portals.add({ slug: parseSlug(slug, "slug"), title: `Portal ${slug}`, naming, servers: of });
      const secret = await token(slug);
      await changes.flush();
      return { url: `${server.url}/p/${slug}/mcp`, token: secret };
    },
    async records() {
      const rows = await audit.list({ limit: 500 });
      return rows.calls.toReversed();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

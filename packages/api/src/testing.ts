/**
 * The API in front of real parts on a database of its own: for this package's tests, and for those of
 * its clients.
 */
import { randomBytes } from "node:crypto";
import {
  accessMigrations,
  activeAmong,
  addAccessToken,
  addGrant,
  createAuthenticator,
  createCheckedIssuers,
  createPeople,
  createSignInSessions,
  createToken,
  findActivePerson,
  findDeciders,
  generateSecret,
  hashSecret,
  type People,
  type SignInSessions,
  type TokenInput,
} from "@castellan/access";
import { approvalMigrations, createApprovals, type Approvals } from "@castellan/approvals";
import { auditMigrations, createAuditLog, type AuditLog } from "@castellan/audit";
import {
  callMigrations,
  createCatalog,
  createCircuits,
  createSyncer,
  createUpstreams,
  targetOf,
} from "@castellan/calls";
import { plainConnection, withoutRules } from "@castellan/calls/testing";
import { codemodeMigrations } from "@castellan/codemode";
import { createTestRuns, type TestRuns } from "@castellan/codemode/testing";
import {
  configurationMigrations,
  createConfiguration,
  createStores,
  type StoresOptions,
} from "@castellan/configuration";
import {
  createCredentials,
  credentialMigrations,
  type Account,
  type AccountOwner,
  type Credentials,
} from "@castellan/credentials";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock, type Clock, type Id } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createNotices, noticeMigrations, type Notices, type WebhookStore } from "@castellan/notices";
import { oauthMigrations, type ClientStore } from "@castellan/oauth";
import { createApiDocuments, openapiMigrations } from "@castellan/openapi";
import { createCheckedEvaluators, policyMigrations } from "@castellan/policy";
import { createPortalDirectory, portalMigrations } from "@castellan/portal";
import { createCheckedProviders, signInMigrations } from "@castellan/sign-in";
import { createVault, generateMasterKey, vaultMigrations } from "@castellan/vault";
import { createOutbound, createWebApp } from "@castellan/web";
import type { Hono } from "hono";
import { createApi } from "./api.ts";
import { apiMigrations } from "./migrations.ts";

export type { TestRun } from "@castellan/codemode/testing";
export { startCompanyIdp, type CompanyIdp } from "@castellan/access/testing";
export { startTestUpstream, type TestUpstream } from "./testing/upstream.ts";

export interface LetInOptions {
  /** Absent: the API. */
  readonly portal?: string;
  readonly scopes?: readonly string[];
}

export interface ClientOfUser {
  /** What the client sends as bearer token. */
  readonly secret: string;
  readonly grantId: Id<"grant">;
  readonly sessionId: Id<"signIn">;
}

export interface TestApi extends AsyncDisposable {
  /** The whole application, the API mounted at `/api/v1`. */
  readonly app: Hono;
  readonly database: Database;
  readonly audit: AuditLog;
  readonly people: People;
  readonly signInSessions: SignInSessions;
  readonly clients: ClientStore;
  readonly approvals: Approvals;
  readonly runs: TestRuns;
  readonly credentials: Credentials;
  readonly webhooks: WebhookStore;
  readonly notices: Notices;
  /** Ids of servers whose sync was asked for and that nobody waits for. */
  readonly requestedSyncs: readonly string[];
  /** What was answered with 500. */
  readonly errors: unknown[];
  /** Makes a token and returns its secret. Default: an admin's, for no portal. */
  createToken(input: Partial<TokenInput>): Promise<string>;
  /** What somebody has after they let a client in to the API. */
  letClientIn(userId: Id<"user">, options?: LetInOptions): Promise<ClientOfUser>;
  /** What somebody has after they signed in at the server of this slug. */
  linkAccount(slug: string, owner: AccountOwner): Promise<Account>;
}

const migrations = [
  changeMigrations,
  vaultMigrations,
  accessMigrations,
  oauthMigrations,
  signInMigrations,
  auditMigrations,
  credentialMigrations,
  callMigrations,
  openapiMigrations,
  portalMigrations,
  policyMigrations,
  approvalMigrations,
  codemodeMigrations,
  noticeMigrations,
  configurationMigrations,
  apiMigrations,
];

export const testVersion = "1.2.3";

export async function createTestApi(): Promise<TestApi> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const database = opened.use(await createTestDatabase(migrations));
  const changes = opened.use(await createChangeFeed({ database }));
  const outbound = opened.use(createOutbound());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const accounts: StoresOptions["accounts"] = {
    forgetTarget: (tx, id, whose) => credentials.accounts.forgetTarget(tx, id, whose),
  };
  const storesOn = (on: Database) =>
    createStores(on, { vault, clock, knowsCountries: true, checksCertificates: true, accounts });
  const { hooks, definitions, ...stores } = storesOn(database);
  const { servers, portals, clients, webhooks } = stores;
  const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const replica = createId("replica");
  const credentials = opened.use(
    createCredentials({
      database,
      vault,
      clock,
      changes,
      outbound,
      replica,
      onError,
      publicUrl: new URL("http://localhost"),
      targetOf: (id) => {
        const server = catalog.findById(id);
        return server && targetOf(server);
      },
      people: { activeAmong: (ids) => activeAmong(database, ids) },
    }),
  );
  const directory = opened.use(await createPortalDirectory({ portals, catalog, changes, clock }));
  const identity = { name: "castellan", version: testVersion };
  const runs = createTestRuns({ database, vault, clock });
  const requested: string[] = [];
  const requestSync = (serverId: string) => void requested.push(serverId);
  const apiDocuments = opened.use(
    createApiDocuments({
      database,
      servers,
      catalog,
      outbound,
      changes,
      clock,
      identity,
      onChanged: requestSync,
      onError,
    }),
  );
  const upstreams = opened.use(
    createUpstreams({
      catalog,
      outbound,
      credentials,
      identity,
      limits: defaultUpstreamLimits,
      localServers: (server, listed) => apiDocuments.serverOf(server, listed),
    }),
  );
  const audit = opened.use(createAuditLog({ database, mac: (data) => vault.mac("audit", data) }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock }));
  const people = createPeople({ database, clock });
  const signInSessions = createSignInSessions({ database, clock });
  const notices = opened.use(createNotices({ database, vault, clock, changes, outbound, onError }));
  const deciders = { person: findActivePerson, deciders: findDeciders };
  const approvals = opened.use(
    createApprovals({ database, vault, clock, changes, people: deciders, onError }),
  );
  const app = createWebApp({
    publicUrl: "http://localhost",
    isLoopback: true,
    onError: (error) => errors.push(error),
  });
  const api = createApi({
    authenticate: (bearer) => authenticator.authenticate(bearer, { kind: "api" }),
    ...stores,
    catalog,
    circuits: opened.use(createCircuits({ catalog, clock })),
    syncer: createSyncer({ servers, definitions, upstreams, identity, clock, timeoutMs: 5_000 }),
    configuration: createConfiguration({ database, vault, outbound, documents: apiDocuments, storesOn }),
    requestSync,
    apiDocuments,
    accounts: credentials.accounts,
    refusedSecrets: credentials.refusedSecrets,
    links: credentials.links,
    oauthClient: credentials.oauth,
    openPortals: () => directory.list(),
    countryOf: () => "ZZ",
    policy: withoutRules,
    connectionOf: () => plainConnection,
    evaluators: createCheckedEvaluators({ database, outbound, clock }),
    audit,
    people,
    providers: createCheckedProviders({ database, vault, outbound, clock, ...hooks.providers }),
    trustedIssuers: createCheckedIssuers({ database, outbound, clock, ...hooks.trustedIssuers }),
    signInSessions,
    approvals,
    runs,
    notices,
    database,
    changes,
    outbound,
    vault,
    clock,
    publicUrl: "http://localhost",
    version: testVersion,
    replica,
  });
  app.route("/api/v1", api);
  const owned = opened.move();
  return {
    app,
    database,
    audit,
    people,
    signInSessions,
    clients,
    approvals,
    runs,
    credentials,
    webhooks,
    notices,
    errors,
    requestedSyncs: requested,
    createToken: async (input) => {
      const defaults = {
        name: `token ${createId("token")}`,
        role: "admin",
        portals: [],
        createdBy: "test",
      } as const;
      return (await createToken(database, { ...defaults, ...input }, clock.now())).secret;
    },
    async linkAccount(slug, owner) {
      const known = catalog.find(slug);
      if (!known) throw new Error(`There is no server ${slug}`);
      const account = await database.transaction((tx) =>
        credentials.accounts.link(tx, {
          target: targetOf(known),
          owner,
          tokens: {
            kind: "oauth",
            accessToken: "s3cret-access",
            refreshToken: "s3cret-refresh",
            expiresAtMs: undefined,
          },
          issuer: "https://login.example",
          clientId: "us",
          scopes: ["mail:read"],
          linkedBy: "Ada",
          linkedFrom: "A client",
        }),
      );
      await changes.flush();
      return account;
    },
    letClientIn: (userId, options) => letClientIn({ database, signInSessions, clock }, userId, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** As the authorization server does it, past its pages. */
async function letClientIn(
  { database, signInSessions, clock }: { database: Database; signInSessions: SignInSessions; clock: Clock },
  userId: Id<"user">,
  { portal, scopes = ["api"] }: LetInOptions = {},
): Promise<ClientOfUser> {
  const { session } = await signInSessions.begin({
    user: { id: userId },
    provider: "local",
    amr: ["pwd", "otp"],
    address: "192.0.2.1",
    userAgent: "a browser",
    lifetimeMs: 3_600_000,
  });
  const createdAt = new Date(clock.now());
  const expiresAt = new Date(clock.now() + 900_000);
  const client = { clientId: "https://client.example/id.json", portal, scopes, createdAt, expiresAt };
  const named = { ...client, clientName: "A client", userId, signInId: session.id };
  const { id: grantId } = await addGrant(database, named);
  const secret = generateSecret("access");
  await addAccessToken(database, { ...client, hash: hashSecret(secret), grantId, refreshHash: undefined });
  return { secret, grantId, sessionId: session.id };
}

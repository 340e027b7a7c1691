/**
 * The API in front of real parts on a database of its own: for this package's tests, and for those of
 * its clients.
 */
import { randomBytes } from "node:crypto";
import { accessMigrations, createAuthenticator, createToken, type TokenInput } from "@castellan/access";
import { auditMigrations, createAuditLog, type AuditLog } from "@castellan/audit";
import {
  callMigrations,
  createCatalog,
  createCircuits,
  createDefinitionReviews,
  createDefinitionStore,
  createServerStore,
  createSyncer,
  createUpstreams,
} from "@castellan/calls";
import { createConfiguration } from "@castellan/configuration";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createPortalDirectory, createPortalStore, portalMigrations } from "@castellan/portal";
import { createVault, generateMasterKey, vaultMigrations } from "@castellan/vault";
import { createOutbound, createWebApp } from "@castellan/web";
import type { Hono } from "hono";
import { createApi } from "./api.ts";
import { apiMigrations } from "./migrations.ts";

export { startTestUpstream, type TestUpstream } from "./testing/upstream.ts";

export interface TestApi extends AsyncDisposable {
  /** The whole application, the API mounted at `/api/v1`. */
  readonly app: Hono;
  readonly database: Database;
  readonly audit: AuditLog;
  /** Ids of servers whose sync was asked for and that nobody waits for. */
  readonly requestedSyncs: readonly string[];
  /** What was answered with 500. */
  readonly errors: unknown[];
  /** Makes a token and returns its secret. */
  createToken(input: Partial<TokenInput>): Promise<string>;
}

const migrations = [
  changeMigrations,
  vaultMigrations,
  accessMigrations,
  auditMigrations,
  callMigrations,
  portalMigrations,
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
  const portals = createPortalStore(database);
  const onRenamed = portals.renameCuration;
  const servers = createServerStore({ database, vault, onRenamed });
  const definitions = createDefinitionStore(database, { onRenamed });
  const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  const directory = opened.use(await createPortalDirectory({ portals, catalog, changes }));
  const identity = { name: "castellan", version: testVersion };
  const upstreams = opened.use(
    createUpstreams({ catalog, outbound, identity, limits: defaultUpstreamLimits }),
  );
  const audit = opened.use(createAuditLog({ database, mac: (data) => vault.mac("audit", data) }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock }));
  const errors: unknown[] = [];
  const requested: string[] = [];
  const app = createWebApp({
    publicUrl: "http://localhost",
    isLoopback: true,
    onError: (error) => errors.push(error),
  });
  const api = createApi({
    authenticate: (bearer) => authenticator.authenticate(bearer),
    servers,
    catalog,
    circuits: opened.use(createCircuits({ catalog, clock })),
    syncer: createSyncer({ servers, definitions, upstreams, identity, clock, timeoutMs: 5_000 }),
    reviews: createDefinitionReviews({ database, onRenamed }),
    portals,
    configuration: createConfiguration({
      database,
      vault,
      outbound,
      storesOn: (on) => ({
        servers: createServerStore({ database: on, vault }),
        portals: createPortalStore(on),
        reviews: createDefinitionReviews({ database: on }),
      }),
    }),
    requestSync: (serverId) => {
      requested.push(serverId);
    },
    openPortals: () => directory.list(),
    audit,
    database,
    changes,
    outbound,
    vault,
    clock,
    publicUrl: "http://localhost",
    version: testVersion,
    replica: createId("replica"),
  });
  app.route("/api/v1", api);
  const owned = opened.move();
  return {
    app,
    database,
    audit,
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
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

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
  createDefinitionStore,
  createServerStore,
  createSyncer,
  createUpstreams,
} from "@castellan/calls";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, systemClock } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createPortalStore, portalMigrations } from "@castellan/portal";
import { createVault, generateMasterKey, vaultMigrations } from "@castellan/vault";
import { createOutbound, createWebApp } from "@castellan/web";
import type { Hono } from "hono";
import { createApi } from "./api.ts";

export { startTestUpstream, type TestUpstream } from "./testing/upstream.ts";

export interface TestApi extends AsyncDisposable {
  /** The whole application, the API mounted at `/api/v1`. */
  readonly app: Hono;
  readonly database: Database;
  readonly audit: AuditLog;
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
];

export const testVersion = "1.2.3";

export async function createTestApi(): Promise<TestApi> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const database = opened.use(await createTestDatabase(migrations));
  const changes = opened.use(await createChangeFeed({ database }));
  const outbound = opened.use(createOutbound());
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  const identity = { name: "castellan", version: testVersion };
  const upstreams = opened.use(
    createUpstreams({ catalog, outbound, identity, limits: defaultUpstreamLimits }),
  );
  const audit = opened.use(createAuditLog({ database, mac: (data) => vault.mac("audit", data) }));
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock }));
  const errors: unknown[] = [];
  const app = createWebApp({
    publicUrl: "http://localhost",
    isLoopback: true,
    onError: (error) => errors.push(error),
  });
  const api = createApi({
    authenticate: (bearer) => authenticator.authenticate(bearer),
    servers,
    catalog,
    syncer: createSyncer({ servers, definitions, upstreams, identity, clock, timeoutMs: 5_000 }),
    portals: createPortalStore(database),
    audit,
    database,
    changes,
    outbound,
    clock,
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

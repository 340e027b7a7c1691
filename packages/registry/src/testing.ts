/** For this package's tests: a registry over real stores on a database of its own. */
import { randomBytes } from "node:crypto";
import { accessMigrations, createAuthenticator, createToken, toolClasses } from "@castellan/access";
import {
  callMigrations,
  createCatalog,
  createDefinitionStore,
  createServerStore,
  type DefinitionStore,
  type NewServer,
  type ServerStore,
} from "@castellan/calls";
import { findings, newServer, plainConnection, withoutRules } from "@castellan/calls/testing";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, parseSlug, systemClock } from "@castellan/kernel";
import {
  createPortalDirectory,
  createPortalStore,
  portalMigrations,
  type NewPortal,
  type PortalStore,
} from "@castellan/portal";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createWebApp } from "@castellan/web";
import type { Hono } from "hono";
import { createRegistry } from "./registry.ts";

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** As it came. */
  readonly text: string;
  readonly body: unknown;
}

export interface TestRegistry extends AsyncDisposable {
  /** The whole application. */
  readonly app: Hono;
  readonly database: Database;
  readonly servers: ServerStore;
  readonly definitions: DefinitionStore;
  readonly portals: PortalStore;
  /** A request for what is below `/v0.1`; then everything that was stored is known. */
  ask(
    path: string,
    init?: { token?: string; method?: string; headers?: Record<string, string> },
  ): Promise<TestAnswer>;
  /** Registers a server that offers these tools, and nothing else; none: it was never read. */
  addServer(slug: string, tools: readonly string[], more?: Partial<NewServer>): Promise<void>;
  addPortal(slug: string, servers: readonly string[], more?: Partial<NewPortal>): Promise<void>;
  /** The secret of a member's token for these portals. */
  addToken(...portals: readonly string[]): Promise<string>;
}

const migrations = [changeMigrations, accessMigrations, callMigrations, portalMigrations];

export async function createTestRegistry(): Promise<TestRegistry> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase(migrations));
  const changes = opened.use(await createChangeFeed({ database }));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  const portals = createPortalStore(database);
  const directory = opened.use(
    await createPortalDirectory({ portals, catalog, changes, clock: systemClock }),
  );
  const authenticator = opened.use(createAuthenticator({ database, feed: changes, clock: systemClock }));

  const publicUrl = "https://mcp.example.com";
  const app = createWebApp({
    publicUrl,
    isLoopback: true,
    openPaths: [{ path: "/v0.1", methods: ["GET"] }],
    onError: (error) => {
      throw error;
    },
    faultHeaders: (fault) => (fault.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  const namespace = "com.example.mcp";
  const authenticate = (bearer: string) => authenticator.authenticate(bearer, { kind: "registry" });
  app.route(
    "/v0.1",
    createRegistry({
      authenticate,
      policy: withoutRules,
      connectionOf: () => plainConnection,
      clock: systemClock,
      portals: () => directory.list(),
      publicUrl,
      namespace,
    }),
  );

  const owned = opened.move();
  return {
    app,
    database,
    servers,
    definitions,
    portals,

    async ask(path, { token, method = "GET", headers = {} } = {}) {
      await changes.flush();
      const answer = await app.request(`${publicUrl}/v0.1${path}`, {
        method,
        headers: {
          host: "mcp.example.com",
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        body: text === "" ? undefined : JSON.parse(text),
      };
    },

    async addServer(slug, tools, more = {}) {
      const { id } = await servers.add(newServer(slug, { autoAccept: ["tool"], ...more }));
      if (tools.length > 0) await definitions.saveSync(id, findings(tools, {}, slug));
    },

    async addPortal(slug, slugs, more = {}) {
      await portals.add({
        slug: parseSlug(slug, "slug"),
        title: slug,
        naming: "prefixed",
        servers: slugs,
        ...more,
      });
    },

    async addToken(...slugs) {
      const input = {
        name: createId("token"),
        role: "member",
        portals: slugs,
        allow: toolClasses,
        createdBy: "test",
      } as const;
      return (await createToken(database, input, systemClock.now())).secret;
    },

    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

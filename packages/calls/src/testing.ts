/** What the tests of this package share: its stores over a database of their own. */
import { accessMigrations } from "@castellan/access";
import { randomBytes } from "node:crypto";
import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, isFault, parseSlug } from "@castellan/kernel";
import { compilePolicies, type Connection } from "@castellan/policy";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { createCatalog, type Catalog, type CatalogServer } from "./catalog/catalog.ts";
import {
  createDefinitionStore,
  type DefinitionStore,
  type SyncFindings,
} from "./catalog/definition-store.ts";
import type { Definition, FoundDefinition } from "./catalog/definition.ts";
import { fingerprintOf } from "./catalog/fingerprint.ts";
import { proposeClass } from "./catalog/tool-class.ts";
import type { CallCredentials, CallLinks } from "./credentials/ports.ts";
import { callMigrations } from "./migrations.ts";
import { createCallPolicy, type CallPolicy } from "./policy/call-policy.ts";
import { createServerStore, type ServerStore } from "./servers/server-store.ts";
import type { NewServer, Server, ServerState } from "./servers/server.ts";

export interface TestStores extends AsyncDisposable {
  readonly database: Database;
  readonly vault: Vault;
  readonly servers: ServerStore;
  /** The same store over another database: one within a transaction. */
  serversOn(database: Database): ServerStore;
  readonly definitions: DefinitionStore;
  /** One more replica: its own catalog, and `flush` to bring it up to date. */
  openReplica(): Promise<{ catalog: Catalog; flush: () => Promise<void> }>;
}

export async function openStores(): Promise<TestStores> {
  const opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase([changeMigrations, accessMigrations, callMigrations]));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const serversOn = (on: Database) => createServerStore({ database: on, vault });
  const servers = serversOn(database);
  const definitions = createDefinitionStore(database);
  return {
    database,
    vault,
    servers,
    serversOn,
    definitions,
    async openReplica() {
      const changes = opened.use(await createChangeFeed({ database }));
      const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
      return { catalog, flush: () => changes.flush() };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export function newServer(slug: string, more: Partial<NewServer> = {}): NewServer {
  return {
    slug: parseSlug(slug, "slug"),
    title: slug,
    url: new URL(`https://${slug}.example/mcp`),
    headers: {},
    allowPrivate: [],
    ...more,
  };
}

/** What a sync of the server `slug` found: these tools. */
export function findings(
  names: readonly string[],
  more: Partial<SyncFindings> = {},
  slug = "s",
): SyncFindings {
  return {
    definitions: names.map((name): FoundDefinition => ({
      kind: "tool",
      name,
      publicName: `${slug}_${name}`,
      text: `{ "name":${JSON.stringify(name)}, "n":1E400 }`,
    })),
    skipped: [],
    latencyMs: 1.6,
    modern: { helloText: '{"n":1E400}' },
    legacy: undefined,
    ...more,
  };
}

/** A server as the catalog holds it, that was read and speaks both eras; what is given makes it another. */
export function testServer(
  slug: string,
  {
    server,
    state,
    definitions = [],
  }: {
    readonly server?: Partial<Server>;
    readonly state?: Partial<ServerState>;
    readonly definitions?: readonly Definition[];
  } = {},
): CatalogServer {
  return {
    server: {
      id: createId("server"),
      kind: "mcp",
      face: undefined,
      slug: parseSlug(slug, "slug"),
      title: slug,
      description: "",
      url: `https://${slug}.example/mcp`,
      transport: "auto",
      headerNames: [],
      headerRefs: {},
      auth: { kind: "auto" },
      authSecretNames: [],
      authRefs: {},
      allowPrivate: [],
      clientFeatures: [],
      uiHosts: [],
      autoAccept: [],
      limits: {},
      syncIntervalSeconds: undefined,
      managedBy: undefined,
      revision: 1,
      version: 1,
      createdAt: new Date(0),
      updatedAt: new Date(0),
      ...server,
    },
    state: {
      status: "ready",
      attemptedAt: new Date(0),
      syncedAt: new Date(0),
      latencyMs: 1,
      error: undefined,
      skipped: [],
      modern: { helloText: "{}" },
      legacy: { helloText: "{}", version: "2025-11-25", transport: "streamable-http" },
      ...state,
    },
    definitions,
    definitionsFingerprint: "",
    headers: {},
    authSecrets: {},
  };
}

/** A definition that a person approved; `more` makes it another. */
export function testDefinition(
  kind: FoundDefinition["kind"],
  name: string,
  text: string,
  more: Partial<Definition> = {},
): Definition {
  const found = { kind, name, publicName: kind === "tool" || kind === "prompt" ? `s_${name}` : name, text };
  return {
    ...found,
    fingerprint: fingerprintOf(found),
    review: "approved",
    awaitsPerson: false,
    class: proposeClass(found),
    decidedAt: new Date(0),
    ...more,
  };
}

/** Every server is called without any: what servers without auth are called with. */
export const withoutCredentials: CallCredentials = {
  of: () => ({ headers: () => Promise.resolve({}), refused: () => Promise.resolve("final") }),
  prepare: () => Promise.resolve(),
  identityOf: () => Promise.resolve("house"),
  accountOf: () => Promise.resolve(undefined),
  isOpenTo: () => true,
  onChange: () => () => undefined,
  asksForOAuth: () => Promise.resolve(false),
};

/** Everybody at every server has one account, which can come to be another one. */
export function movableCredentials(): { credentials: CallCredentials; move(identity: string): void } {
  let current = "first";
  const listeners = new Set<Parameters<CallCredentials["onChange"]>[0]>();
  const targets = new Set<string>();
  return {
    credentials: {
      ...withoutCredentials,
      of: () => ({
        headers: async () => ({ authorization: `Bearer ${current}` }),
        refused: async () => "final",
      }),
      async identityOf({ id }) {
        targets.add(id);
        return current;
      },
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    move(identity) {
      current = identity;
      for (const targetId of targets)
        for (const listener of listeners) listener({ targetId, owner: { kind: "shared" }, identity });
    },
  };
}

/** Nobody is ever asked for an account. */
export const withoutLinks: CallLinks = undefined as never;

const noPolicies = compilePolicies([]);

/** By no rule at all: what access rules and tokens give holds. */
export const withoutRules: CallPolicy = createCallPolicy({ current: () => noPolicies });

/** A way to come of which rules could say little. */
export const plainConnection: Connection = {
  address: "192.0.2.7",
  country: "ZZ",
  certificate: undefined,
  postures: {},
};

/** `done`, or the code of the fault. */
export async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "done";
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

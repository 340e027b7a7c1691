/** Syncs out of turn, on two replicas that share a database and know nothing else of each other. */
import { accessMigrations } from "@castellan/access";
import { randomBytes } from "node:crypto";
import {
  callMigrations,
  createCatalog,
  createDefinitionStore,
  createServerStore,
  createSyncer,
  createSyncTrigger,
  createUpstreams,
  type Catalog,
  type ServerStore,
  type Syncer,
  type SyncTrigger,
} from "@castellan/calls";
import { withoutCredentials } from "@castellan/calls/testing";
import { changeMigrations, createChangeFeed, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { parseSlug, systemClock } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createVault, generateMasterKey } from "@castellan/vault";
import { createOutbound } from "@castellan/web";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { scheduleSyncs } from "../../apps/server/src/house/schedule-syncs.ts";
import { faults } from "../fixtures/faulty.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";

interface Replica {
  readonly servers: ServerStore;
  readonly catalog: Catalog;
  readonly syncer: Syncer;
  readonly trigger: SyncTrigger;
  readonly flush: () => Promise<void>;
}

let database: Database;
let replicas: readonly [Replica, Replica];
const errors: unknown[] = [];
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  database = opened.use(await createTestDatabase([changeMigrations, accessMigrations, callMigrations]));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const open = async (): Promise<Replica> => {
    const changes = opened.use(await createChangeFeed({ database }));
    const servers = createServerStore({ database, vault });
    const definitions = createDefinitionStore(database);
    const catalog = opened.use(await createCatalog({ servers, definitions, changes }));
    const identity = { name: "castellan", version: "1.2.3" };
    const outbound = opened.use(createOutbound());
    const limits = { ...defaultUpstreamLimits, discoverTimeoutMs: 1_000 };
    const upstreams = opened.use(
      createUpstreams({ catalog, outbound, credentials: withoutCredentials, identity, limits }),
    );
    const clock = systemClock;
    const syncer = createSyncer({ servers, definitions, upstreams, identity, clock, timeoutMs: 5_000 });
    const trigger = opened.use(createSyncTrigger({ syncer, clock, onError: (error) => errors.push(error) }));
    return { servers, catalog, syncer, trigger, flush: () => changes.flush() };
  };
  replicas = [await open(), await open()];
});

afterAll(async () => {
  await opened.disposeAsync();
  expect(errors).toEqual([]);
});

const list = (...names: string[]) =>
  `{"resultType":"complete","tools":[${names.map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`).join()}]}`;
const offering = (...names: string[]) => ({ "tools/list": () => list(...names) });

let last = 0;

/** Registers a server, which nobody has asked yet. */
async function register(url: string): Promise<{ slug: string; id: string }> {
  const slug = parseSlug(`s${++last}`, "slug");
  const added = await replicas[0].servers.add({
    slug,
    title: slug,
    url: new URL(url),
    headers: {},
    allowPrivate: ["127.0.0.1"],
  });
  for (const { flush } of replicas) await flush();
  return { slug, id: added.id };
}

async function serve(...names: string[]) {
  const server = await startRawModern({ capabilities: '{"tools":{}}', script: offering(...names) });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, ...(await register(server.url)) };
}

/** Resolves when the replica's catalog has the server in a state that is as it should be. */
function until(
  replica: Replica,
  slug: string,
  isReached: (names: readonly string[], status: string) => boolean,
) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    const entry = replica.catalog.find(slug);
    if (
      entry &&
      isReached(
        entry.definitions.map(({ name }) => name),
        entry.state.status,
      )
    )
      resolve();
  };
  const stop = replica.catalog.onChange(look);
  look();
  return promise.finally(stop);
}

const reads = (server: RawModernServer) => server.recording.of("tools/list").length;

test("a hundred words about changes, heard by two replicas, are one sync, and it sees the last of them", async () => {
  const { server, slug, id } = await serve("old");
  for (let n = 0; n < 50; n++) for (const { trigger } of replicas) trigger.request(id, "list_changed");
  server.script = offering("new");
  await Promise.all(replicas.map((replica) => until(replica, slug, ([name]) => name === "new")));
  expect(reads(server)).toBe(1);
});

test("a change that is told of while a sync is under way is not lost", async () => {
  const { server, slug, id } = await serve("old");
  const answer = Promise.withResolvers<string>();
  server.script = { "tools/list": () => answer.promise };
  replicas[0].trigger.request(id, "call_failed");
  await server.recording.when("tools/list");
  // What is under way began before the change, on another replica than the one that hears of it.
  replicas[1].trigger.request(id, "list_changed");
  server.script = offering("new");
  answer.resolve(list("old"));
  await until(replicas[0], slug, ([name]) => name === "new");
  expect(reads(server)).toBe(2);
});

test("a failed call finds a dead server out, and what it offered stays in use", async () => {
  const { server, slug, id } = await serve("kept");
  await replicas[0].syncer.sync(slug, new AbortController().signal);
  await database.query(sql`update server_syncs set begun_at = begun_at - interval '1 minute'`);
  server.intercept = faults.reset();
  replicas[1].trigger.request(id, "call_failed");
  await until(replicas[0], slug, ([name], status) => name === "kept" && status === "stale");
});

test("a server that hangs holds up no other, and the end of a replica does not wait for it", async () => {
  const { server, id } = await serve();
  server.intercept = faults.hang();
  const { syncer } = replicas[0];
  const trigger = createSyncTrigger({ syncer, clock: systemClock, onError: (error) => errors.push(error) });
  trigger.request(id, "call_failed");
  await server.recording.when("server/discover");
  const other = await serve("here");
  trigger.request(other.id, "call_failed");
  await until(replicas[0], other.slug, ([name]) => name === "here");
  await trigger[Symbol.asyncDispose]();
  // Its turn was given back: another replica may have the next.
  expect(await database.query(sql`select busy_until from server_syncs where server_id = ${id}`)).toEqual([
    { busy_until: null },
  ]);
});

test("a server that is removed, or never was, is nothing to do", async () => {
  const { server, slug, id } = await serve("a");
  await replicas[0].servers.remove(slug);
  replicas[0].trigger.request(id, "call_failed");
  replicas[0].trigger.request("srv_nobody", "call_failed");
  const later = await serve("b");
  replicas[0].trigger.request(later.id, "call_failed");
  await until(replicas[0], later.slug, ([name]) => name === "b");
  expect(reads(server)).toBe(0);
});

test("of the schedules of two replicas, one asks a server that nobody has asked yet", async () => {
  const { server, slug } = await serve("first");
  const onError = (error: unknown) => errors.push(error);
  const schedules = replicas.map(({ catalog, syncer }) => {
    const only = { servers: () => catalog.servers().filter((entry) => entry.server.slug === slug) };
    return scheduleSyncs({ catalog: only, syncer, clock: systemClock, intervalSeconds, onError });
  });
  await until(replicas[0], slug, ([name]) => name === "first");
  for (const schedule of schedules) await schedule[Symbol.asyncDispose]();
  expect(reads(server)).toBe(1);
});

/** As the process is set. */
const intervalSeconds = 7200;

test.each([
  ["two hours after a good sync", undefined, "7200 seconds", true],
  ["before that", undefined, "7190 seconds", false],
  ["as often as an admin says", 90, "90 seconds", true],
  ["not more often than that", 90, "80 seconds", false],
  ["as seldom as an admin says", 86_400, "7210 seconds", false],
])("the schedule asks again %s", async (_, syncIntervalSeconds, age, isAsked) => {
  const { server, slug } = await serve("one");
  const { servers, syncer, catalog, flush } = replicas[0];
  await servers.change(slug, { syncIntervalSeconds });
  await syncer.sync(slug, new AbortController().signal);
  await grow(slug, age);
  await flush();
  server.recording.clear();
  await runSchedule(catalog, slug, syncer);
  expect(reads(server)).toBe(isAsked ? 1 : 0);
});

test.each([
  ["a minute after one that failed", undefined, "60 seconds", true],
  ["before that", undefined, "50 seconds", false],
  ["sooner where an admin says so", 45, "50 seconds", true],
])("the schedule asks again %s", async (_, syncIntervalSeconds, age, isAsked) => {
  const { server, slug } = await serve("one");
  const { servers, syncer, catalog, flush } = replicas[0];
  await servers.change(slug, { syncIntervalSeconds });
  server.intercept = faults.status(503);
  await syncer.sync(slug, new AbortController().signal);
  server.intercept = undefined;
  await grow(slug, age);
  await flush();
  server.recording.clear();
  await runSchedule(catalog, slug, syncer);
  expect(reads(server)).toBe(isAsked ? 1 : 0);
});

test("the schedule asks a server that is reached in another way now", async () => {
  const { server, slug } = await serve("one");
  const { servers, syncer, catalog, flush } = replicas[0];
  await syncer.sync(slug, new AbortController().signal);
  await grow(slug, "31 seconds");
  await flush();
  await runSchedule(catalog, slug, syncer);
  expect(reads(server)).toBe(1);
  const changed = await servers.change(slug, { headers: { "x-a": "1" } });
  expect(changed.state.isOutdated).toBe(true);
  await flush();
  await runSchedule(catalog, slug, syncer);
  expect([reads(server), (await servers.get(slug)).state.isOutdated]).toEqual([2, false]);
});

/** Makes it as if what is known of a server had been found out so much earlier. */
async function grow(slug: string, age: string): Promise<void> {
  const of = sql`where server_id = (select id from servers where slug = ${slug})`;
  await database.query(sql`update server_states set attempted_at = attempted_at - ${age}::interval ${of}`);
  await database.query(sql`update server_syncs set begun_at = begun_at - ${age}::interval ${of}`);
  // The catalog has the state as it was: what is changed past the store is not told.
  const { servers } = replicas[0];
  await servers.change(slug, { title: "older" });
}

/** One look of a schedule at one server; what it begins ends with it. */
async function runSchedule(catalog: Catalog, slug: string, syncer: Syncer): Promise<void> {
  const attempts: Promise<unknown>[] = [];
  const schedule = scheduleSyncs({
    catalog: { servers: () => catalog.servers().filter((entry) => entry.server.slug === slug) },
    syncer: {
      syncOnce(...args) {
        const attempt = syncer.syncOnce(...args);
        attempts.push(attempt);
        return attempt;
      },
    },
    clock: systemClock,
    intervalSeconds,
    onError: (error) => errors.push(error),
  });
  await Promise.all(attempts);
  await schedule[Symbol.asyncDispose]();
}

test("a server that has come to speak the other era is offered in that, and no more in the old one", async () => {
  const old = await startRawLegacy({ capabilities: '{"tools":{}}', script: offering("t") });
  const { slug, id } = await register(old.url);
  const { syncer, catalog, trigger, flush } = replicas[0];
  await syncer.sync(slug, new AbortController().signal);
  await flush();
  const eras = () => [!!catalog.find(slug)?.state.legacy, !!catalog.find(slug)?.state.modern];
  expect(eras()).toEqual([true, false]);
  await old[Symbol.asyncDispose]();
  const young = await startRawModern({
    capabilities: '{"tools":{}}',
    script: offering("t", "u"),
    port: old.port,
  });
  onTestFinished(() => young[Symbol.asyncDispose]());
  await database.query(sql`update server_syncs set begun_at = begun_at - interval '1 minute'`);
  trigger.request(id, "call_failed");
  await until(replicas[0], slug, (names) => names.length === 2);
  expect(eras()).toEqual([false, true]);
});

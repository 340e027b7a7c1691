import { accessMigrations } from "@castellan/access";
import { randomBytes } from "node:crypto";
import { callMigrations, createServerStore } from "@castellan/calls";
import { changeMigrations, sql, type Database } from "@castellan/database";
import { house, type Owner } from "@castellan/credentials";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, parseSlug, type Id } from "@castellan/kernel";
import { createVault, generateMasterKey, type Vault } from "@castellan/vault";
import { afterEach, beforeEach, expect, test } from "vitest";
import { portalMigrations } from "../migrations.ts";
import { createLineKeeper } from "./line-keeper.ts";
import { createLineStore, type LineStore, type LineTarget } from "./line-store.ts";
import { createSessionStore, type NewSession, type SessionStore } from "./session-store.ts";

let database: Database;
let vault: Vault;
let sessions: SessionStore;
let lines: LineStore;
let server: LineTarget;

beforeEach(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations, callMigrations, portalMigrations]);
  vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  sessions = createSessionStore(database);
  lines = createLineStore({ database, vault });
  const { id, revision, url } = await createServerStore({ database, vault }).add({
    slug: parseSlug("up", "slug"),
    title: "up",
    url: new URL("https://up.example/mcp"),
    headers: {},
    allowPrivate: [],
  });
  server = { id, revision, url, acting: { identity: "house", owner: house } };
});

afterEach(() => database[Symbol.asyncDispose]());

const client = {
  version: "2025-11-25",
  capabilities: '{"n":1E400}',
  clientInfo: '{"name":"c","big":1234567890123456789}',
} as const;

function newSession(more: Partial<NewSession> = {}): NewSession {
  return {
    id: createId("session"),
    principalId: "tok_1",
    clientId: undefined,
    portal: "main",
    client,
    clientName: "c",
    clientVersion: undefined,
    ...more,
  };
}

async function begin(more: Partial<NewSession> = {}): Promise<Id<"session">> {
  const session = newSession(more);
  await sessions.add(session);
  return session.id;
}

const own = (id: string) => ({ id, principalId: "tok_1" });

const end = async (which: Parameters<SessionStore["end"]>[0]) =>
  (await sessions.end(which, () => Promise.resolve(undefined))).ids;

test("a session is found as it was begun, to the letter", async () => {
  const session = newSession();
  expect(await sessions.add(session)).toBe(0);
  expect(await sessions.find([session.id, createId("session"), "__proto__"])).toEqual([
    { ...session, logLevel: undefined, streamOwner: undefined, streamGeneration: 0 },
  ]);
  expect(await sessions.add(newSession())).toBe(1);
  expect(await sessions.add(newSession({ principalId: "tok_2" }))).toBe(0);
});

test("beyond the bound those go that were idle longest; not the new one, not one with a stream if there is another", async () => {
  const ids: Id<"session">[] = [];
  for (let n = 0; n < 5; n++) {
    const id = await begin();
    ids.push(id);
    await database.query(
      sql`update sessions set last_used_at = now() - ${10 - n} * interval '1 minute' where id = ${id}`,
    );
  }
  const [first = "", second, third, fourth, fifth = ""] = ids;
  await sessions.takeStream(first, "rep_1");
  await database.query(
    sql`update sessions set last_used_at = now() - interval '1 hour' where id = any(${[first, fifth]})`,
  );
  expect(new Set(await end({ principalId: "tok_1", beyond: 3, keep: fifth }))).toEqual(
    new Set([second, third]),
  );
  expect(await end({ principalId: "tok_1", beyond: 3, keep: fifth })).toEqual([]);
  expect((await sessions.find(ids)).map(({ id }) => id).toSorted()).toEqual(
    [first, fourth, fifth].toSorted(),
  );
});

test("many begin at the same time beyond the bound: together they end what is too much, and wait for nobody", async () => {
  const old = await Promise.all(Array.from({ length: 20 }, () => begin()));
  await database.query(sql`update sessions set last_used_at = now() - interval '1 hour'`);
  const inUse = old[0] ?? "";
  await database.query(sql`update sessions set last_used_at = now() where id = ${inUse}`);
  const ended = await database.transaction(async (tx) => {
    // A line of one that stays is being written meanwhile.
    await tx.query(sql`select from sessions where id = ${inUse} for key share`);
    const kept = await Promise.all(Array.from({ length: 30 }, () => begin()));
    return Promise.all(kept.map((keep) => end({ principalId: "tok_1", beyond: 31, keep })));
  });
  expect(ended.flat().toSorted()).toEqual(old.slice(1).toSorted());
  expect(await database.query(sql`select from sessions`)).toHaveLength(31);
});

test("sessions end by portal, by who may not come in, and by idleness; their lines are seen once", async () => {
  const [a, b, idle] = [await begin(), await begin({ portal: "other" }), await begin()];
  await lines.save(own(a), server, { id: "up-1", helloText: "{}" }, 0);
  await database.query(sql`update sessions set last_used_at = now() - interval '2 hours' where id = ${idle}`);
  expect(await end({ idleMs: 60 * 60_000 })).toEqual([idle]);
  expect(await end({ caller: { principalId: "tok_1", clientId: undefined }, notAt: ["main"] })).toEqual([b]);
  const seen = await Promise.all(
    [0, 1].map(() => sessions.end({ portal: "main" }, (tx, ids) => lines.readEnded(tx, ids))),
  );
  const ended = seen.flatMap((one) => one.lines);
  expect(ended.map((line) => [line.sessionId, line.client, line.open(server)])).toEqual([
    [a, client, { kept: { id: "up-1", helloText: "{}" }, acting: { identity: "house", owner: house } }],
  ]);
  expect(await database.query(sql`select from session_lines`)).toEqual([]);
});

test("of one person's sessions those of one client end, and the others stay", async () => {
  const of = (clientId: string | undefined) => begin({ principalId: "usr_1", clientId });
  const [a, b, none] = [await of("cli_a"), await of("cli_b"), await of(undefined)];
  expect(await sessions.callers(["cli_b"])).toEqual([
    { principalId: "usr_1", clientId: "cli_b", portal: "main" },
  ]);
  expect(await end({ caller: { principalId: "usr_1", clientId: "cli_a" }, notAt: [] })).toEqual([a]);
  expect(await end({ caller: { principalId: "usr_1", clientId: undefined }, notAt: [] })).toEqual([none]);
  expect((await sessions.find([a, b, none])).map(({ id }) => id)).toEqual([b]);
});

test("the newest stream wins; who takes it from one that is gone is alone, who leaves later does no harm", async () => {
  const id = await begin();
  expect(await sessions.takeStream(id, "rep_a")).toBe(1);
  expect(await sessions.takeStream(id, "rep_b")).toBe(2);
  await sessions.leaveStream(id, 1);
  expect((await sessions.find([id]))[0]).toMatchObject({ streamOwner: "rep_b", streamGeneration: 2 });
  const takings = ["rep_c", "rep_d"].map((by) => sessions.takeStream(id, by, { owner: "rep_b" }));
  expect((await Promise.all(takings)).toSorted()).toEqual([3, undefined]);
  await sessions.leaveStream(id, 3);
  expect((await sessions.find([id]))[0]?.streamOwner).toBeUndefined();
  expect(await sessions.takeStream(createId("session"), "rep_a")).toBeUndefined();
});

test("of two replicas that open a line one is first, and both speak in its session", async () => {
  const id = await begin();
  const keepers = ["a", "b"].map(() => createLineKeeper(lines, own(id), server));
  expect(await Promise.all(keepers.map((keeper) => keeper.load(undefined)))).toEqual([undefined, undefined]);
  const held = await Promise.all(
    keepers.map((keeper, n) => keeper.save({ id: `up-${n}`, helloText: `{"n":${n}}` }, undefined)),
  );
  expect(held[0]).toEqual(held[1]);
  expect(keepers.map(({ isKept }) => isKept)).toEqual([true, true]);
  // The server has forgotten it: one of them is first again, and the lost one never comes back.
  const lost = held[0];
  expect(await Promise.all(keepers.map((keeper) => keeper.load(lost)))).toEqual([undefined, undefined]);
  const next = await Promise.all(
    keepers.map((keeper, n) => keeper.save({ id: `next-${n}`, helloText: "{}" }, lost)),
  );
  expect(next[0]).toEqual(next[1]);
  expect(await createLineKeeper(lines, own(id), server).load(lost)).toEqual(next[0]);
});

test("of many who keep a line at the same time one is first, and the others are told", async () => {
  for (let round = 0; round < 20; round++) {
    const id = await begin();
    const saves = Array.from({ length: 8 }, (_, n) =>
      lines.save(own(id), server, { id: `up-${n}`, helloText: "{}" }, 0),
    );
    const saved = await Promise.all(saves);
    expect(saved.filter((generation) => generation !== undefined)).toEqual([1]);
  }
});

test("a session at a server is not used at another address or revision, for another account, nor without its key", async () => {
  const id = await begin();
  await lines.save(own(id), server, { id: "up-1", helloText: "{}" }, 0);
  const kept = { id: "up-1", helloText: "{}" };
  const found = async (of: LineStore, at: LineTarget) => await of.find(own(id), at);
  expect(await found(lines, server)).toEqual({ generation: 1, kept });
  for (const other of [
    { ...server, revision: 2 },
    { ...server, url: "https://thief.example/mcp" },
    { ...server, acting: { owner: house, identity: "acc_1 1" } },
  ])
    expect(await found(lines, other)).toEqual({ generation: 1, kept: undefined });
  const strange = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  expect(await found(createLineStore({ database, vault: strange }), server)).toEqual({
    generation: 1,
    kept: undefined,
  });
});

test("whoever ends it knows for whom it was, and no more of them than that takes", async () => {
  const id = await begin();
  const owner: Owner = {
    kind: "person",
    id: createId("user"),
    name: "Ada",
    email: "ada@example.com",
    groups: ["leads"],
    client: "cli_1",
    portal: "main",
  };
  const hers = { ...server, acting: { owner, identity: "acc_1 1" } };
  await lines.save(own(id), hers, { id: "up-1", helloText: "{}" }, 0);
  const { lines: ended } = await sessions.end({ id }, (tx, ids) => lines.readEnded(tx, ids));
  expect(ended.map((line) => line.open(server)?.acting)).toEqual([
    { identity: "acc_1 1", owner: { ...owner, groups: [] } },
  ]);
});

test("a session that was made another caller's in the table takes no line along", async () => {
  const id = await begin();
  await lines.save(own(id), server, { id: "up-1", helloText: "{}" }, 0);
  await database.query(sql`update sessions set principal_id = 'tok_thief' where id = ${id}`);
  const thief = { id, principalId: "tok_thief" };
  expect(await lines.find(thief, server)).toEqual({ generation: 1, kept: undefined });
  // Nor is what its owner's replicas go on with theirs.
  await lines.save(own(id), server, { id: "up-2", helloText: "{}" }, 1);
  expect(await lines.find(thief, server)).toEqual({ generation: 2, kept: undefined });
  expect((await lines.find(own(id), server))?.kept?.id).toBe("up-2");
});

test("what is kept of a session that has ended is refused", async () => {
  const gone = createId("session");
  const unknown = { code: "session_unknown" };
  await expect(lines.save(own(gone), server, { id: "x", helloText: "{}" }, 0)).rejects.toMatchObject(unknown);
  await expect(
    lines.subscribe(gone, { serverId: server.id, uri: "x://1", publicUri: "x://1" }),
  ).rejects.toMatchObject(unknown);
  expect(await sessions.setLogLevel(gone, "info")).toBe(false);
});

test("a session has 256 subscriptions at most, and one of them may be made again", async () => {
  const id = await begin();
  const subscription = (n: number) => ({ serverId: server.id, uri: `x://${n}`, publicUri: `p:x://${n}` });
  for (let n = 0; n < 256; n++) await lines.subscribe(id, subscription(n));
  await lines.subscribe(id, subscription(7));
  await expect(lines.subscribe(id, subscription(256))).rejects.toMatchObject({
    code: "subscriptions_limited",
  });
  expect(await lines.unsubscribe(id, "p:x://7")).toEqual(subscription(7));
  expect(await lines.unsubscribe(id, "p:x://7")).toBeUndefined();
  await lines.subscribe(id, subscription(256));
  expect(await lines.subscriptions(id)).toHaveLength(256);
});

test("use is written down without waiting for one that somebody else writes", async () => {
  const ids = [await begin(), await begin(), await begin()] as const;
  await database.query(sql`update sessions set last_used_at = now() - interval '1 hour'`);
  await database.transaction(async (tx) => {
    await tx.query(sql`select from sessions where id = ${ids[1]} for update`);
    await sessions.touch(ids);
  });
  const idle = await database.query(
    sql`select id from sessions where last_used_at < now() - interval '30 minutes'`,
  );
  expect(idle).toEqual([{ id: ids[1] }]);
});

/** A legacy session on several replicas: whichever gets a message, it makes no difference. */
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, type Door, type LegacyClient } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let opened: AsyncDisposableStack;
let a: Portals;
let b: Portals;
let up: RawLegacyServer;
let door: Door;

const script: Script = {
  "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
  "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
  "tools/call": () => '{"content":[]}',
  "logging/setLevel": () => "{}",
  "resources/subscribe": () => "{}",
  "resources/unsubscribe": () => "{}",
};

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  up = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{},"logging":{},"resources":{"subscribe":true}}',
      script,
    }),
  );
  a = opened.use(await openPortals());
  await a.sync("up", up.url, { clientFeatures: ["elicitation_form", "roots"] });
  door = await a.open("main", ["up"]);
  b = opened.use(await openPortals({ beside: a }));
});

afterEach(async () => {
  const seen = [a.faults, a.errors, b.faults, b.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const at = (house: Portals): Door => ({ ...door, url: `${house.server.url}/p/main/mcp` });
const flush = () => Promise.all([a.flush(), b.flush()]);
const call = (id: unknown = 7) => rpc(id, "tools/call", { name: "up_t" });
const ok = (id: unknown) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[]}}`;
const answer = (id: unknown) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept","n":1E400}}`;
const paramsOf = (method: string) => up.recording.of(method).map(({ body }) => parsed(body)["params"]);
const upstreamOf = (method: string) =>
  up.recording.of(method).map(({ headers }) => headers["mcp-session-id"]);

/** Nobody waits for a server to have ended a session. */
async function sessionsLeft(count: number): Promise<void> {
  while (up.sessions.length !== count) await new Promise(setImmediate);
}

async function both(options: { version?: string; capabilities?: object } = {}) {
  const client = await openLegacy(at(a), options);
  return [client, client.at(at(b))] as const;
}

async function codeOf(client: LegacyClient, body = call()) {
  const heard = await client.send(body);
  const text = (await heard.all).at(-1);
  return [heard.status, text && parsed(text)["error"]?.data.code];
}

test("calls go to either, in one session at the server", async () => {
  const clients = await both();
  for (let n = 0; n < 6; n++) expect(await (await clients[n % 2]?.send(call(n)))?.all).toEqual([ok(n)]);
  expect(up.sessions).toHaveLength(1);
  expect(new Set(upstreamOf("tools/call"))).toEqual(new Set(up.sessions));
  expect(up.recording.of("initialize").filter(({ body }) => body.includes('"tester"'))).toHaveLength(1);
});

test("two who open the line at the same time end in one session, and the other is ended", async () => {
  const clients = await both();
  const texts = await Promise.all(clients.map(async (client, n) => (await client.send(call(n))).all));
  expect(texts).toEqual([[ok(0)], [ok(1)]]);
  await Promise.all(clients.map(async (client, n) => (await client.send(call(n))).all));
  await sessionsLeft(1);
});

test("a server that has restarted is spoken to in a new session, one for both", async () => {
  const clients = await both();
  for (const client of clients) await (await client.send(call())).all;
  up.forgetSessions();
  const answers = clients.flatMap((client, n) => [client.send(call(n)), client.send(call(n + 10))]);
  for (const [n, heard] of (await Promise.all(answers)).entries())
    expect(await heard.all).toEqual([ok([0, 10, 1, 11][n])]);
  await sessionsLeft(1);
});

const asks: Script = {
  ...script,
  "tools/call": async function* (_, asked: Call) {
    yield asked.ask(0, "elicitation/create", '{"message":"who?","n":1E400,"_meta":{"progressToken":"pt"}}');
    yield asked.result(JSON.stringify({ content: [], told: await asked.answerTo(0) }));
  },
};

test("an answer, and progress on it, that land elsewhere reach the server that asked, to the letter", async () => {
  up.script = asks;
  const [client, elsewhere] = await both({ capabilities: { elicitation: {} } });
  const heard = await client.send(call());
  const { id } = parsed(await heard.next()) as { id?: unknown };
  const progress = rpc(undefined, "notifications/progress", { progressToken: "pt", progress: 1 });
  expect((await elsewhere.send(progress)).status).toBe(202);
  await up.recording.when("notifications/progress");
  const taken = await elsewhere.send(answer(id));
  expect([taken.status, await taken.all]).toEqual([202, []]);
  expect(parsed(await heard.next())["result"].told.result.action).toBe("accept");
  const bodies = up.recording.requests.map(({ body }) => body);
  expect([bodies.filter((body) => body === progress).length, bodies.at(-1)]).toEqual([1, answer(0)]);
});

test("an answer to a replica that is gone is told to be lost, and the session goes on", async () => {
  const [client, elsewhere] = await both({ capabilities: { elicitation: {} } });
  const heard = await elsewhere.send(answer(`castellan-${createId("replica")}-1`));
  expect([heard.status, parsed((await heard.all)[0])["error"]]).toMatchObject([
    503,
    { data: { code: "exchange_lost", retryable: true } },
  ]);
  expect(await (await client.send(call())).all).toEqual([ok(7)]);
});

test("nobody answers for another session through another replica", async () => {
  up.script = asks;
  const [client] = await both({ capabilities: { elicitation: {} } });
  const stranger = await openLegacy(at(b), { capabilities: { elicitation: {} } });
  const heard = await client.send(call());
  const { id } = parsed(await heard.next()) as { id?: unknown };
  expect((await stranger.send(answer(id).replace("accept", "stolen"))).status).toBe(202);
  await client.at(at(b)).send(answer(id));
  expect(parsed(await heard.next())["result"].told.result.action).toBe("accept");
  expect(JSON.stringify(up.recording.requests.map(({ body }) => body))).not.toContain("stolen");
});

test("a request is cancelled from elsewhere", async () => {
  up.script = { ...script, "tools/call": () => new Promise<string>(() => undefined) };
  const [client, elsewhere] = await both();
  const waiting = client.send(call());
  const { id } = (await up.recording.when("tools/call")).message as { id: unknown };
  await elsewhere.send(rpc(undefined, "notifications/cancelled", { requestId: 7 }));
  const heard = await waiting;
  expect([heard.status, await heard.all]).toEqual([202, []]);
  const told = await up.recording.when("notifications/cancelled");
  expect((told.message as { params: unknown }).params).toMatchObject({ requestId: id });
});

test("the end of a session ends it everywhere, and at its server once", async () => {
  const [client, elsewhere] = await both();
  await (
    await elsewhere.send(call())
  ).all;
  up.script = { ...script, "tools/call": () => new Promise<string>(() => undefined) };
  up.recording.clear();
  const stream = await client.stream();
  const waiting = client.send(call());
  await up.recording.when("tools/call");
  expect(await elsewhere.end()).toBe(204);
  const heard = await waiting;
  expect([heard.status, parsed((await heard.all)[0])["error"].data.code]).toEqual([404, "session_unknown"]);
  expect(await stream.all).toEqual([]);
  await flush();
  expect(await codeOf(client)).toEqual([404, "session_unknown"]);
  await sessionsLeft(0);
  expect(up.recording.requests.filter(({ httpMethod }) => httpMethod === "DELETE")).toHaveLength(1);
});

test("a session lives through the stop of its replica, and of all of them", async () => {
  const [client, elsewhere] = await both();
  await client.call("logging/setLevel", { level: "warning" });
  await (
    await client.send(call())
  ).all;
  const kept = [...up.sessions];
  const stream = await client.stream();
  await a.sessions[Symbol.asyncDispose]();
  expect(await stream.all).toEqual([]);
  expect(await (await elsewhere.send(call())).all).toEqual([ok(7)]);
  await b.sessions[Symbol.asyncDispose]();
  await using c = await openPortals({ beside: a });
  const later = client.at(at(c));
  expect(await (await later.send(call())).all).toEqual([ok(7)]);
  expect(up.sessions).toEqual(kept);
  // The level is there for the next line, too.
  up.forgetSessions();
  up.recording.clear();
  expect(await (await later.send(call())).all).toEqual([ok(7)]);
  expect(paramsOf("logging/setLevel")).toEqual([{ level: "warning" }]);
  expect(await later.end()).toBe(204);
  await sessionsLeft(0);
});

test("what a server says outside of calls is heard on the newest stream, wherever the line was opened", async () => {
  const [client, elsewhere] = await both();
  const log = (data: unknown) => rpc(undefined, "notifications/message", { level: "info", data });
  const older = await client.stream();
  await (
    await elsewhere.send(call())
  ).all;
  up.push(log(1));
  expect(await older.next()).toBe(log(1));
  const newer = await elsewhere.stream();
  await heardAnew(2);
  up.push(log(2));
  expect(await newer.next()).toBe(log(2));
  // The newest is left: the older goes on.
  newer.leave();
  await newer.all;
  await heardAnew(3);
  expect(await ownerOf(client)).toBe(a.replicas.id);
  up.push(log(3));
  expect(await older.next()).toBe(log(3));
});

test("an older stream goes on when the replica of the newest has died", async () => {
  const [client, elsewhere] = await both();
  await (
    await client.send(call())
  ).all;
  const older = await client.stream();
  const newer = await elsewhere.stream();
  expect(await ownerOf(client)).toBe(b.replicas.id);
  await heardAnew(2);
  await a.sessions.checkStreams();
  expect(await ownerOf(client)).toBe(b.replicas.id);
  // It takes its lease along, and leaves the rows behind as one that was killed does.
  await b.replicas[Symbol.asyncDispose]();
  while ((await ownerOf(client)) !== a.replicas.id) {
    await a.sessions.checkStreams();
    await new Promise(setImmediate);
  }
  await heardAnew(3);
  const log = rpc(undefined, "notifications/message", { level: "info", data: 1 });
  up.push(log);
  expect(await older.next()).toBe(log);
  newer.leave();
});

/**
 * The server's stream of the session was opened so many times, and those before the last are closed: what a
 * server says on a stream that its client is just closing is lost.
 */
async function heardAnew(times: number): Promise<void> {
  const opened = () => up.recording.of(({ httpMethod }) => httpMethod === "GET").length;
  while (opened() < times || up.streams.length !== 1) await new Promise(setImmediate);
  expect(opened()).toBe(times);
}

async function ownerOf({ session }: LegacyClient): Promise<string | null | undefined> {
  const [row] = await a.database.query<{ stream_owner: string | null }>(
    sql`select stream_owner from sessions where id = ${session}`,
  );
  return row?.stream_owner;
}

test("a question outside of calls is answered through either", async () => {
  const [client, elsewhere] = await both({ capabilities: { elicitation: {} } });
  const stream = await client.stream();
  await (
    await elsewhere.send(call())
  ).all;
  up.push('{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"who?"}}');
  const question = parsed(await stream.next());
  expect(question["method"]).toBe("elicitation/create");
  await elsewhere.send(answer(question["id"]));
  const told = await up.recording.when(({ body }) => body.includes('"accept"'));
  expect(told.body).toBe(answer("q"));
  const records = await a.records();
  expect(records.filter(({ method }) => method === "elicitation/create")).toMatchObject([
    { server: "up", outcome: "ok" },
  ]);
});

const updated = (uri: string) => rpc(undefined, "notifications/resources/updated", { uri, n: 1 });

test("a resource that was subscribed to on one is told of on the other, also after the server has restarted", async () => {
  const [client, elsewhere] = await both();
  expect(parsed(await client.call("resources/subscribe", { uri: "x://1" }))["result"]).toEqual({});
  expect(paramsOf("resources/subscribe")).toEqual([{ uri: "x://1" }]);
  const stream = await elsewhere.stream();
  for (const uri of ["x://2", "x://1"]) up.push(updated(uri));
  expect(await stream.next()).toBe(updated("x://1"));
  up.recording.clear();
  up.forgetSessions();
  const again = await up.recording.when("resources/subscribe");
  expect(parsed(again.body)["params"]).toEqual({ uri: "x://1" });
  await up.recording.when(({ httpMethod }) => httpMethod === "GET");
  up.push(updated("x://1"));
  expect(await stream.next()).toBe(updated("x://1"));
  expect(parsed(await client.call("resources/unsubscribe", { uri: "x://1" }))["result"]).toEqual({});
  const told = up.recording.of("resources/unsubscribe").at(-1);
  expect([told?.headers["mcp-session-id"], parsed(told?.body)["params"]]).toEqual([
    up.sessions[0],
    { uri: "x://1" },
  ]);
});

test("a resource of a modern server is watched for the client, wherever its stream is", async () => {
  const heard = Promise.withResolvers<Call>();
  const say = Promise.withResolvers<void>();
  await using modern = await startRawModern({
    capabilities: '{"resources":{"subscribe":true}}',
    script: {
      "resources/list": () =>
        '{"resultType":"complete","resources":[{"uri":"y://1","name":"1"}],"ttlMs":0,"cacheScope":"private"}',
      "subscriptions/listen": async function* ({ notifications }, asked: Call) {
        const acknowledged = JSON.stringify({ notifications });
        yield asked.notification("notifications/subscriptions/acknowledged", acknowledged);
        heard.resolve(asked);
        await say.promise;
        for (const uri of ["y://2", "y://1"])
          yield asked.notification("notifications/resources/updated", JSON.stringify({ uri, n: 1 }));
        await new Promise((resolve) => asked.signal.addEventListener("abort", resolve));
        yield asked.result('{"resultType":"complete"}');
      },
    },
  });
  await a.sync("new", modern.url);
  await a.portals.putServer("main", "new");
  await flush();
  const [client, elsewhere] = await both();
  const stream = await elsewhere.stream();
  expect(parsed(await client.call("resources/subscribe", { uri: "y://1" }))["result"]).toEqual({});
  const { params, signal } = await heard.promise;
  expect(params["notifications"]).toEqual({ resourceSubscriptions: ["y://1"] });
  say.resolve();
  expect(parsed(await stream.next())).toMatchObject({
    method: "notifications/resources/updated",
    params: { uri: "y://1", n: 1 },
  });
  const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
  await client.call("resources/unsubscribe", { uri: "y://1" });
  await ended;
});

test("a notification of the client's reaches a server once", async () => {
  const [client, elsewhere] = await both();
  for (const one of [client, elsewhere]) await (await one.send(call())).all;
  await client.send(rpc(undefined, "notifications/roots/list_changed"));
  await (
    await elsewhere.send(call())
  ).all;
  expect(up.recording.of("notifications/roots/list_changed")).toHaveLength(1);
});

test("a token that is revoked leaves no session behind", async () => {
  const [client] = await both();
  await (
    await client.send(call())
  ).all;
  await a.database.transaction(async (tx) => {
    await tx.query(sql`update tokens set revoked_at = now()`);
    await tx.query(sql`insert into changes (topic, key) select 'tokens', id from tokens`);
  });
  await flush();
  await sessionsLeft(0);
  expect(await a.database.query(sql`select from sessions`)).toEqual([]);
});

test("what is kept of a server's session in the database is sealed", async () => {
  const [client] = await both();
  await (
    await client.send(call())
  ).all;
  const [row] = await a.database.query<{ text: string; sealed: Buffer }>(
    sql`select l::text as text, sealed_upstream as sealed from session_lines l`,
  );
  const id = up.sessions[0] ?? "none";
  expect([row?.text.includes(id), row?.sealed.includes(id)]).toEqual([false, false]);
});

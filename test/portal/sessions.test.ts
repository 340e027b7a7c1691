import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { openLegacy, parsed, rpc, say, type Door } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let upstream: RawLegacyServer;
let door: Door;
let other: Door;
const opened = new AsyncDisposableStack();
const idleMs = 60_000;
const capabilities = '{"tools":{},"logging":{}}';
const script = {
  "tools/list": () =>
    '{"tools":[{"name":"t","inputSchema":{"type":"object"}},{"name":"wait","inputSchema":{"type":"object"}}]}',
  "tools/call": () => '{"content":[]}',
  "logging/setLevel": () => "{}",
};

beforeAll(async () => {
  house = opened.use(await openPortals({ limits: { idleMs, maxPerPrincipal: 3 } }));
  upstream = opened.use(await startRawLegacy({ capabilities, script }));
  await house.sync("up", upstream.url);
  door = await house.open("main", ["up"]);
  other = await house.open("second", ["up"]);
});

beforeEach(() => {
  upstream.script = script;
  upstream.intercept = undefined;
  upstream.recording.clear();
});

afterAll(() => opened.disposeAsync());

/** Time passes for the sessions, in the database and here. */
async function idleFor(ms: number): Promise<void> {
  house.clock.advance(ms);
  await house.database.query(
    sql`update sessions set last_used_at = last_used_at - ${ms} * interval '1 millisecond'`,
  );
}

const call = (name = "up_t") => rpc(7, "tools/call", { name });

async function codeWith(at: Door, session: string, body = call()) {
  const heard = await say(at.url, {
    token: at.token,
    body,
    headers: { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" },
  });
  const text = (await heard.all).at(-1);
  return [heard.status, text && parsed(text)["error"]?.data.code];
}

test("a session works with the token and at the portal that it began with, and with no other", async () => {
  const client = await openLegacy(door);
  const secondToken = await house.token("main", "second");
  await house.flush();
  expect(await codeWith(door, client.session)).toEqual([200, undefined]);
  expect(await codeWith({ ...door, token: secondToken }, client.session)).toEqual([404, "session_unknown"]);
  expect(await codeWith({ url: other.url, token: secondToken }, client.session)).toEqual([
    404,
    "session_unknown",
  ]);
  const foreign = { headers: { "mcp-session-id": client.session, "mcp-protocol-version": "2025-11-25" } };
  for (const method of ["GET", "DELETE"] as const)
    expect((await say(door.url, { token: secondToken, method, ...foreign })).status).toBe(404);
  expect(await codeWith(door, client.session)).toEqual([200, undefined]);
  await client.end();
});

/** Nobody waits for a server to have ended a session. */
async function noSessions(): Promise<void> {
  while (upstream.sessions.length > 0) await new Promise(setImmediate);
}

test("a session opens its own lines when they are first needed, and its end ends them", async () => {
  await noSessions();
  const client = await openLegacy(door);
  await client.call("tools/list");
  expect(upstream.sessions).toEqual([]);
  await Promise.all([
    client.call("tools/call", { name: "up_t" }),
    client.call("tools/call", { name: "up_t" }),
  ]);
  expect(upstream.sessions).toHaveLength(1);
  expect(await client.end()).toBe(204);
  await noSessions();
  expect(await codeWith(door, client.session)).toEqual([404, "session_unknown"]);
  expect(await client.end()).toBe(404);
});

test("two clients share nothing at the server", async () => {
  const clients = [await openLegacy(door), await openLegacy(door)];
  for (const client of clients) await client.call("tools/call", { name: "up_t" });
  const ids = upstream.recording.of("tools/call").map(({ headers }) => headers["mcp-session-id"]);
  expect(new Set(ids).size).toBe(2);
  for (const client of clients) await client.end();
});

test("a server that has restarted is spoken to in a new session, once for all who ask", async () => {
  const client = await openLegacy(door);
  await client.call("tools/call", { name: "up_t" });
  upstream.forgetSessions();
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, n) => client.send(rpc(`r${n}`, "tools/call", { name: "up_t" }))),
  );
  const texts = await Promise.all(answers.map(async (answer) => (await answer.all).at(-1)));
  expect(texts).toEqual(texts.map((_, n) => `{"jsonrpc":"2.0","id":"r${n}","result":{"content":[]}}`));
  expect(upstream.sessions).toHaveLength(1);
  await client.end();
});

test("a line that cannot be opened fails its call and is tried again with the next", async () => {
  const client = await openLegacy(door);
  upstream.intercept = ({ request, response }) => {
    if (request.method === "initialize") response.destroy();
    return request.method === "initialize";
  };
  expect(parsed(await client.call("tools/call", { name: "up_t" }))["error"].data).toMatchObject({
    code: "upstream_unreachable",
    retryable: true,
  });
  upstream.intercept = undefined;
  expect(parsed(await client.call("tools/call", { name: "up_t" }))["result"]).toEqual({ content: [] });
  await client.end();
});

test("an idle session ends, one with a stream or a request under way does not", async () => {
  const [idle, streaming, working] = [await openLegacy(door), await openLegacy(door), await openLegacy(door)];
  const stream = await streaming.stream();
  const answer = Promise.withResolvers<string>();
  upstream.script = { ...script, "tools/call": () => answer.promise };
  const waiting = working.call("tools/call", { name: "up_wait" });
  await upstream.recording.when("tools/call");
  await house.sessions.sweep();
  await idleFor(idleMs + 1);
  await house.sessions.sweep();
  expect(house.sessions.at("main").map(({ id }) => id)).toEqual([streaming.session, working.session]);
  // What was in use a moment ago is not idle for an hour because the use began an hour ago.
  answer.resolve('{"content":[]}');
  expect(parsed(await waiting)["result"]).toEqual({ content: [] });
  stream.leave();
  await stream.all;
  while (house.sessions.at("main").some(({ isBusy }) => isBusy)) await new Promise(setImmediate);
  await house.sessions.sweep();
  expect(house.sessions.at("main")).toHaveLength(2);
  expect(await codeWith(door, idle.session)).toEqual([404, "session_unknown"]);
  await idleFor(idleMs + 1);
  await house.sessions.sweep();
  expect(house.sessions.at("main")).toEqual([]);
});

test("one session more than a caller may have ends the idle one, not the one in use", async () => {
  const first = await openLegacy(door);
  const stream = await first.stream();
  house.clock.advance(1);
  const second = await openLegacy(door);
  house.clock.advance(1);
  const third = await openLegacy(door);
  const fourth = await openLegacy(door);
  expect(house.sessions.at("main").map(({ id }) => id)).toEqual([
    first.session,
    third.session,
    fourth.session,
  ]);
  expect(await codeWith(door, second.session)).toEqual([404, "session_unknown"]);
  const elsewhere = await openLegacy(other);
  expect(house.sessions.at("main")).toHaveLength(3);
  stream.leave();
  for (const client of [first, third, fourth, elsewhere]) await client.end();
});

test("the end of a session ends its stream, and fails what is under way with the code to begin again", async () => {
  const client = await openLegacy(door);
  const stream = await client.stream();
  upstream.script = { ...script, "tools/call": () => new Promise<string>(() => undefined) };
  const waiting = client.send(call());
  const { id } = (await upstream.recording.when("tools/call")).message as { id: unknown };
  await client.end();
  const heard = await waiting;
  expect([heard.status, parsed((await heard.all)[0])["error"].code]).toEqual([404, -32001]);
  expect(await stream.all).toEqual([]);
  const told = await upstream.recording.when("notifications/cancelled");
  expect((told.message as { params: unknown }).params).toMatchObject({ requestId: id });
});

test("a request id that is under way is refused, and the request goes on", async () => {
  const client = await openLegacy(door);
  const answer = Promise.withResolvers<string>();
  upstream.script = { ...script, "tools/call": () => answer.promise };
  const first = client.send(call());
  await upstream.recording.when("tools/call");
  const second = await client.send(call());
  expect([second.status, parsed((await second.all)[0])["error"].data.code]).toEqual([
    400,
    "request_id_in_use",
  ]);
  answer.resolve('{"content":[]}');
  expect(parsed((await (await first).all)[0])["result"]).toEqual({ content: [] });
  upstream.script = script;
  expect((await client.send(call())).status).toBe(200);
  await client.end();
});

test("a cancelled request ends at the server, unanswered, and on record", async () => {
  const client = await openLegacy(door);
  upstream.script = { ...script, "tools/call": () => new Promise<string>(() => undefined) };
  const waiting = client.send(call());
  const { id } = (await upstream.recording.when("tools/call")).message as { id: unknown };
  for (const params of ["{}", '{"requestId":{}}', '{"requestId":"7"}', '{"requestId":8}'])
    await client.send(rpc(undefined, "notifications/cancelled", params));
  await client.send(rpc(undefined, "notifications/cancelled", { requestId: 7 }));
  const heard = await waiting;
  expect([heard.status, await heard.all]).toEqual([202, []]);
  const told = await upstream.recording.when("notifications/cancelled");
  expect((told.message as { params: unknown }).params).toMatchObject({ requestId: id });
  expect((await house.records()).at(-1)).toMatchObject({ method: "tools/call", outcome: "cancelled" });
  await client.end();
});

test("nobody cancels what another session has under way", async () => {
  const [client, stranger] = [await openLegacy(door), await openLegacy(door)];
  const answer = Promise.withResolvers<string>();
  upstream.script = { ...script, "tools/call": () => answer.promise };
  const waiting = client.send(call());
  await upstream.recording.when("tools/call");
  await stranger.send(rpc(undefined, "notifications/cancelled", { requestId: 7 }));
  answer.resolve('{"content":[]}');
  expect((await waiting).status).toBe(200);
  for (const each of [client, stranger]) await each.end();
});

test("a log level reaches the lines there are and those to come; a server that refuses it still serves", async () => {
  const client = await openLegacy(door);
  await client.call("logging/setLevel", { level: "warning" });
  expect(upstream.recording.of("logging/setLevel")).toEqual([]);
  upstream.script = { ...script, "logging/setLevel": () => ({ status: 500, body: "no" }) };
  expect(parsed(await client.call("tools/call", { name: "up_t" }))["result"]).toEqual({ content: [] });
  expect(upstream.recording.of("logging/setLevel").map(({ body }) => parsed(body)["params"])).toEqual([
    { level: "warning" },
  ]);
  await client.call("logging/setLevel", { level: "debug" });
  expect(upstream.recording.of("logging/setLevel")).toHaveLength(2);
  await client.end();
});

test("what a client may leave with us at its beginning is bounded", async () => {
  const params = { protocolVersion: "2025-11-25", capabilities: { x: "x".repeat(200_000) }, clientInfo: {} };
  const heard = await say(door.url, { token: door.token, body: rpc(1, "initialize", params) });
  expect(parsed((await heard.all)[0])["error"].data).toMatchObject({
    code: "params_invalid",
    field: "params.capabilities",
  });
});

test("no fault of this house was seen", () => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});

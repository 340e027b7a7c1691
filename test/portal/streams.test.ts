import { connect } from "node:net";
import { portalTools } from "@castellan/portal";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, say, sayModern, type Door } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let legacy: RawLegacyServer;
let modern: RawModernServer;
let door: Door;
let opened: AsyncDisposableStack;
const capabilities = '{"tools":{}}';

const offering = (...names: string[]): Script => ({
  "tools/list": () =>
    `{"resultType":"complete","tools":[${names.map((name) => `{"name":"${name}","inputSchema":{"type":"object"}}`).join()}]}`,
  "tools/call": () => '{"resultType":"complete","content":[]}',
});

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  house = opened.use(await openPortals({ stallMs: 1_000 }));
  legacy = opened.use(await startRawLegacy({ capabilities, script: offering("a") }));
  modern = opened.use(await startRawModern({ capabilities, script: offering("a") }));
  await house.sync("old", legacy.url);
  await house.sync("new", modern.url);
  door = await house.open("main", ["old", "new"]);
});

afterEach(async () => {
  const seen = [house.faults, house.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], []]);
});

const toolsChanged = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';

async function change(server: RawLegacyServer | RawModernServer, slug: string, ...names: string[]) {
  server.script = offering(...names);
  await house.sync(slug);
}

test("a GET stream opens at once, and tells when the portal's lists have changed, on the newest only", async () => {
  const client = await openLegacy(door);
  const older = await client.stream();
  const streams = [await client.stream(), older];
  expect(streams.map(({ status, headers }) => [status, headers["content-type"]])).toEqual([
    [200, "text/event-stream"],
    [200, "text/event-stream"],
  ]);
  await change(legacy, "old", "a", "b");
  expect(await streams[0]?.next()).toBe(toolsChanged);
  streams[0]?.leave();
  await streams[0]?.all;
  // The house has noticed when the newest stream no longer counts; until then the change would go there.
  let names = ["a"];
  const second = streams[1]?.next();
  const changed = async () => {
    names = [...names, `n${names.length}`];
    await change(legacy, "old", ...names);
    return "not yet";
  };
  while ((await Promise.race([second, changed()])) === "not yet");
  expect(await second).toBe(toolsChanged);
  await client.end();
  expect((await streams[1]?.all)?.every((text) => text === toolsChanged)).toBe(true);
});

test("a stream that is left leaves nothing behind in its session", async () => {
  const client = await openLegacy(door);
  const isBusy = () => house.sessions.at("main")[0]?.isBusy;
  for (let n = 0; n < 3; n++) {
    const stream = await client.stream();
    expect(isBusy()).toBe(true);
    stream.leave();
    await stream.all;
    while (isBusy()) await new Promise(setImmediate);
  }
  await client.end();
});

test("a GET stream ends when the house drains, and the drain does not wait for it", async () => {
  const client = await openLegacy(door);
  const stream = await client.stream();
  const drained = house.server.drain({ timeoutMs: 10_000 });
  expect(await stream.all).toEqual([]);
  expect(await drained).toEqual({ cut: 0 });
});

test("a running call is finished by a drain", async () => {
  const answer = Promise.withResolvers<string>();
  legacy.script = { ...offering("a"), "tools/call": () => answer.promise };
  const client = await openLegacy(door);
  const waiting = client.send(rpc(1, "tools/call", { name: "old_a" }));
  await legacy.recording.when("tools/call");
  const drained = house.server.drain({ timeoutMs: 10_000 });
  answer.resolve('{"content":[]}');
  expect(parsed((await (await waiting).all)[0])["result"]).toEqual({ content: [] });
  expect(await drained).toEqual({ cut: 0 });
});

const subscription = (id: unknown) => ({ "io.modelcontextprotocol/subscriptionId": id });
const listen = (notifications: unknown, id: unknown = "sub") =>
  sayModern(door, "subscriptions/listen", { notifications }, { id });

test("a subscription is acknowledged with what is honoured, and hears that only", async () => {
  const [all, none] = [
    await listen(
      { toolsListChanged: true, promptsListChanged: "yes", resourceSubscriptions: ["x://"], x: 1 },
      "sub",
    ),
    await listen({ promptsListChanged: true }, 7),
  ];
  expect(all.status).toBe(200);
  expect(parsed(await all.next())).toEqual({
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: { notifications: { toolsListChanged: true }, _meta: subscription("sub") },
  });
  expect(parsed(await none.next())["params"]).toEqual({
    notifications: { promptsListChanged: true },
    _meta: subscription(7),
  });
  await change(modern, "new", "a", "b");
  expect(parsed(await all.next())).toEqual({
    jsonrpc: "2.0",
    method: "notifications/tools/list_changed",
    params: { _meta: subscription("sub") },
  });
  await house.portals.remove("main");
  await house.flush();
  const end = (id: unknown) =>
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"resultType":"complete","_meta":${JSON.stringify(subscription(id))}}}`;
  expect([await all.next(), await all.next()]).toEqual([end("sub"), undefined]);
  expect([await none.next(), await none.next()]).toEqual([end(7), undefined]);
});

test("a subscription ends with its result when the house drains", async () => {
  const heard = await listen({});
  expect(parsed(await heard.next())["params"].notifications).toEqual({});
  const drained = house.server.drain({ timeoutMs: 10_000 });
  expect(parsed(await heard.next())["result"]).toEqual({
    resultType: "complete",
    _meta: subscription("sub"),
  });
  expect(await heard.next()).toBeUndefined();
  expect(await drained).toEqual({ cut: 0 });
});

test.each([[undefined], ["all"], [["tools"]]])("a subscription to %j is refused", async (filter) => {
  const heard = await listen(filter);
  expect(parsed((await heard.all)[0])["error"].data).toMatchObject({
    code: "params_invalid",
    field: "params.notifications",
  });
});

test("a modern client that hangs up cancels at the server, before and after the stream has begun", async () => {
  for (const early of ['{"jsonrpc":"2.0","method":"notifications/com.example/begun"}', undefined]) {
    modern.recording.clear();
    modern.script = {
      ...offering("a"),
      "tools/call": async function* (_, call: Call) {
        if (early !== undefined) yield early;
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
        yield call.result("{}");
      },
    };
    const leaving = new AbortController();
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const asking = fetch(door.url, {
      method: "POST",
      signal: leaving.signal,
      headers: {
        authorization: `Bearer ${door.token}`,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "new_a",
      },
      body: rpc(1, "tools/call", { name: "new_a", _meta: meta }),
    }).then(
      () => "head",
      () => "left",
    );
    const { ended } = await modern.recording.when("tools/call");
    if (early !== undefined) expect(await asking).toBe("head");
    leaving.abort();
    expect(await ended).toBe("dropped");
    let records = await house.records();
    while (records.at(-1)?.outcome !== "cancelled") records = await house.records();
  }
});

test("a legacy client that hangs up does not cancel (2025-11-25, transports)", async () => {
  const answer = Promise.withResolvers<string>();
  legacy.script = { ...offering("a"), "tools/call": () => answer.promise };
  const client = await openLegacy(door);
  const body = rpc(1, "tools/call", { name: "old_a" });
  const socket = connect(house.server.port, "127.0.0.1");
  socket.write(
    `POST /p/main/mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${door.token}\r\n` +
      `Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Session-Id: ${client.session}\r\n` +
      `MCP-Protocol-Version: 2025-11-25\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const { ended } = await legacy.recording.when("tools/call");
  socket.destroy();
  await client.call("tools/list");
  answer.resolve('{"content":[]}');
  expect(await ended).toBe("answered");
  const ofCall = async () => (await house.records()).find(({ method }) => method === "tools/call");
  let record = await ofCall();
  while (!record) record = await ofCall();
  expect(record.outcome).toBe("ok");
  await client.end();
});

test("a client that does not read what a server floods it with is cut, and the server with it", async () => {
  const chunk = JSON.stringify("x".repeat(256 * 1024));
  modern.script = {
    ...offering("a"),
    "tools/call": async function* (_, call: Call) {
      while (!call.signal.aborted)
        yield `{"jsonrpc":"2.0","method":"notifications/com.example/flood","params":{"data":${chunk}}}`;
    },
  };
  const heard = await sayModern(door, "tools/call", { name: "new_a" });
  expect(heard.headers["content-type"]).toBe("text/event-stream");
  const { ended } = await modern.recording.when("tools/call");
  expect(await ended).toBe("dropped");
  let records = await house.records();
  while (records.at(-1)?.outcome !== "cancelled") records = await house.records();
  heard.leave();
  await heard.all;
});

test("an answer that comes at once and alone is JSON, also for a client that takes nothing else", async () => {
  const client = await openLegacy(door);
  const call = rpc(1, "tools/call", { name: "old_a" });
  for (const accept of ["application/json, text/event-stream", "application/json", "*/*", "APPLICATION/*"]) {
    const heard = await client.send(call, { headers: { accept } });
    expect([heard.status, heard.headers["content-type"]]).toEqual([200, "application/json"]);
    await heard.all;
  }
  await client.end();
});

test("a client that takes no stream gets the answer without what came ahead of it", async () => {
  legacy.script = {
    ...offering("a"),
    "tools/call": async function* (_, call: Call) {
      yield call.notification("notifications/message");
      yield call.result('{"content":[]}');
    },
  };
  const client = await openLegacy(door);
  const heard = await client.send(rpc(1, "tools/call", { name: "old_a" }), {
    headers: { accept: "application/json" },
  });
  expect([heard.headers["content-type"], await heard.all]).toEqual([
    "application/json",
    ['{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'],
  ]);
  await client.end();
});

test("a subscription needs a client that takes a stream", async () => {
  const heard = await sayModern(
    door,
    "subscriptions/listen",
    { notifications: {} },
    { headers: { accept: "application/json" } },
  );
  expect([heard.status, parsed((await heard.all)[0])["error"].data.code]).toEqual([406, "not_acceptable"]);
});

test("lists are the servers' own words, and modern ones say how long they hold", async () => {
  const client = await openLegacy(door);
  const own = portalTools.definitions();
  expect(await client.call("tools/list", { cursor: null })).toBe(
    `{"jsonrpc":"2.0","id":1,"result":{"tools":[${['{"name":"old_a","inputSchema":{"type":"object"}}', '{"name":"new_a","inputSchema":{"type":"object"}}', ...own].join()}]}}`,
  );
  expect(await client.call("prompts/list")).toBe('{"jsonrpc":"2.0","id":2,"result":{"prompts":[]}}');
  expect(await client.call("resources/list")).toBe('{"jsonrpc":"2.0","id":3,"result":{"resources":[]}}');
  expect(await client.call("resources/templates/list")).toBe(
    '{"jsonrpc":"2.0","id":4,"result":{"resourceTemplates":[]}}',
  );
  expect(await client.call("ping")).toBe('{"jsonrpc":"2.0","id":5,"result":{}}');
  expect(parsed((await (await sayModern(door, "tools/list")).all)[0])["result"]).toMatchObject({
    resultType: "complete",
    tools: [{ name: "old_a" }, { name: "new_a" }, { name: "portal_list_servers" }],
    ttlMs: 60_000,
    cacheScope: "private",
  });
  await client.end();
});

test("a default portal is served at /mcp as well", async () => {
  const { token } = await house.open("default", ["old"]);
  const client = await openLegacy({ url: `${house.server.url}/mcp`, token });
  expect(await client.call("tools/list")).toContain('"old_a"');
  expect((await say(`${house.server.url}/mcp`, { token: door.token, body: rpc(1, "ping") })).status).toBe(
    404,
  );
  await client.end();
});

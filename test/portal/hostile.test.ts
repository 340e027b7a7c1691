/** Callers and servers that take what they can get: each is bounded, and the others notice nothing of it. */
import { toolClasses } from "@castellan/access";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DetailedServer } from "@castellan/api";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { faults, only } from "../fixtures/faulty.ts";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import type { RecordedRequest } from "../fixtures/recording.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { startTestHouse } from "../harness/house.ts";
import { everyKind } from "../harness/registration.ts";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { openLegacy, parsed, rpc, say, sayModern, type Door, type Heard } from "./client.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const opened = new AsyncDisposableStack();
let house: Awaited<ReturnType<typeof startTestHouse>>;
let old: RawLegacyServer;
let modern: RawModernServer;
/** Both servers, "old" and "new", for two callers. */
let door: Door;
let other: Door;
/** Portals over one of them, which is the only one with resources there. */
let alone: readonly Door[];

const script: Script = {
  "tools/list": () =>
    '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}},{"name":"hang","inputSchema":{"type":"object"}}],"ttlMs":0,"cacheScope":"private"}',
  "tools/call": () => '{"resultType":"complete","content":[]}',
  "resources/list": () =>
    '{"resultType":"complete","resources":[{"uri":"x://1","name":"1"}],"ttlMs":0,"cacheScope":"private"}',
  "resources/templates/list": () =>
    '{"resultType":"complete","resourceTemplates":[],"ttlMs":0,"cacheScope":"private"}',
  "resources/read": () => '{"resultType":"complete","contents":[],"ttlMs":0,"cacheScope":"private"}',
};
const capabilities = '{"tools":{},"resources":{}}';

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  old = opened.use(await startRawLegacy({ capabilities, script }));
  modern = opened.use(await startRawModern({ capabilities, script }));
  const asking = { url: old.url, clientFeatures: ["elicitation_form"] };
  door = await house.addPortal("main", { old: asking, new: modern.url });
  other = { url: door.url, token: await newToken("main") };
  alone = await Promise.all(
    ["old", "new"].map(async (slug) => {
      await house.api("POST", "/portals", { slug: `only-${slug}`, servers: [slug] });
      return { url: `${house.url}/p/only-${slug}/mcp`, token: await newToken(`only-${slug}`) };
    }),
  );
});

beforeEach(() => {
  for (const server of [old, modern]) {
    server.script = script;
    server.intercept = undefined;
    server.recording.clear();
  }
});

afterAll(() => opened.disposeAsync());

async function newToken(...portals: string[]): Promise<string> {
  const body = { name: createId("token"), role: "member", portals, allow: toolClasses };
  return (await house.api<{ secret: string }>("POST", "/tokens", body)).secret;
}

function register(slug: string, url: string, more: object = {}): Promise<DetailedServer> {
  return house.api("POST", "/servers", {
    slug,
    url,
    allowPrivate: ["127.0.0.1"],
    autoAccept: everyKind,
    ...more,
  });
}

/** What came of a request. */
async function answerOf(heard: Heard) {
  const { id, result, error } = parsed((await heard.all).at(-1));
  return { status: heard.status, id, result, rpc: error?.code, ...error?.data, requestId: undefined };
}

/** How much memory is kept of what was done, in bytes. */
async function keptBy(run: () => Promise<void>): Promise<number> {
  const before = await memoryInUse();
  await run();
  return (await memoryInUse()) - before;
}

async function memoryInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    // What has ended lets go of its parts in callbacks of its own.
    await new Promise(setImmediate);
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  // The text of a large body lies outside of the heap proper.
  return heapUsed + external;
}

const MB = 1_000_000;

test.each([8192, 8193])("a URI of %d characters", async (length) => {
  const uri = `x://${"u".repeat(length - 4)}`;
  const tooLong = { status: 200, id: "r", rpc: -32602, code: "params_invalid", field: "params.uri" };
  // Each era's caller at each era's server.
  for (const one of alone) {
    const client = await openLegacy(one);
    const answers = [
      await answerOf(await client.send(rpc("r", "resources/read", { uri }))),
      await answerOf(await sayModern(one, "resources/read", { uri }, { id: "r" })),
    ];
    await client.end();
    if (length > 8192) expect(answers).toEqual([tooLong, tooLong]);
    else expect(answers).toMatchObject([{ result: { contents: [] } }, { result: { contents: [] } }]);
  }
  const asked = [old, modern].map(({ recording }) => recording.of("resources/read").length);
  expect(asked).toEqual(length > 8192 ? [0, 0] : [2, 2]);
});

test("of templates without end 500 are kept, and none costs a reader much", async () => {
  const count = 10_000;
  // Each has many ways to fit the URI but for its last letter.
  const template = (n: number) => `${"{a}q".repeat(60)}{b}z${n}`;
  const templates = Array.from({ length: count }, (_, n) => `{"uriTemplate":"${template(n)}","name":"${n}"}`);
  await using swarm = await startRawModern({
    capabilities: '{"resources":{}}',
    script: {
      ...script,
      "resources/templates/list": () =>
        `{"resultType":"complete","resourceTemplates":[${templates.join()}],"ttlMs":0,"cacheScope":"private"}`,
    },
  });
  const portal = await house.addPortal("swarm", { swarm: swarm.url });
  const { counts, offered, state } = await house.api<DetailedServer>("GET", "/servers/swarm");
  expect([counts.resourceTemplates, state.status]).toEqual([500, "ready"]);
  expect(offered.resourceTemplates).toEqual(Array.from({ length: 500 }, (_, n) => template(n)));
  const [first] = state.skipped;
  expect(first).toContain("resource_template");
  const unnamed = Number(/^and (\d+) more$/.exec(state.skipped.at(-1) ?? "")?.[1] ?? "1");
  expect(state.skipped.length - 1 + unnamed).toBe(count - 500);

  const startedMs = performance.now();
  const heard = await sayModern(portal, "resources/read", { uri: "q".repeat(8000) });
  expect(parsed((await heard.all).at(-1))["result"].contents).toEqual([]);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test("a session keeps of its hello what it needs, not the hello", async () => {
  const token = await newToken("main");
  const hello = (pad: number) =>
    rpc("init", "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: { roots: {} },
      clientInfo: { name: "tester", version: "9" },
      _meta: { pad: "x".repeat(pad) },
    });
  const begin = async (pad: number) => {
    const heard = await say(door.url, { token, body: hello(pad) });
    expect(parsed((await heard.all)[0])["result"].protocolVersion).toBe("2025-11-25");
    return String(heard.headers["mcp-session-id"]);
  };
  await begin(4 * MB);
  const sessions: string[] = [];
  const kept = await keptBy(async () => {
    for (let n = 0; n < 40; n++) sessions.push(await begin(4 * MB));
  });
  expect(kept).toBeLessThan(20 * MB);
  // They are all there: it was not by forgetting them.
  const headers = (session: string) => ({
    "mcp-session-id": session,
    "mcp-protocol-version": "2025-11-25",
  });
  const pings = await Promise.all(
    sessions.map((session) => say(door.url, { token, headers: headers(session), body: rpc(1, "ping") })),
  );
  expect(new Set(pings.map(({ status }) => status))).toEqual(new Set([200]));
  for (const heard of pings) await heard.all;
  for (const session of sessions) await say(door.url, { method: "DELETE", token, headers: headers(session) });
});

/** A server that asks with the token of the call's arguments; `waits` for the answer, or goes on at once. */
const asking = (waits: boolean): Script => ({
  ...script,
  "tools/call": async function* ({ arguments: { token } }, call: Call) {
    yield call.ask(
      String(call.id),
      "elicitation/create",
      `{"message":"who?","_meta":{"progressToken":${token}}}`,
    );
    if (waits) await call.answerTo(String(call.id));
    yield call.result('{"content":[]}');
  },
});

test("of a question nothing large is kept", async () => {
  old.script = {
    ...script,
    "tools/call": async function* (_, call: Call) {
      const token = `{"pad":"${"x".repeat(MB)}"}`;
      yield call.ask(call.id, "elicitation/create", `{"message":"who?","_meta":{"progressToken":${token}}}`);
      yield call.result('{"content":[]}');
    },
  };
  const client = await openLegacy(door, { capabilities: { elicitation: {} } });
  const ask = async (id: number) => {
    const [question, answer] = await (await client.send(rpc(id, "tools/call", { name: "old_t" }))).all;
    expect([question?.slice(-40), (question?.length ?? 0) > MB]).toEqual([`${"x".repeat(35)}"}}}}`, true]);
    expect(parsed(answer)["result"]).toEqual({ content: [] });
  };
  await ask(0);
  const kept = await keptBy(async () => {
    for (let id = 1; id <= 24; id++) await ask(id);
  });
  expect(kept).toBeLessThan(10 * MB);
  await client.end();
});

test.each<[string, unknown, boolean]>([
  ["a word", "pt", true],
  ["256 characters", "p".repeat(256), true],
  ["a number", 7, true],
  ["257 characters", "p".repeat(257), false],
  ["an object", { pt: 1 }, false],
])("progress of a question under %s", async (_, token, isPassed) => {
  old.script = asking(true);
  const client = await openLegacy(door, { capabilities: { elicitation: {} } });
  const call = await client.send(
    rpc("c", "tools/call", { name: "old_t", arguments: { token: JSON.stringify(token) } }),
  );
  const question = parsed(await call.next());
  expect(question["params"]).toEqual({ message: "who?", _meta: { progressToken: token } });
  await client.send(rpc(undefined, "notifications/progress", { progressToken: token, progress: 1 }));
  await client.send(`{"jsonrpc":"2.0","id":${JSON.stringify(question["id"])},"result":{"action":"decline"}}`);
  expect(parsed(await call.next())["result"]).toEqual({ content: [] });
  const told = old.recording.of("notifications/progress").map(({ message }) => message);
  expect(told).toEqual(
    isPassed
      ? [{ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: 1 } }]
      : [],
  );
  await client.end();
});

test.each(["legacy", "modern"])("a %s server that says too much of itself is not kept", async (era) => {
  const start = (length: number) => {
    const options = { capabilities, script, instructions: `"${"i".repeat(length)}"` };
    return era === "legacy" ? startRawLegacy(options) : startRawModern(options);
  };
  await using large = await start(256 * 1024 - 2000);
  await using tooLarge = await start(256 * 1024);
  const { state: accepted } = await register(`large-${era}`, large.url);
  expect([accepted.status, accepted.error]).toEqual(["ready", undefined]);
  const { state: refused } = await register(`too-large-${era}`, tooLarge.url);
  expect([refused.status, refused.error?.code, refused.eras]).toEqual(["error", "upstream_invalid", []]);
  expect(refused.error?.message).toMatch(/says of itself is larger than/);
});

const limited = {
  status: 429,
  id: "more",
  result: undefined,
  rpc: -32000,
  code: "calls_limited",
  retryable: true,
};
const callTool = (of: Door, name: string) => sayModern(of, "tools/call", { name }, { id: "more" });

/** Everyone else, and the same caller elsewhere, is answered as ever. */
async function expectRoomElsewhere(full: "old" | "new"): Promise<void> {
  const free = full === "old" ? "new" : "old";
  const [client, another] = [await openLegacy(door), await openLegacy(other)];
  const call = (by: typeof client, name: string) => by.send(rpc("more", "tools/call", { name }));
  const heard = [
    await (free === "new" ? callTool(door, "new_t") : call(client, "old_t")),
    await (full === "new" ? callTool(other, "new_t") : call(another, "old_t")),
  ];
  expect(await Promise.all(heard.map(answerOf))).toMatchObject([
    { status: 200, result: { content: [] } },
    { status: 200, result: { content: [] } },
  ]);
  for (const each of [client, another]) await each.end();
}

test("64 modern calls may be under way at a server; who hangs up makes room", async () => {
  modern.script = {
    ...script,
    "tools/call": async function* ({ name }: { name: string }, call: Call) {
      if (name === "hang") {
        yield call.notification("notifications/com.example/begun");
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      }
      yield call.result('{"resultType":"complete","content":[]}');
    },
  };
  const hanging = await Promise.all(
    Array.from({ length: 64 }, (_, id) => sayModern(door, "tools/call", { name: "new_hang" }, { id })),
  );
  for (const heard of hanging) expect(await heard.next()).toContain("notifications/com.example/begun");
  const refused = await callTool(door, "new_hang");
  expect(refused.headers["retry-after"]).toBe("1");
  expect(await answerOf(refused)).toEqual(limited);
  expect(await answerOf(await callTool(door, "new_t"))).toEqual(limited);
  expect(modern.recording.of("tools/call")).toHaveLength(64);
  await expectRoomElsewhere("new");

  hanging[0]?.leave();
  let after = await answerOf(await callTool(door, "new_t"));
  while (after.code === "calls_limited") after = await answerOf(await callTool(door, "new_t"));
  expect(after).toMatchObject({ status: 200, result: { content: [] } });
  for (const heard of hanging) heard.leave();
  await Promise.all(modern.recording.of("tools/call").map(({ ended }) => ended));
});

test("64 legacy calls may be under way at a server, of all sessions; who cancels makes room", async () => {
  const isHanging = ({ method, body }: RecordedRequest) => method === "tools/call" && body.includes('"hang"');
  old.intercept = only(isHanging, faults.hang());
  const clients = [await openLegacy(door), await openLegacy(door)];
  const hang = (id: number) => clients[id % 2]?.send(rpc(id, "tools/call", { name: "old_hang" }));
  const hanging = Array.from({ length: 64 }, (_, id) => hang(id));
  for (let n = 0; n < 64; n++) await arrived(n + 1);
  const more = async (name: string) =>
    answerOf((await clients[0]?.send(rpc("more", "tools/call", { name }))) as Heard);
  expect(await more("old_hang")).toEqual(limited);
  expect(await more("old_t")).toEqual(limited);
  expect(old.recording.of(isHanging)).toHaveLength(64);
  await expectRoomElsewhere("old");

  const cancelled = await clients[1]?.send(rpc(undefined, "notifications/cancelled", { requestId: 1 }));
  expect(cancelled?.status).toBe(202);
  await hanging[1];
  let after = await more("old_t");
  while (after.code === "calls_limited") after = await more("old_t");
  expect(after).toMatchObject({ status: 200, result: { content: [] } });
  for (const client of clients) await client.end();
  for (const heard of hanging) await (await heard)?.all;

  async function arrived(count: number): Promise<void> {
    await old.recording.when((request) => isHanging(request) && old.recording.of(isHanging).length >= count);
  }
});

test("256 streams may be open, of both kinds together; who closes one makes room", async () => {
  const client = await openLegacy(door);
  const listen = (of: Door, id: unknown, more: Parameters<typeof sayModern>[3] = {}) =>
    sayModern(of, "subscriptions/listen", { notifications: {} }, { id, ...more });
  const streams: Heard[] = [];
  for (let n = 0; n < 128; n++) streams.push(await client.stream(), await listen(door, n));
  expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
  const tooMany = { status: 429, result: undefined, rpc: -32000, code: "streams_limited", retryable: true };
  expect(await answerOf(await client.stream())).toEqual({ ...tooMany, id: null });
  expect(await answerOf(await listen(door, "more"))).toEqual({ ...tooMany, id: "more" });
  // However the caller writes its header, it is the same caller.
  for (const authorization of [`bearer ${door.token}`, `Bearer   ${door.token}`])
    expect(await answerOf(await listen(door, "more", { headers: { authorization } }))).toEqual({
      ...tooMany,
      id: "more",
    });
  // Calls are not streams, and others are not this caller.
  expect(await answerOf(await callTool(door, "new_t"))).toMatchObject({ status: 200 });
  const theirs = await listen(other, "theirs");
  expect(parsed(await theirs.next())["method"]).toBe("notifications/subscriptions/acknowledged");
  theirs.leave();

  for (const [left, again] of [
    [1, () => listen(door, "again")],
    [0, () => client.stream()],
  ] as const) {
    streams[left]?.leave();
    let stream = await again();
    while (stream.status === 429) {
      await stream.all;
      stream = await again();
    }
    expect(stream.status).toBe(200);
    streams.push(stream);
  }
  for (const stream of streams) stream.leave();
  await client.end();
});

test("streams that are asked for all at once are counted as well", async () => {
  const caller = { url: door.url, token: await newToken("main") };
  const streams = await Promise.all(
    Array.from({ length: 300 }, (_, id) =>
      sayModern(caller, "subscriptions/listen", { notifications: {} }, { id }),
    ),
  );
  const open = streams.filter(({ status }) => status === 200);
  const refused = await Promise.all(streams.filter(({ status }) => status !== 200).map(answerOf));
  expect([open.length, refused.length]).toEqual([256, 44]);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["streams_limited"]));
  for (const stream of open) stream.leave();
});

test("the headers of a server are sent nowhere but where they were given for", async () => {
  await using own = await startRawModern({ capabilities, script });
  await using thief = await startRawModern({ capabilities, script });
  const bearerToken = "of-the-house";
  const { state } = await register("moved", own.url, { bearerToken });
  expect(state.status).toBe("ready");
  expect(own.recording.requests.at(-1)?.headers["authorization"]).toBe(`Bearer ${bearerToken}`);
  await house.api("POST", "/portals", { slug: "moved", servers: ["moved", "new"] });
  const portal = { url: `${house.url}/p/moved/mcp`, token: await newToken("moved") };

  await house.database.query(sql`update servers set url = ${thief.url} where slug = 'moved'`);
  const synced = await house.api<DetailedServer>("POST", "/servers/moved/sync");
  expect([synced.state.status, synced.state.error?.code]).toEqual([
    "needs_attention",
    "server_credentials_moved",
  ]);
  // A caller of the server is refused, or not offered it; the other server of the portal is as ever.
  const refused = await answerOf(await callTool(portal, "moved_t"));
  expect(refused.result).toBeUndefined();
  expect(await answerOf(await callTool(portal, "new_t"))).toMatchObject({ result: { content: [] } });
  // What changes elsewhere still comes into effect here, and in a house that starts now.
  const { offered } = await register("after-moved", own.url);
  expect(offered.tools).toEqual(["t", "hang"]);
  await using replica = await startTestHouse({ beside: house });
  expect(
    await answerOf(await callTool({ ...portal, url: `${replica.url}/p/moved/mcp` }, "new_t")),
  ).toMatchObject({ result: { content: [] } });
  expect(thief.recording.requests.filter(({ headers }) => headers["authorization"] !== undefined)).toEqual(
    [],
  );
});

test("a subscription keeps of its request what it needs, not the request", async () => {
  const token = await newToken("main");
  const { hostname, port } = new URL(house.url);
  const sockets: Socket[] = [];
  const kept = await keptBy(async () => {
    for (let id = 0; id < 20; id++) sockets.push(await listen(id));
  });
  for (const socket of sockets) socket.destroy();
  expect(kept).toBeLessThan(20 * MB);

  /** On a bare socket, which keeps nothing of what it sent; resolves when the stream has begun. */
  async function listen(id: number): Promise<Socket> {
    const _meta = { [metaKeys.protocolVersion]: "2026-07-28", [metaKeys.clientCapabilities]: {} };
    const body = rpc(id, "subscriptions/listen", { notifications: {}, pad: "x".repeat(3 * MB), _meta });
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /p/main/mcp HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n` +
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n" +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 200 /);
    return socket;
  }
});

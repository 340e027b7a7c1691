/** Clients that open and abandon, servers that break everything: nothing may pile up. */
import { getEventListeners } from "node:events";
import { sql } from "@castellan/database";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, sayModern, type Door } from "../portal/client.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

let opened: AsyncDisposableStack;
let a: Portals;
let b: Portals;
let old: RawLegacyServer;
let modern: RawModernServer;
let door: Door;

const capabilities = '{"tools":{"listChanged":true},"logging":{},"resources":{"subscribe":true}}';
const script = (scheme: string): Script => ({
  "tools/list": () =>
    '{"resultType":"complete","tools":[{"name":"t","inputSchema":{"type":"object"}}],"ttlMs":0,"cacheScope":"private"}',
  "resources/list": () =>
    `{"resultType":"complete","resources":[{"uri":"${scheme}://1","name":"1"}],"ttlMs":0,"cacheScope":"private"}`,
  "tools/call": async function* (_, call: Call) {
    yield call.notification("notifications/message", '{"level":"info","data":1}');
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield call.result('{"resultType":"complete","content":[]}');
  },
  "resources/subscribe": () => "{}",
});

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  old = opened.use(await startRawLegacy({ capabilities, script: script("old") }));
  modern = opened.use(await startRawModern({ capabilities, script: script("new") }));
  a = opened.use(await openPortals({ replay: { keepMs: 0, lingerMs: 0 } }));
  await a.sync("old", old.url);
  await a.sync("new", modern.url);
  door = await a.open("main", ["old", "new"]);
  b = opened.use(await openPortals({ beside: a }));
});

afterEach(async () => {
  vi.restoreAllMocks();
  const seen = [a.faults, a.errors, b.faults, b.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const at = (house: Portals): Door => ({ ...door, url: `${house.server.url}/p/main/mcp` });
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("streams, subscriptions and calls that are opened and left by the hundred leave nothing behind", async () => {
  const client = await openLegacy(at(a));
  const elsewhere = client.at(at(b));
  await (
    await client.send(rpc("first", "tools/call", { name: "old_t" }))
  ).all;
  const session = a.sessions.known(client.session);
  if (!session) throw new Error("The session is not known");
  const before = [timers(), getEventListeners(a.replicas.lapsed, "abort").length];
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const id = `${round}.${n}`;
        const streams = [
          await client.stream(),
          await elsewhere.stream(),
          await sayModern(at(a), "subscriptions/listen", {
            notifications: { toolsListChanged: true, resourceSubscriptions: ["new://1", "old://1"] },
          }),
          await client.send(rpc(id, "tools/call", { name: "old_t" })),
        ];
        await streams[3]?.next();
        const place = streams[3]?.lastEventId;
        streams.push(await elsewhere.stream(place), await client.stream(place));
        for (const stream of streams) stream.leave();
        await Promise.all(streams.map(({ all }) => all));
      }),
    );
  }
  const { closed } = session;
  await vi.waitUntil(
    () => {
      a.clock.advance(1);
      a.resumable.sweep();
      return (
        a.resumable.size === 0 &&
        !session.isBusy &&
        getEventListeners(closed, "abort").length === 0 &&
        modern.subscriptions.length === 0
      );
    },
    { timeout: 10_000, interval: 20 },
  );
  // The line of the session; those of the watchers are ended.
  await expect
    .poll(() => old.sessions.length <= 1 && old.streams.length === 0, { timeout: 10_000 })
    .toBe(true);
  // Of 480 streams not one in ten has left a timer: what there is belongs to connections.
  await expect.poll(() => timers() < (before[0] ?? 0) + 48, { timeout: 10_000 }).toBe(true);
  expect(getEventListeners(a.replicas.lapsed, "abort").length).toBeLessThanOrEqual(before[1] ?? 0);
  // The last stream to close tells so by itself.
  const owned = () => a.database.query(sql`select stream_owner from sessions where stream_owner is not null`);
  await vi.waitUntil(async () => (await owned()).length === 0, { timeout: 5_000 });
  // A letter goes with the reading after the one that brought it.
  await vi.waitUntil(async () => (await a.database.query(sql`select from mail`)).length === 0, {
    timeout: 5_000,
  });
});

test("a server that forgets every session at once fails its calls and is not stormed", async () => {
  const clients = [await openLegacy(at(a)), await openLegacy(at(b))];
  const streams = await Promise.all(clients.map((one) => one.stream()));
  old.intercept = ({ request, response }) => {
    if (request.headers["mcp-session-id"] === undefined || request.method === "notifications/initialized")
      return false;
    response
      .writeHead(404, { "content-type": "application/json" })
      .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
    return true;
  };
  old.recording.clear();
  const answers = await Promise.all(
    clients.flatMap((client) =>
      Array.from({ length: 10 }, async (_, n) => {
        const heard = await client.send(rpc(n, "tools/call", { name: "old_t" }));
        return parsed((await heard.all).at(-1))["error"].message;
      }),
    ),
  );
  expect(new Set(answers)).toEqual(new Set(["Session not found"]));
  const initializes = old.recording.of("initialize").length;
  expect(initializes).toBeLessThan(80);
  for (const stream of streams) stream.leave();
});

test("a request whose id no event id can hold has a stream that promises no return", async () => {
  const client = await openLegacy(at(a));
  for (const [id, isResumable] of [
    ["x".repeat(256), true],
    ["\u0001".repeat(256), false],
  ] as const) {
    const heard = await client.send(rpc(id, "tools/call", { name: "old_t" }));
    const texts = await heard.all;
    expect(parsed(texts.at(-1))).toMatchObject({ id, result: {} });
    expect((heard.lastEventId?.length ?? 0) > 0).toBe(isResumable);
  }
});

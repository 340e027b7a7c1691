/** A legacy client that loses the stream of a call takes it up again (2025-11-25, transports, "Resumability"). */
import { createId } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import type { Call } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, type Door, type LegacyClient } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let opened: AsyncDisposableStack;
let a: Portals;
let b: Portals;
let up: RawLegacyServer;
let door: Door;
/** What the tool says next: a log message, or its answer. */
let said: (string | undefined)[];
let wake: PromiseWithResolvers<void>;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  said = [];
  wake = Promise.withResolvers();
  up = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
        "tools/call": async function* (_, call: Call) {
          for (;;) {
            while (said.length === 0) await wake.promise;
            const data = said.shift();
            if (data === undefined) return yield call.result('{"content":[],"n":1E400}');
            yield log(data);
          }
        },
      },
    }),
  );
  a = opened.use(await openPortals({ replay: { maxBytes: 10_000, maxBytesPerPrincipal: 15_000 } }));
  await a.sync("up", up.url);
  door = await a.open("main", ["up"]);
  b = opened.use(await openPortals({ beside: a }));
});

afterEach(async () => {
  const seen = [a.faults, a.errors, b.faults, b.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const at = (house: Portals): Door => ({ ...door, url: `${house.server.url}/p/main/mcp` });
const log = (data: string) =>
  `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${data}"}}`;
const call = (id: unknown) => rpc(id, "tools/call", { name: "up_t" });
const result = (id: unknown) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"n":1E400}}`;

function say(...texts: (string | undefined)[]): void {
  said.push(...texts);
  wake.resolve();
  wake = Promise.withResolvers();
}

/** A call that has said one thing, and was then left. */
async function leaveCall(client: LegacyClient, id: unknown = "c"): Promise<string> {
  say("1");
  const heard = await client.send(call(id));
  expect(await heard.next()).toBe(log("1"));
  const { lastEventId } = heard;
  heard.leave();
  await heard.all;
  return lastEventId ?? "none";
}

test.each([
  ["the same replica", () => a],
  ["another replica", () => b],
])("through %s the rest comes, also what was said meanwhile, each once", async (_, house) => {
  const client = await openLegacy(at(a));
  const place = await leaveCall(client);
  say("2", "3");
  const again = await client.at(at(house())).stream(place);
  expect([again.status, again.headers["content-type"]]).toEqual([200, "text/event-stream"]);
  expect([await again.next(), await again.next()]).toEqual([log("2"), log("3")]);
  // Once more, from where it was left now.
  const second = again.lastEventId;
  again.leave();
  await again.all;
  const third = await client.at(at(house())).stream(second);
  say("4", undefined);
  expect(await third.all).toEqual([log("4"), result("c")]);
  expect(up.recording.of("notifications/cancelled")).toEqual([]);
});

test("the stream begins with a place to come back to, and what has ended is there for a while", async () => {
  const client = await openLegacy(at(a));
  say("1");
  const heard = await client.send(call(7));
  await heard.next();
  const first = heard.lastEventId?.replace(/-1$/, "-0");
  say(undefined);
  expect(await heard.all).toEqual([log("1"), result(7)]);
  expect(await (await client.stream(first)).all).toEqual([log("1"), result(7)]);
  a.clock.advance(15_001);
  a.resumable.sweep();
  expect(a.resumable.size).toBe(0);
  const lost = parsed((await (await client.stream(first)).all)[0]);
  expect(lost).toMatchObject({ id: 7, error: { data: { code: "exchange_lost", retryable: true } } });
});

test("what nobody came back for in five minutes is not kept, and the call goes on", async () => {
  const client = await openLegacy(at(a));
  const place = await leaveCall(client);
  // Until the house has noticed that the client left, the time does not count.
  while (a.resumable.size > 0) {
    await new Promise(setImmediate);
    a.clock.advance(5 * 60_000 + 1);
    a.resumable.sweep();
  }
  say(undefined);
  const lost = await (await client.stream(place)).all;
  expect(lost.map((text) => parsed(text)["error"].data.code)).toEqual(["exchange_lost"]);
  let records = await a.records();
  while (!records.some(({ method }) => method === "tools/call")) records = await a.records();
  expect(records.findLast(({ method }) => method === "tools/call")).toMatchObject({ outcome: "ok" });
});

test.each([
  ["of this replica", () => a],
  ["of another", () => b],
])("more than the bound is not kept for a client that left (%s)", async (_, house) => {
  const client = await openLegacy(at(a));
  const place = await leaveCall(client, "big");
  say("x".repeat(6_000), "y".repeat(6_000), undefined);
  let records = await a.records();
  while (!records.some(({ method }) => method === "tools/call")) records = await a.records();
  const [lost] = await (await client.at(at(house())).stream(place)).all;
  expect(parsed(lost)).toMatchObject({ id: "big", error: { data: { code: "exchange_lost" } } });
});

test("a replica that is gone has lost its exchanges: the request is answered with that", async () => {
  const client = await openLegacy(at(a));
  const place = await leaveCall(client, 12);
  await a.replicas[Symbol.asyncDispose]();
  const [lost] = await (await client.at(at(b)).stream(place)).all;
  expect(parsed(lost)).toMatchObject({ id: 12, error: { data: { code: "exchange_lost", retryable: true } } });
  say(undefined);
});

test("an event id is good in its own session only", async () => {
  const [client, stranger] = [await openLegacy(at(a)), await openLegacy(at(a))];
  const place = await leaveCall(client);
  for (const id of [place, `${createId("call")}-1`, "-1", "x".repeat(5_000)]) {
    // It gets its own stream, on which nobody says anything.
    const stream = await stranger.stream(id);
    expect(stream.status).toBe(200);
    await stranger.end();
    expect(await stream.all).toEqual([]);
    Object.assign(stranger, await openLegacy(at(a)));
  }
  say(undefined);
  expect(await (await client.stream(place)).all).toEqual([result("c")]);
});

test.each([
  ["2025-06-18", undefined],
  ["2025-11-25", "application/json"],
])("no ids for a client of %s that accepts %s", async (version, accept) => {
  const client = await openLegacy(at(a), { version });
  say("1", undefined);
  const heard = await client.send(call(1), accept === undefined ? {} : { headers: { accept } });
  await heard.all;
  expect([heard.lastEventId, a.resumable.size]).toEqual([undefined, 0]);
});

test("the end of the session ends what is resumed", async () => {
  const client = await openLegacy(at(a));
  const place = await leaveCall(client);
  const streams = [await client.at(at(b)).stream(place), await client.stream(place)];
  await client.end();
  for (const stream of streams) await stream.all;
  say(undefined);
});

/** What members, servers and failures do to sessions that several replicas serve. */
import { databaseFaults, sql, type SqlStatement } from "@castellan/database";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, type Door } from "../portal/client.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

let opened: AsyncDisposableStack;
let a: Portals;
let b: Portals;
let up: RawLegacyServer;
let door: Door;

const script: Script = {
  "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
  "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
  "tools/call": async function* (_, asked: Call) {
    yield asked.ask(0, "elicitation/create", '{"message":"who?"}');
    yield asked.result(JSON.stringify({ content: [], told: await asked.answerTo(0) }));
  },
  "resources/subscribe": () => "{}",
};
const capabilities = '{"tools":{},"logging":{},"resources":{"subscribe":true}}';

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  up = opened.use(await startRawLegacy({ capabilities, script }));
  a = opened.use(await openPortals());
  await a.sync("up", up.url, { clientFeatures: ["elicitation_form", "roots"] });
  door = await a.open("main", ["up"]);
  b = opened.use(await openPortals({ beside: a }));
});

afterEach(async () => {
  vi.restoreAllMocks();
  const seen = [a.faults, a.errors, b.faults, b.errors];
  await opened.disposeAsync();
  expect(seen).toEqual([[], [], [], []]);
});

const at = (house: Portals): Door => ({ ...door, url: `${house.server.url}/p/main/mcp` });
const flush = () => Promise.all([a.flush(), b.flush()]);
const elicits = { capabilities: { elicitation: {}, roots: { listChanged: true } } };
const answer = (id: unknown) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"accept"}}`;
const idOf = (text: string | undefined) => (parsed(text) as { id?: unknown }).id;

test("a server that takes no answers does not hold up the answers of other sessions", async () => {
  await using deaf = await startRawLegacy({ capabilities, script });
  await a.sync("deaf", deaf.url, { clientFeatures: ["elicitation_form"] });
  await a.portals.putServer("main", "deaf");
  await flush();
  // Takes the bodies of what answers it, and says nothing.
  deaf.intercept = ({ request }) => request.httpMethod === "POST" && request.method === undefined;

  const member = await openLegacy(at(a), elicits);
  const victim = await openLegacy(at(a), elicits);
  for (let n = 0; n < 3; n++) {
    const asked = await member.send(rpc(`m${n}`, "tools/call", { name: "deaf_t" }));
    await member.at(at(b)).send(answer(idOf(await asked.next())));
  }
  const asked = await victim.send(rpc("v", "tools/call", { name: "up_t" }));
  await victim.at(at(b)).send(answer(idOf(await asked.next())));
  expect(parsed(await asked.next())["result"].told.result.action).toBe("accept");
  await member.end();
});

test("what one caller sends through other replicas leaves room for the others", async () => {
  const member = await openLegacy(at(a));
  const noise = rpc(undefined, "notifications/x", { x: "x".repeat(1_000_000) });
  const statuses: number[] = [];
  const sent = await a.database.transaction(async (tx) => {
    // Nothing is written meanwhile.
    await tx.query(sql`lock table mail in access exclusive mode`);
    const sending = Array.from({ length: 20 }, async () => {
      const heard = await member.send(noise);
      statuses.push(heard.status);
      return (await heard.all).map((text) => parsed(text)["error"].data.code);
    });
    await expect.poll(() => statuses.length === 12, { timeout: 10_000 }).toBe(true);
    return { sending };
  });
  expect(statuses).toEqual(Array.from({ length: 12 }, () => 429));
  const codes = await Promise.all(sent.sending);
  expect(codes.flat()).toEqual(Array.from({ length: 12 }, () => "calls_limited"));
  expect(statuses.slice(12)).toEqual(Array.from({ length: 8 }, () => 202));
});

/** Lets this replica's next statement that matches fail, as one does whose connection breaks. */
function failOnce(house: Portals, match: RegExp): { hasFailed: () => boolean } {
  const { query } = house.database;
  let hasFailed = false;
  vi.spyOn(house.database, "query").mockImplementation(async (statement) => {
    if (hasFailed || !match.test(textOf(statement))) return query.call(house.database, statement) as never;
    hasFailed = true;
    throw databaseFaults.fault("database_unavailable", "The connection broke");
  });
  return { hasFailed: () => hasFailed };
}

const textOf = ({ text }: SqlStatement) => text;
const log = (data: unknown) => rpc(undefined, "notifications/message", { level: "info", data });
const quick: Script = { ...script, "tools/call": () => '{"content":[]}' };
const call = rpc(7, "tools/call", { name: "up_t" });

test("a session whose lines could not be read when they changed is heard all the same", async () => {
  up.script = quick;
  const client = await openLegacy(at(a));
  const stream = await client.stream();
  await flush();
  const failing = failOnce(a, /select server_id from session_lines/);
  await (
    await client.send(call)
  ).all;
  await flush();
  await expect.poll(failing.hasFailed).toBe(true);
  await vi.waitUntil(
    async () => {
      await a.sessions.checkStreams();
      return up.streams.length === 1;
    },
    { timeout: 15_000 },
  );
  up.push(log(1));
  expect(await stream.next()).toBe(log(1));
  expect((a.errors as unknown[]).splice(0)).toMatchObject([{ code: "database_unavailable" }]);
});

test("who learns late that it has the stream, and early that another has, does not keep it", async () => {
  up.script = quick;
  const client = await openLegacy(at(a));
  const elsewhere = client.at(at(b));
  await (
    await client.send(call)
  ).all;
  await flush();
  const { transaction } = a.database;
  const [taken, isTold] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  vi.spyOn(a.database, "transaction").mockImplementationOnce(async (run) => {
    const result = await transaction.call(a.database, run as never);
    taken.resolve();
    await isTold.promise;
    return result as never;
  });
  const opening = client.stream();
  await taken.promise;
  const newer = await elsewhere.stream();
  await flush();
  isTold.resolve();
  const older = await opening;
  await flush();
  await expect.poll(() => up.streams.length > 0).toBe(true);
  await a.sessions.checkStreams();
  // A round trip on each: what they were to open they have asked for.
  await Promise.all([client.call("tools/list"), elsewhere.call("tools/list")]);
  up.push(log(1));
  const first = await Promise.race([
    newer.next().then((text) => ["newer", text]),
    older.next().then((text) => ["older", text]),
  ]);
  expect([first, up.streams.length]).toEqual([["newer", log(1)], 1]);
});

test("a session that cannot be ended in the database is silent here, and what is under way fails", async () => {
  const client = await openLegacy(at(a));
  const stream = await client.stream();
  vi.spyOn(a.database, "transaction").mockImplementationOnce(() =>
    Promise.reject(databaseFaults.fault("database_unavailable", "The database is away")),
  );
  expect(await client.end()).toBe(503);
  expect(await stream.all).toEqual([]);
  // It was not ended: it goes on when the database is back.
  expect(parsed(await client.call("tools/list"))["result"].tools).toHaveLength(2);
});

test("a call in a known session asks the database for nothing but its record", async () => {
  up.script = quick;
  const client = await openLegacy(at(a));
  await (
    await client.send(call)
  ).all;
  await flush();
  const texts: string[] = [];
  const { query } = a.database;
  vi.spyOn(a.database, "query").mockImplementation((statement) => {
    texts.push(textOf(statement));
    return query.call(a.database, statement) as never;
  });
  for (let n = 0; n < 5; n++) {
    await (
      await client.send(call)
    ).all;
    await client.call("tools/list");
    await client.send(rpc(undefined, "notifications/initialized"));
  }
  expect(texts.filter((text) => !/\baudit_|\bcalls\b/.test(text))).toEqual([]);
});

test("a flood of updates that nobody subscribed to asks the database a few times", async () => {
  up.script = quick;
  const client = await openLegacy(at(a));
  const stream = await client.stream();
  await (
    await client.send(call)
  ).all;
  await expect.poll(() => up.streams.length === 1).toBe(true);
  const query = vi.spyOn(a.database, "query");
  for (let n = 0; n < 500; n++)
    up.push(rpc(undefined, "notifications/resources/updated", { uri: `x://none/${n}` }));
  up.push(log("after"));
  expect(await stream.next()).toBe(log("after"));
  const readings = query.mock.calls.filter(([statement]) =>
    /from session_subscriptions/.test(textOf(statement)),
  );
  expect(readings.length).toBeLessThan(20);
});

test("a server that does not let its sessions end keeps nobody from telling what is in use", async () => {
  up.script = quick;
  await using c = await openPortals({ beside: a, limits: { beatMs: 50, idleMs: 60_000 } });
  const [idle, busy] = [await openLegacy(at(c)), await openLegacy(at(c))];
  const stream = await busy.stream();
  await (
    await idle.send(call)
  ).all;
  const isEnding = Promise.withResolvers<void>();
  up.intercept = ({ request }) => {
    if (request.httpMethod !== "DELETE") return false;
    isEnding.resolve();
    return true;
  };
  await a.database.query(
    sql`update sessions set last_used_at = now() - interval '1 hour' where id = ${idle.session}`,
  );
  c.clock.advance(60_001);
  await isEnding.promise;
  const usedAt = async () => {
    const [row] = await a.database.query<{ at: Date }>(
      sql`select last_used_at as at from sessions where id = ${busy.session}`,
    );
    return row?.at.getTime() ?? 0;
  };
  const before = await usedAt();
  await vi.waitUntil(async () => (await usedAt()) > before, { timeout: 1_500 });
  stream.leave();
  expect(c.errors).toEqual([]);
});

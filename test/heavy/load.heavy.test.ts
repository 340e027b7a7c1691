/**
 * Load, floods and clients without manners: what was taken is given back, and one server's trouble is not
 * another's. Bounds are wide, since machines differ; the figures are printed.
 */
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBenchUpstream, type BenchUpstream } from "../fixtures/bench-upstream.ts";
import { faults, only } from "../fixtures/faulty.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { printFigures, quantile } from "./figures.ts";
import { burstLength } from "./flooding-server.ts";
import { addPortal, type Portal } from "./portal.ts";
import { startCastellan, stop, type Castellan } from "./process/castellan.ts";
import { createHome, type Home } from "./process/home.ts";
import { startProgram } from "./process/program.ts";
import { eventually, openSockets, residentMiB } from "./process/proc.ts";
import { Connection, isSuccess, type Answer } from "./traffic/connection.ts";
import { auditRecord, nothingAmiss, readRecord } from "./traffic/record.ts";
import { createMemory, startTraffic } from "./traffic/traffic.ts";

/** To reach are 300 MiB under load. What is far above that on any machine is a leak. */
const maxResidentMiB = 520;
/** What one round of 20,000 calls may add once memory has levelled off: 2 KiB a call would be a leak. */
const leakMiB = 40;
/** What clients who do not read may keep waiting, 16 MiB each, comes on top. */
const deafClients = 8;
const maxFloodedMiB = maxResidentMiB + deafClients * 24;
/** Sessions of one caller on one replica. */
const maxSessions = 200;
/** Connections to the database, and a few to servers that are kept for the next call. */
const fewSockets = 20;

const floodingServer = fileURLToPath(new URL("flooding-server.ts", import.meta.url));
const tools = '"tools":[{"name":"wait","inputSchema":{"type":"object"}}]';
const modernScript = {
  "tools/list": () => `{"resultType":"complete",${tools},"ttlMs":0,"cacheScope":"public"}`,
  "tools/call": () => '{"resultType":"complete","content":[]}',
};
/** Log messages come to who asks for them. */
const flooding = (name: string) => ({
  name,
  arguments: {},
  _meta: { "io.modelcontextprotocol/logLevel": "debug" },
});
const legacyScript = { "tools/list": () => `{${tools}}`, "tools/call": () => '{"content":[]}' };

describe.runIf(process.platform === "linux")("load", () => {
  let home: Home;
  let castellan: Castellan;
  let bench: BenchUpstream;
  let portal: Portal;
  let idleSockets: number;
  let idleMiB: number;

  beforeAll(async () => {
    home = createHome();
    castellan = await startCastellan({ home });
    bench = await startBenchUpstream();
    idleMiB = residentMiB(castellan.pid);
    portal = await addPortal(castellan, "bench", { bench: bench.url });
    await measureQuick(50);
    idleSockets = openSockets(castellan.pid);
  });
  afterAll(async () => {
    await castellan[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  /** Latencies of calls to the quick server, one after the other, milliseconds. */
  async function measureQuick(count: number): Promise<number[]> {
    using client = new Connection({ ...portal, era: "modern" });
    const latencies: number[] = [];
    for (let n = 0; n < count; n++) {
      const startedMs = performance.now();
      const answer = await client.call("bench_echo", { text: "hello" });
      if (!isSuccess(answer)) throw new Error(`a quick call failed: ${JSON.stringify(answer)}`);
      latencies.push(performance.now() - startedMs);
    }
    return latencies;
  }

  /** Waits until no more sockets are open than there may be. */
  function socketsDownTo(most: number): Promise<number> {
    return eventually(
      () => openSockets(castellan.pid),
      (count) => count <= most,
    );
  }

  test("20,000 calls a round from 64 connections: memory and sockets return, and each is on record", async () => {
    const memory = createMemory();
    const tasks = [{ tool: "bench_echo", args: (mark: string) => ({ text: mark }) }];
    const run = async (calls: number) => {
      const startedMs = performance.now();
      const traffic = startTraffic({ ...portal, connections: 64, tasks, memory });
      await traffic.answers(calls);
      await traffic.stop();
      return (calls / (performance.now() - startedMs)) * 1000;
    };
    const perSecond = [await run(20_000)];
    const residentsMiB = [residentMiB(castellan.pid)];
    // Memory levels off, after two rounds or after some more. A leak grows with each.
    const grownMiB = () => (residentsMiB.at(-1) ?? 0) - (residentsMiB.at(-2) ?? 0);
    do {
      perSecond.push(await run(20_000));
      residentsMiB.push(residentMiB(castellan.pid));
    } while (grownMiB() >= leakMiB && residentsMiB.length < 6);
    // Those of the clients are gone; kept are those to the server, for calls and what begins a session.
    const sockets = await socketsDownTo(idleSockets + 2 * 64 + fewSockets);
    printFigures("20,000 calls from 64 connections", {
      "calls a second": perSecond.at(-1) ?? 0,
      "MiB idle": idleMiB,
      ...Object.fromEntries(residentsMiB.map((resident, n) => [`after ${(n + 1) * 20},000`, resident])),
      "sockets idle": idleSockets,
      "sockets after": sockets,
    });
    expect(memory.refused).toEqual([]);
    expect(await auditRecord(castellan, memory)).toEqual(nothingAmiss);
    expect(Math.max(...residentsMiB)).toBeLessThan(maxResidentMiB);
    expect(grownMiB()).toBeLessThan(leakMiB);
  });

  test("500 legacy sessions that nobody closes: the oldest end, here and at the server", async () => {
    await using server = await startRawLegacy({ script: legacyScript, answers: "json" });
    const own = await addPortal(castellan, "sessions", { "sessions-server": server.url });
    const sessionIds: string[] = [];
    const beforeMiB = residentMiB(castellan.pid);
    const open = async () => {
      // Closing the connection does not end the session.
      using client = new Connection({ ...own, era: "legacy" });
      expect(await client.begin()).toMatchObject({ status: 200, sessionId: expect.any(String) });
      sessionIds.push(client.sessionId ?? "");
      expect(isSuccess(await client.call("sessions-server_wait", {}))).toBe(true);
    };
    for (let n = 0; n < 500; n += 10) await Promise.all(Array.from({ length: 10 }, open));
    await eventually(
      () => server.sessions.length,
      (count) => count <= maxSessions,
    );

    const statuses = new Map<number, number>();
    for (const sessionId of sessionIds) {
      using client = new Connection({ ...own, era: "legacy" });
      client.sessionId = sessionId;
      const { status } = await client.post("ping");
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: maxSessions, 404: 500 - maxSessions });
    printFigures("500 legacy sessions", {
      "at the server": server.sessions.length,
      "connections to it": server.connections.open,
      "MiB more": residentMiB(castellan.pid) - beforeMiB,
    });
    expect(server.connections.open).toBeLessThanOrEqual(maxSessions + fewSockets);
  });

  test("200 streams opened and dropped", async () => {
    await using server = await startRawLegacy({ script: legacyScript });
    const own = await addPortal(castellan, "streams", { "streams-server": server.url });
    const beforeMiB = residentMiB(castellan.pid);
    const before = openSockets(castellan.pid);
    await using clients = new AsyncDisposableStack();
    const client = clients.use(new Connection({ ...own, era: "legacy" }));
    await client.begin();
    const dropping = new AbortController();
    for (let n = 0; n < 200; n++) {
      const other = clients.use(new Connection({ ...own, era: "legacy" }));
      other.sessionId = client.sessionId;
      const stream = await other.listen(dropping.signal);
      expect(stream.statusCode).toBe(200);
      stream.on("error", () => undefined).resume();
    }
    const open = openSockets(castellan.pid);
    expect(open).toBeGreaterThanOrEqual(before + 190);
    dropping.abort();
    const after = await socketsDownTo(before + fewSockets);
    expect(isSuccess(await client.call("streams-server_wait", {}))).toBe(true);
    printFigures("200 streams", {
      "sockets before": before,
      open,
      after,
      "MiB more": residentMiB(castellan.pid) - beforeMiB,
    });
  });

  test("clients that disappear in the middle of a call: the server is told, the calls are on record", async () => {
    const { promise: haveLeft, resolve: release } = Promise.withResolvers<void>();
    await using modern = await startRawModern({
      script: modernScript,
      intercept: only("tools/call", faults.hang()),
    });
    await using legacy = await startRawLegacy({
      script: { ...legacyScript, "tools/call": () => haveLeft.then(legacyScript["tools/call"]) },
    });
    const own = await addPortal(castellan, "leaving", { "leaving-m": modern.url, "leaving-l": legacy.url });
    const before = openSockets(castellan.pid);
    await using clients = new AsyncDisposableStack();
    const leaving = new AbortController();
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n++) {
      const era = n % 2 === 0 ? "modern" : "legacy";
      const client = clients.use(new Connection({ ...own, era }));
      await client.begin();
      const tool = era === "modern" ? "leaving-m_wait" : "leaving-l_wait";
      const call = client.call(tool, {}, { signal: leaving.signal });
      call.catch(() => undefined);
      calls.push(call);
    }
    await eventually(
      () => modern.recording.of("tools/call").length + legacy.recording.of("tools/call").length,
      (count) => count === 100,
    );
    leaving.abort();
    const left = await Promise.allSettled(calls);
    const dropped = left.filter(({ status }) => status === "rejected").length;
    release();
    // In the modern era to hang up is to cancel, so the server sees it too.
    const ends = await Promise.all(modern.recording.of("tools/call").map(({ ended }) => ended));
    const sockets = await socketsDownTo(before + 100 + fewSockets);
    const recorded = await eventually(
      async () =>
        (await readRecord(castellan)).filter(
          ({ server, method }) => server?.startsWith("leaving-") && method === "tools/call",
        ),
      (calls) => calls.length === 100,
    );
    const outcomes = Object.groupBy(recorded, ({ server, outcome }) => `${server} ${outcome}`);
    printFigures("100 clients that disappear", {
      dropped,
      "server saw dropped": ends.filter((end) => end === "dropped").length,
      "sockets before": before,
      after: sockets,
      ...Object.fromEntries(Object.entries(outcomes).map(([name, calls]) => [name, calls?.length ?? 0])),
    });
    expect(dropped).toBe(100);
    expect(ends).toEqual(ends.map(() => "dropped"));
    expect(outcomes["leaving-m cancelled"]?.length).toBe(50);
    // A legacy client that hangs up has not cancelled: the call goes on, and its end is on record.
    expect(outcomes["leaving-l ok"]?.length).toBe(50);
  });

  test("a server that floods: who does not read is cut, who reads gets all, and others are served", async () => {
    await using server = await startProgram(floodingServer);
    const own = await addPortal(castellan, "flood", { flood: server.url });
    const before = openSockets(castellan.pid);
    const beforeMiB = residentMiB(castellan.pid);
    const calm = await measureQuick(200);
    await using clients = new AsyncDisposableStack();
    for (let n = 0; n < deafClients; n++) {
      const client = clients.use(new Connection({ ...own, era: "modern" }));
      const stream = await client.start("tools/call", flooding("flood_endless"));
      expect(stream.statusCode).toBe(200);
      stream.on("error", () => undefined);
    }
    const during = await measureQuick(200);
    const floodedMiB = residentMiB(castellan.pid);
    const cut = await eventually(
      async () =>
        (await readRecord(castellan)).filter(({ server, outcome }) => server === "flood" && outcome !== "ok"),
      (calls) => calls.length === deafClients,
      // One who reads nothing for a minute is cut.
      { withinMs: 90_000, everyMs: 500 },
    );
    const reader = clients.use(new Connection({ ...own, era: "modern" }));
    const stream = await reader.start("tools/call", flooding("flood_burst"));
    const startedMs = performance.now();
    const events = (await text(stream)).match(/^data: /gm)?.length;
    const readMs = performance.now() - startedMs;
    const sockets = await socketsDownTo(before + fewSockets);
    const after = await measureQuick(200);
    printFigures(`${deafClients} floods that nobody reads`, {
      "quick call p50 ms before": quantile(calm, 0.5),
      "p50 during": quantile(during, 0.5),
      "p50 after": quantile(after, 0.5),
      "p99 before": quantile(calm, 0.99),
      "p99 during": quantile(during, 0.99),
      "MiB before": beforeMiB,
      "MiB during": floodedMiB,
      "MiB after": residentMiB(castellan.pid),
      "sockets before": before,
      "sockets after": sockets,
      "notifications a second to one who reads": (burstLength / readMs) * 1000,
    });
    expect(cut.map(({ outcome }) => outcome)).toEqual(cut.map(() => "cancelled"));
    expect(events).toBe(burstLength + 1);
    expect(floodedMiB).toBeLessThan(maxFloodedMiB);
    expect(quantile(during, 0.5)).toBeLessThan(250);
    expect(quantile(after, 0.5)).toBeLessThan(100);
  });

  test("a server that hangs: calls to others stay quick, and what waited is given back", async () => {
    await using hanging = await startRawModern({
      script: modernScript,
      intercept: only("tools/call", faults.hang()),
    });
    const own = await addPortal(castellan, "hanging", { hanging: hanging.url });
    const before = openSockets(castellan.pid);
    const calm = await measureQuick(200);
    await using clients = new AsyncDisposableStack();
    const leaving = new AbortController();
    const stuck = Array.from({ length: 300 }, () =>
      clients
        .use(new Connection({ ...own, era: "modern" }))
        .call("hanging_wait", {}, { signal: leaving.signal })
        .catch(() => undefined as Answer | undefined),
    );
    // As many as one caller may have under way at one server; the others are refused at once.
    await eventually(
      () => hanging.recording.of("tools/call").length,
      (count) => count >= 64,
    );
    const during = await measureQuick(200);
    using other = new Connection({ ...own, era: "modern" });
    const listedMs = performance.now();
    expect((await other.post("tools/list")).status).toBe(200);
    const listMs = performance.now() - listedMs;
    leaving.abort();
    const answered = (await Promise.all(stuck)).filter((answer) => answer !== undefined);
    expect(answered.map(({ status }) => status)).toEqual(Array.from({ length: 300 - 64 }, () => 429));
    // Those who were refused are still connected.
    await clients.disposeAsync();
    const after = await socketsDownTo(before + fewSockets);
    printFigures("300 calls to a server that hangs", {
      "quick call p50 ms before": quantile(calm, 0.5),
      during: quantile(during, 0.5),
      "p99 before": quantile(calm, 0.99),
      "p99 during": quantile(during, 0.99),
      "its tools/list ms": listMs,
      "sockets before": before,
      after,
    });
    expect(quantile(during, 0.99)).toBeLessThan(500);
    expect(listMs).toBeLessThan(500);
  });

  test("when all is quiet again, everything was given back, and it stops in order", async () => {
    // Connections to it were kept for the next call, for as long as it asked for.
    await bench[Symbol.asyncDispose]();
    const sockets = await socketsDownTo(idleSockets + fewSockets);
    printFigures("at rest", { "sockets at first": idleSockets, sockets, MiB: residentMiB(castellan.pid) });
    expect(await castellan.api("GET", "/calls/verify")).toMatchObject({ intact: true });
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    expect(castellan.log.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });
});

/** The end of the process: what runs is answered, nobody new comes in, nothing stays behind. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { faults, only } from "../fixtures/faulty.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import { printFigures } from "./figures.ts";
import { addPortal } from "./portal.ts";
import { launch, startCastellan, stop, type LogLine } from "./process/castellan.ts";
import { createHome, postgresPid, socketDirOf } from "./process/home.ts";
import { eventually, processesIn } from "./process/proc.ts";
import { Connection, isSuccess } from "./traffic/connection.ts";
import { readRecord } from "./traffic/record.ts";

const tools = '"tools":[{"name":"wait","inputSchema":{"type":"object"}}]';
const modernScript = {
  "tools/list": () => `{"resultType":"complete",${tools},"ttlMs":0,"cacheScope":"public"}`,
  "tools/call": () => '{"resultType":"complete","content":[]}',
};
const legacyScript = { "tools/list": () => `{${tools}}`, "tools/call": () => '{"content":[]}' };

/** A server of each era whose one tool waits before it answers, or never answers. */
async function startServers(fault: ReturnType<typeof faults.slow>) {
  await using opened = new AsyncDisposableStack();
  const intercept = only("tools/call", fault);
  const modern = opened.use(await startRawModern({ script: modernScript, intercept }));
  const legacy = opened.use(await startRawLegacy({ script: legacyScript, intercept }));
  const owned = opened.move();
  return {
    urls: { modern: modern.url, legacy: legacy.url },
    /** Calls that have reached a server. */
    calls: () => modern.recording.of("tools/call").length + legacy.recording.of("tools/call").length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function complaints(log: readonly LogLine[]): LogLine[] {
  return log.filter(({ level }) => level === "warn" || level === "error");
}

async function isRefused(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const [error] = (await Promise.race([
    once(socket, "error"),
    once(socket, "connect").then(() => [{ code: "connected" }]),
  ]).finally(() => socket.destroy())) as [NodeJS.ErrnoException];
  return error.code ?? "";
}

describe.runIf(process.platform === "linux")("the end of the process", () => {
  test("SIGTERM: running calls are answered and recorded, new connections refused, nothing is left", async () => {
    await using servers = await startServers(faults.slow(2000));
    await using home = createHome();
    await using castellan = await startCastellan({ home });
    const portal = await addPortal(castellan, "slow", servers.urls);
    await using opened = new AsyncDisposableStack();
    const clients = (["modern", "legacy"] as const).flatMap((era) =>
      Array.from({ length: 4 }, () => opened.use(new Connection({ ...portal, era }))),
    );
    for (const client of clients) await client.begin();
    // Idle connections and a session's own stream must not hold up the end.
    const idle = opened.use(new Connection({ ...portal, era: "modern" }));
    expect((await idle.post("tools/list")).status).toBe(200);
    const listener = opened.use(new Connection({ ...portal, era: "legacy" }));
    await listener.begin();
    const stream = await listener.listen(new AbortController().signal);
    const streamEnded = once(stream.resume(), "end");

    const calls = clients.map((client) => client.call(`${client.era}_wait`, {}));
    await eventually(servers.calls, (count) => count === clients.length);
    const toldMs = performance.now();
    castellan.kill("SIGTERM");
    await castellan.line("Castellan is stopping: running calls may finish");
    await eventually(
      () => isRefused(castellan.url),
      (code) => code === "ECONNREFUSED",
      { withinMs: 1000 },
    );
    await streamEnded;
    expect(await Promise.race([castellan.ended, "it waits for the calls"])).toBe("it waits for the calls");

    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => !isSuccess(answer))).toEqual([]);
    const answeredMs = performance.now();
    expect(await castellan.ended).toEqual({ code: 0, signal: null, stderr: "" });
    printFigures("SIGTERM during 8 slow calls", {
      "answers after ms": answeredMs - toldMs,
      "end after that, ms": performance.now() - answeredMs,
    });
    expect(castellan.log.at(-1)).toMatchObject({ message: "Castellan has stopped", callsCut: 0 });
    expect(complaints(castellan.log)).toEqual([]);
    expect(processesIn(home.path)).toEqual([]);
    expect(existsSync(socketDirOf(home.dataDir) ?? "")).toBe(false);

    await using again = await startCastellan({ home });
    const recorded = new Map((await readRecord(again)).map(({ requestId, outcome }) => [requestId, outcome]));
    expect(answers.map(({ requestId }) => recorded.get(requestId))).toEqual(answers.map(() => "ok"));
  });

  test("calls that run longer than the drain are cut, told so and recorded", async () => {
    await using servers = await startServers(faults.hang());
    await using home = createHome();
    await using castellan = await startCastellan({ home, env: { CASTELLAN_DRAIN_SECONDS: "1" } });
    const portal = await addPortal(castellan, "slow", servers.urls);
    using client = new Connection({ ...portal, era: "modern" });
    using older = new Connection({ ...portal, era: "legacy" });
    await older.begin();
    const cut = Promise.allSettled([client.call("modern_wait", {}), older.call("legacy_wait", {})]);
    await eventually(servers.calls, (count) => count === 2);
    const toldMs = performance.now();
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    const tookMs = performance.now() - toldMs;
    printFigures("SIGTERM with calls that never end, 1 s to drain", { "end after ms": tookMs });
    expect(castellan.log.at(-1)).toMatchObject({ message: "Castellan has stopped", callsCut: 2 });
    expect(tookMs).toBeLessThan(5000);
    await cut;
    expect(complaints(castellan.log)).toEqual([]);
    expect(processesIn(home.path)).toEqual([]);

    await using again = await startCastellan({ home });
    const calls = (await readRecord(again)).filter(({ method }) => method === "tools/call");
    expect(calls.map(({ outcome }) => outcome === "ok")).toEqual([false, false]);
    expect(calls.find(({ era }) => era === "legacy")).toMatchObject({ code: "shutting_down" });
  });

  test("SIGINT again is an echo within half a second, and after that the end at once", async () => {
    await using servers = await startServers(faults.hang());
    await using home = createHome();
    await using castellan = await startCastellan({ home });
    const portal = await addPortal(castellan, "slow", servers.urls);
    using client = new Connection({ ...portal, era: "modern" });
    const lost = client.call("modern_wait", {}).catch((error: NodeJS.ErrnoException) => error.code);
    await eventually(servers.calls, (count) => count === 1);
    const postgres = postgresPid(home.dataDir);
    const toldMs = performance.now();
    castellan.kill("SIGINT");
    await castellan.line("Castellan is stopping: running calls may finish");
    castellan.kill("SIGINT");
    expect(processesIn(home.path).map(({ pid }) => pid)).toContain(postgres);
    const insisting = setInterval(() => castellan.kill("SIGINT"), 50);
    const ended = await castellan.ended.finally(() => clearInterval(insisting));
    expect(ended).toEqual({ code: 130, signal: null, stderr: "" });
    const endedMs = performance.now();
    expect(endedMs - toldMs).toBeGreaterThan(500);
    expect(await lost).toBe("ECONNRESET");
    await eventually(
      () => processesIn(home.path),
      ({ length }) => length === 0,
    );
    printFigures("SIGINT again", {
      "end after ms": endedMs - toldMs,
      "PostgreSQL gone after that, ms": performance.now() - endedMs,
    });
    await using again = await startCastellan({ home });
    expect(await stop(again)).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s in the middle of a start", async (signal) => {
    await using home = createHome();
    // The first start makes a cluster, the later ones find one; each is stopped a little later than the one before.
    const ends = [];
    for (const afterMs of [100, 300, 500, 700, 150, 250, 350]) {
      await using castellan = launch({ home });
      await delay(afterMs);
      castellan.kill(signal);
      const { code, signal: by, stderr } = await castellan.ended;
      ends.push({ afterMs, by: by ?? code, stderr });
      await eventually(
        () => processesIn(home.path),
        ({ length }) => length === 0,
      );
    }
    // Before it listens for signals it is ended by them, later it ends by itself.
    expect(ends.filter(({ by }) => by !== 0 && by !== signal)).toEqual([]);
    expect(ends.filter(({ stderr }) => stderr !== "")).toEqual([]);
    await using castellan = await startCastellan({ home });
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test("the demo's servers end with it, however it ends", async () => {
    await using home = createHome();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await using castellan = await startCastellan({ home, args: ["up", "--demo"] });
      const { servers } = await castellan.line("The demo is ready: connect an MCP client");
      expect(servers).toEqual(["invoices", "okrs", "everything"]);
      const running = processesIn(home.path).filter(({ command }) => command.includes("confine.ts"));
      expect(running.length).toBe(3);
      castellan.kill(signal);
      const { code, stderr } = await castellan.ended;
      expect({ code, stderr }).toEqual({ code: signal === "SIGTERM" ? 0 : null, stderr: "" });
      expect(complaints(castellan.log)).toEqual([]);
      if (signal === "SIGTERM") expect(processesIn(home.path)).toEqual([]);
      else
        await eventually(
          () => processesIn(home.path),
          ({ length }) => length === 0,
        );
    }
  });

  test("SIGTERM while the demo is still starting", async () => {
    await using home = createHome();
    await using castellan = await startCastellan({ home, args: ["up", "--demo"] });
    castellan.kill("SIGTERM");
    expect(await castellan.ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(complaints(castellan.log)).toEqual([]);
    expect(processesIn(home.path)).toEqual([]);
  });
});

/**
 * Callers that disappear in mid-call, mid-stream and mid-elicitation, in every cell: what they held is given back,
 * here and at the server, and nothing is left of them but the record.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller, Door } from "../../harness/callers/caller.ts";
import { type LegacyCall, LegacyCaller } from "../../harness/callers/legacy.ts";
import { type ModernCall, ModernCaller } from "../../harness/callers/modern.ts";
import { type Cell, cells, openCaller } from "../../harness/cells.ts";
import { printFigures } from "../figures.ts";
import { stop } from "../process/castellan.ts";
import { eventually } from "../process/proc.ts";
import { connectionsTo } from "../process/tcp.ts";
import { Connection } from "../traffic/connection.ts";
import { type Moment, moments, type PatientServer, startPatient } from "./patient.ts";
import { newDatabaseSockets, openScene, returned, type Scene } from "./scene.ts";

/** In each cell. */
const callers = 2_000;
const isSoak = process.env["SOAK_MINUTES"] !== undefined;
const answersWithinMs = 10 * 60_000;
const timeout = 300_000 + (isSoak ? 3 * answersWithinMs : 0);
/** Fewer than one caller may have under way at a server (64); each wave has a token of its own. */
const waveSize = 50;
const wavesOfMoment = Math.ceil(callers / moments.length / waveSize);
/**
 * What a cell may leave behind: code that it ran first, and what is kept for callers who might come back (the events
 * of their streams for 5 minutes, conversations that wait for answers for 10).
 */
const maxHeapGrowthMiB = 24;
/** What is far above this on any machine is a leak. */
const maxResidentMiB = 450;

describe.runIf(process.platform === "linux")("callers that disappear", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test.for(cells)("$cell: $caller caller, $server server", { timeout }, async (cell) => {
    await using server = await startPatient(cell.server);
    const slug = cell.cell.toLowerCase();
    const warmUp = await scene.open(`${slug}-warm`, server.url, moments.length);
    for (const [index, moment] of moments.entries())
      await vanish(cell, server, moment, warmUp[index]!, `${slug}-warm`);
    server.release("ask");
    await scene.close(warmUp);
    await goHome(server);
    const doors = await scene.open(slug, server.url, moments.length * wavesOfMoment);
    const before = await scene.held();

    const startedMs = performance.now();
    const waves = doors.map((door, index) => ({ door, moment: moments[index % moments.length] ?? "hold" }));
    for (const { door, moment } of waves) await vanish(cell, server, moment, door, slug);
    const tookMs = performance.now() - startedMs;
    const left = { sessions: server.sessionCount, connections: connectionsTo(server.port) };
    await scene.close(doors);
    await goHome(server);
    const after = await returned(
      scene,
      (held) =>
        held.callers === 0 &&
        held.sockets <= before.sockets + newDatabaseSockets &&
        held.heapMiB - before.heapMiB < maxHeapGrowthMiB,
    );
    printFigures(`${cell.cell}: ${doors.length * waveSize} callers that disappear`, {
      "a second": (doors.length * waveSize * 1000) / tookMs,
      "sessions at the server when the last had left": left.sessions,
      "connections to it": left.connections,
      "heap MiB before": before.heapMiB,
      "heap after": after.heapMiB,
      "MiB before": before.residentMiB,
      "MiB after": after.residentMiB,
      "sockets before": before.sockets,
      "sockets after": after.sockets,
    });
    expect(after.residentMiB).toBeLessThan(maxResidentMiB);
  });

  test("it stops in order, with nothing to complain about", async () => {
    expect(await stop(scene.castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    expect(scene.castellan.log.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });
});

/** As many callers as a wave has get to the moment, and are gone. */
async function vanish(
  cell: Cell,
  server: PatientServer,
  moment: Moment,
  door: Door,
  slug: string,
): Promise<void> {
  const before = server.underWay;
  const leave = await Promise.all(
    Array.from({ length: waveSize }, () => getTo(moment, cell.caller, door, `${slug}_${moment}`)),
  );
  // A modern server that has asked is done until it is asked again.
  const isHeld = !(moment === "ask" && cell.server === "modern");
  await eventually(
    () => server.underWay - before,
    (count) => count === (isHeld ? waveSize : 0),
  );
  for (const go of leave) go();
  const end = endOf(cell, moment);
  if (end === "answer") server.release(moment);
  if (end === "session" || end === "time") return;
  await eventually(
    () => server.underWay - before,
    (count) => count === 0,
  );
}

/**
 * What ends a call whose caller is gone. To hang up is to cancel in the modern era only; a legacy call goes on until
 * it is answered, and one that waits for an answer of the caller's own until the session ends. A modern caller that
 * was asked something may come back with the answer for ten minutes: that is waited for in a soak only.
 */
function endOf({ caller, server }: Cell, moment: Moment): "hanging up" | "answer" | "session" | "time" {
  if (moment !== "ask") return caller === "modern" ? "hanging up" : "answer";
  if (server === "modern") return "hanging up";
  if (caller === "legacy") return "session";
  return isSoak ? "time" : "answer";
}

/** Resolves when the call is at that moment, to what cuts the caller's connections. */
async function getTo(moment: Moment, era: Cell["caller"], door: Door, name: string): Promise<() => void> {
  if (moment === "hold") return hold(era, door, name);
  const caller = await openCaller(era, door);
  const call = await start(caller, name);
  call.answer.catch(() => undefined);
  if (moment === "report") await caller.inbox.when("notifications/progress");
  else if (era === "legacy") await caller.inbox.when("elicitation/create");
  else expect((await call.answer).message.result?.resultType).toBe("input_required");
  return () => call.exchange.leave();
}

/** Nothing comes back before the call is let go, not even the head of the answer. */
async function hold(era: Cell["caller"], door: Door, name: string): Promise<() => void> {
  const connection = new Connection({ ...door, era });
  await connection.begin();
  const leaving = new AbortController();
  connection.call(name, {}, { signal: leaving.signal }).catch(() => undefined);
  return () => {
    leaving.abort();
    connection[Symbol.dispose]();
  };
}

function start(caller: Caller, name: string): Promise<LegacyCall | ModernCall> {
  const params = { name, arguments: {} };
  const options = { meta: { progressToken: 1 } };
  if (caller instanceof LegacyCaller || caller instanceof ModernCaller)
    return caller.call("tools/call", params, options);
  throw new TypeError("A caller is of one era or the other");
}

/** At the server everything has to be gone: calls, sessions, and, once they have been idle, connections. */
async function goHome(server: PatientServer): Promise<void> {
  const left = () => ({
    underWay: server.underWay,
    sessions: server.sessionCount,
    connections: connectionsTo(server.port),
  });
  const isEmpty = (seen: ReturnType<typeof left>) => Object.values(seen).every((count) => count === 0);
  const withinMs = 30_000 + (isSoak ? answersWithinMs : 0);
  expect(await eventually(left, isEmpty, { withinMs, everyMs: 100 })).toEqual({
    underWay: 0,
    sessions: 0,
    connections: 0,
  });
}

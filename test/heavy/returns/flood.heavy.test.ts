/**
 * A server that floods, in every cell: who reads gets everything, however slowly, memory stays bounded while it
 * lasts and returns after it, and the calls of others go on being answered.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBenchUpstream, type BenchUpstream } from "../../fixtures/bench-upstream.ts";
import { type Door, obliging, type Reply } from "../../harness/callers/caller.ts";
import { readEvents } from "../../harness/callers/event-source.ts";
import { ModernCaller } from "../../harness/callers/modern.ts";
import { type Cell, cells, openCaller } from "../../harness/cells.ts";
import { printFigures, quantile } from "../figures.ts";
import { stop } from "../process/castellan.ts";
import { eventually, residentMiB } from "../process/proc.ts";
import { type Program, startProgram } from "../process/program.ts";
import { connectionsTo } from "../process/tcp.ts";
import { Connection, isSuccess } from "../traffic/connection.ts";
import { logBytes, logs, notes, questions } from "./flooding-servers.ts";
import { newDatabaseSockets, openScene, returned, type Scene, type TokenDoor } from "./scene.ts";

const maxHeapGrowthMiB = 16;
/**
 * What one stream may keep waiting, its parts in flight, and garbage that is collected late: up to 225 were seen in the
 * first cell, a few in those after it. One flood of logs that was kept would be 128 MiB of text more, and is read three times.
 */
const maxPeakGrowthMiB = 340;
/** Of a legacy server in the course of a modern caller's call. */
const maxQuestions = 256;
/** A legacy caller may have so many open at a time, and this one answers all. */
const fewestAnswered = 256;
/** Of a call to another server, on a machine that the flood keeps busy. */
const maxQuickMs = 250;

const program = fileURLToPath(new URL("flooding-servers.ts", import.meta.url));

describe.runIf(process.platform === "linux")("a server that floods", () => {
  let scene: Scene;
  let servers: Program;
  let bench: BenchUpstream;
  let other: TokenDoor;

  beforeAll(async () => {
    scene = await openScene();
    servers = await startProgram(program);
    bench = await startBenchUpstream();
    const [door] = await scene.open("quick", bench.url, 1);
    other = door!;
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await servers[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  test.for(cells)("$cell: $caller caller, $server server", async (cell) => {
    const [legacyUrl = "", modernUrl = ""] = servers.url.split(" ");
    const url = cell.server === "legacy" ? legacyUrl : modernUrl;
    const slug = cell.cell.toLowerCase();
    const [door] = await scene.open(slug, url, 1);
    // What the first of its kind needs is not the flood's.
    await read(cell, door!, `${slug}_logs`);
    const before = await scene.held();

    const flooded = await meanwhile(async () => ({
      notes: await read(cell, door!, `${slug}_notes`),
      logs: await read(cell, door!, `${slug}_logs`),
      slow: await read(cell, door!, `${slug}_logs`, () => delay(3)),
      asked: await beAsked(cell, door!, `${slug}_questions`),
    }));
    await scene.close([door!]);
    await scene.remove(slug);
    const left = async () => ({
      sessions: await (await fetch(new URL("/held", legacyUrl))).text(),
      connections: connectionsTo(Number(new URL(modernUrl).port)),
    });
    await eventually(left, ({ sessions, connections }) => sessions === "0" && connections === 0, {
      withinMs: 30_000,
    });
    const after = await returned(
      scene,
      (held) =>
        held.callers === 0 &&
        held.sockets <= before.sockets + newDatabaseSockets &&
        held.heapMiB - before.heapMiB < maxHeapGrowthMiB,
    );

    const { result, quickMs, peakMiB } = flooded;
    printFigures(
      `${cell.cell}: ${notes} notifications, twice ${(logs * logBytes) / 1024 / 1024} MiB, ${questions} questions`,
      {
        "notifications a second": notes / (result.notes.tookMs / 1000),
        "MiB a second": (logs * logBytes) / 1024 / 1024 / (result.logs.tookMs / 1000),
        "slow reader s": result.slow.tookMs / 1000,
        asked: result.asked.count,
        answered: result.asked.answered,
        "or refused as": result.asked.code ?? "-",
        "others p50 ms": quantile(quickMs, 0.5),
        "others p99 ms": quantile(quickMs, 0.99),
        "MiB before": before.residentMiB,
        "at the peak": peakMiB,
        "MiB after": after.residentMiB,
        "heap MiB before": before.heapMiB,
        "heap after": after.heapMiB,
        "sockets before": before.sockets,
        "sockets after": after.sockets,
      },
    );
    expect(result.notes).toMatchObject({ messages: notes + 1, isInOrder: true });
    expect(result.logs.messages).toBe(logs + 1);
    expect(result.slow.messages).toBe(logs + 1);
    if (cell.cell === "C1") {
      // A session may be asked so much in one call; while too many wait, the oldest are given up.
      expect(result.asked).toMatchObject({ count: questions, code: undefined });
      expect(result.asked.answered).toBeGreaterThanOrEqual(fewestAnswered);
    } else {
      // In one round, or while nobody listens, they are too many: the server's fault.
      expect(result.asked).toMatchObject({ code: "upstream_invalid", answered: 0 });
      expect(result.asked.count).toBeLessThanOrEqual(maxQuestions);
    }
    expect(quickMs.length).toBeGreaterThan(10);
    expect(quantile(quickMs, 0.5)).toBeLessThan(maxQuickMs);
    expect(peakMiB - before.residentMiB).toBeLessThan(maxPeakGrowthMiB);
  });

  test("who reads nothing is cut, in every cell, and the others go on", { timeout: 180_000 }, async () => {
    const [legacyUrl = "", modernUrl = ""] = servers.url.split(" ");
    const urls = { legacy: legacyUrl, modern: modernUrl };
    const before = await scene.held();
    await using clients = new AsyncDisposableStack();
    const { quickMs, peakMiB } = await meanwhile(async () => {
      for (const cell of cells) {
        const slug = `${cell.cell.toLowerCase()}-deaf`;
        const [door] = await scene.open(slug, urls[cell.server], 1);
        const client = clients.use(new Connection({ ...door!, era: cell.caller }));
        (await startFlood(client, `${slug}_logs`)).on("error", () => undefined);
      }
      // A client that does not read does not learn that it was cut; the others' connection stays.
      const held = () => scene.held();
      await eventually(held, ({ callers }) => callers > cells.length);
      await eventually(held, ({ callers }) => callers === 1, { withinMs: 90_000, everyMs: 1_000 });
    });
    for (const { cell } of cells) await scene.remove(`${cell.toLowerCase()}-deaf`);
    const after = await returned(
      scene,
      (held) =>
        held.callers === 0 &&
        held.sockets <= before.sockets + newDatabaseSockets &&
        held.heapMiB - before.heapMiB < maxHeapGrowthMiB,
    );
    printFigures("four callers who read nothing", {
      "others p50 ms": quantile(quickMs, 0.5),
      "MiB before": before.residentMiB,
      "at the peak": peakMiB,
      "heap MiB before": before.heapMiB,
      "heap after": after.heapMiB,
    });
    expect(peakMiB - before.residentMiB).toBeLessThan(maxPeakGrowthMiB);
  });

  test("it stops in order, with nothing to complain about", async () => {
    expect(await stop(scene.castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    expect(scene.castellan.log.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });

  /** Does the work while another caller calls another server, and looks at the memory. */
  async function meanwhile<T>(
    work: () => Promise<T>,
  ): Promise<{ result: T; quickMs: number[]; peakMiB: number }> {
    const working = new AbortController();
    let peakMiB = 0;
    const watch = async () => {
      while (!working.signal.aborted) {
        peakMiB = Math.max(peakMiB, residentMiB(scene.castellan.pid));
        await delay(50);
      }
    };
    const call = async () => {
      using client = new Connection({ ...other, era: "modern" });
      const took: number[] = [];
      while (!working.signal.aborted) {
        const startedMs = performance.now();
        const answer = await client.call("quick_echo", { text: "hello" });
        if (!isSuccess(answer)) throw new Error(`Another's call failed: ${JSON.stringify(answer)}`);
        took.push(performance.now() - startedMs);
        await delay(10);
      }
      return took;
    };
    const others = Promise.all([call(), watch()]);
    const result = await work().finally(() => working.abort());
    const [quickMs] = await others;
    return { result, quickMs, peakMiB };
  }
});

interface Read {
  /** The answer among them. */
  readonly messages: number;
  readonly isInOrder: boolean;
  readonly tookMs: number;
}

/** Calls, and reads the stream to its end; `pause` after each message. */
async function read(
  { caller: era }: Cell,
  door: Door,
  name: string,
  pause?: () => Promise<void>,
): Promise<Read> {
  using client = new Connection({ ...door, era });
  const startedMs = performance.now();
  const stream = await startFlood(client, name);
  let messages = 0;
  let last = 0;
  let isInOrder = true;
  for await (const { data } of readEvents(stream)) {
    if (data === "") continue;
    messages++;
    const progress = Number(/"progress":(\d+)/.exec(data.slice(0, 200))?.[1] ?? last + 1);
    isInOrder &&= progress === last + 1;
    last = progress;
    await pause?.();
  }
  return { messages, isInOrder, tookMs: performance.now() - startedMs };
}

/** Calls a tool, and says that it wants to hear everything; resolves when the stream has begun. */
async function startFlood(client: Connection, name: string): Promise<IncomingMessage> {
  await client.begin();
  if (client.era === "legacy") await client.post("logging/setLevel", { level: "debug" });
  const level = client.era === "modern" && { "io.modelcontextprotocol/logLevel": "debug" };
  return client.start("tools/call", { name, arguments: {}, _meta: { progressToken: 1, ...level } });
}

interface Asked {
  /** Questions that reached the caller, who answers all. */
  readonly count: number;
  /** Answers that reached the server, by its own count; 0 where the call failed. */
  readonly answered: number;
  /** Of the error that the call ended with. */
  readonly code: string | undefined;
}

async function beAsked({ caller: era }: Cell, door: Door, name: string): Promise<Asked> {
  const params = JSON.stringify({ name, arguments: {} });
  await using caller = await openCaller(era, door, { answers: obliging });
  const first = await caller.request("tools/call", params);
  const last = caller instanceof ModernCaller ? await answerAll(caller, params, first) : first;
  const { error, result } = last.message;
  const answered = Number(result?.structuredContent?.answered ?? 0);
  return { count: caller.asked.length, answered, code: error?.data?.code };
}

/** Goes on where a caller with an ordinary patience gives up. */
async function answerAll(caller: ModernCaller, params: string, first: Reply): Promise<Reply> {
  let reply = first;
  while (reply.message.result?.resultType === "input_required") {
    const retry = await caller.retry(params, reply);
    reply = await (await caller.call("tools/call", retry)).answer;
  }
  return reply;
}

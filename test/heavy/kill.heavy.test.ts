/** kill -9 in the middle of traffic: what was answered is on record, what was acknowledged is there. */
import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startBenchUpstream } from "../fixtures/bench-upstream.ts";
import { startExample } from "../harness/upstreams.ts";
import { printFigures } from "./figures.ts";
import { addPortal, portalUrl } from "./portal.ts";
import { startCastellan, stop, type Castellan } from "./process/castellan.ts";
import { createHome, postgresPid, type Home } from "./process/home.ts";
import { Connection, isSuccess } from "./traffic/connection.ts";
import { auditRecord, nothingAmiss } from "./traffic/record.ts";
import { findLost, nothingLost, startRegistering, type Registered } from "./traffic/registrations.ts";
import { createMemory, startTraffic, type Memory, type Task } from "./traffic/traffic.ts";

const connections = 16;
const restartWithinMs = 5_000;

const echo: Task = { tool: "bench_echo", args: (mark) => ({ text: mark }) };
/** A write: done twice, or lost, it shows. */
const create: Task = {
  tool: "invoices_create_invoice",
  args: (mark) => ({
    customer: { name: mark, email: "ann@example.com" },
    currency: "EUR",
    lines: [{ description: "work", quantity: 1, unitPriceMinor: 100 }],
    dueOn: "2999-12-31",
  }),
};
const tasks = [echo, echo, create];

async function startUpstreams() {
  await using opened = new AsyncDisposableStack();
  const bench = opened.use(await startBenchUpstream());
  const invoices = opened.use(await startExample("invoices"));
  const owned = opened.move();
  return { bench, invoices, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts it again on the same folder and the same port, as an init system would. */
async function startAgain(home: Home, before: Castellan): Promise<Castellan> {
  return startCastellan({ home, env: { CASTELLAN_PORT: new URL(before.url).port } });
}

/** Marks of created invoices, as the server itself has them. */
async function readInvoices(url: string): Promise<string[]> {
  const marks: string[] = [];
  using client = new Connection({ url, token: "none", era: "modern" });
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const { message } = await client.call("list_invoices", {
      limit: 100,
      ...(cursor !== undefined && { cursor }),
    });
    const page = message?.result?.["structuredContent"] as {
      invoices: { customer: { name: string } }[];
      nextCursor?: string;
    };
    marks.push(...page.invoices.map(({ customer }) => customer.name));
    cursor = page.nextCursor;
  }
  return marks;
}

/** Answered and not done, done twice, done and never asked for. */
async function auditInvoices(url: string, { answered, asked }: Memory) {
  const done = await readInvoices(url);
  const known = new Set(done);
  expect(known.size).toBeGreaterThan(0);
  return {
    undone: [...answered.values()].filter(({ tool, mark }) => tool === create.tool && !known.has(mark)),
    twice: done.filter((mark, index) => done.indexOf(mark) !== index),
    unasked: done.filter((mark) => !asked.has(mark)),
  };
}
const nothingWrong = { undone: [], twice: [], unasked: [] };

/** All that must hold after whatever happened. */
async function expectNothingLost(
  castellan: Castellan,
  memory: Memory,
  registered: Registered,
  invoices: string,
) {
  expect(await findLost(castellan, registered)).toEqual(nothingLost);
  expect(await auditRecord(castellan, memory)).toEqual(nothingAmiss);
  expect(await auditInvoices(invoices, memory)).toEqual(nothingWrong);
  // A token that was given out at the last moment opens the door.
  const last = registered.tokens.at(-1);
  using client = new Connection({
    url: portalUrl(castellan.url, "traffic"),
    token: last?.secret ?? "",
    era: "modern",
  });
  expect((await client.post("tools/list")).status).toBe(200);
}

describe.runIf(process.platform === "linux")("kill -9 in the middle of traffic", () => {
  test("of Castellan, five times in a row", async () => {
    await using upstreams = await startUpstreams();
    await using home = createHome();
    const memory = createMemory();
    const registered: Registered = { servers: [], portals: [], tokens: [] };
    let castellan = await startCastellan({ home });
    await using running = new AsyncDisposableStack();
    running.defer(() => castellan[Symbol.asyncDispose]());
    const { token } = await addPortal(castellan, "traffic", {
      bench: upstreams.bench.url,
      invoices: upstreams.invoices.url,
    });
    const restartsMs: number[] = [];
    const firstAnswersMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const url = portalUrl(castellan.url, "traffic");
      const traffic = startTraffic({ url, token, connections, tasks, memory, mayBreak: true });
      const registering = startRegistering(castellan, upstreams.bench.url, "traffic", registered);
      await traffic.answers(200);
      await delay(randomInt(1500));
      castellan.kill("SIGKILL");
      await castellan.ended;
      await traffic.stop();
      await registering.stop();

      const killedMs = performance.now();
      castellan = await startAgain(home, castellan);
      restartsMs.push(castellan.readyMs);
      using client = new Connection({ url, token, era: "modern" });
      expect(isSuccess(await client.call(echo.tool, echo.args("after")))).toBe(true);
      firstAnswersMs.push(performance.now() - killedMs);
      expect(await findLost(castellan, registered)).toEqual(nothingLost);
    }
    await expectNothingLost(castellan, memory, registered, upstreams.invoices.url);
    expect(memory.broken).toBe(5 * connections);
    expect(memory.refused).toEqual([]);
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    printFigures("kill -9 of Castellan", {
      "ready after ms": restartsMs.join(" "),
      "first answer after ms": firstAnswersMs.map(Math.round).join(" "),
      answered: memory.answered.size,
      "things registered": registered.tokens.length * 3,
    });
    expect(Math.max(...firstAnswersMs)).toBeLessThan(restartWithinMs);
  });

  test("of PostgreSQL, three times: calls fail as retryable, and the house recovers by itself", async () => {
    await using upstreams = await startUpstreams();
    await using home = createHome();
    await using castellan = await startCastellan({ home });
    const memory = createMemory();
    const registered: Registered = { servers: [], portals: [], tokens: [] };
    const portal = await addPortal(castellan, "traffic", {
      bench: upstreams.bench.url,
      invoices: upstreams.invoices.url,
    });
    const traffic = startTraffic({ ...portal, connections, tasks, memory });
    const registering = startRegistering(castellan, upstreams.bench.url, "traffic", registered);
    const gapsMs: number[] = [];
    for (let round = 0; round < 3; round++) {
      await traffic.answers(200);
      await delay(randomInt(1000));
      const killedMs = performance.now();
      process.kill(postgresPid(home.dataDir), "SIGKILL");
      // What was recorded before may still be on its way to its client.
      await traffic.answers(2 * connections);
      gapsMs.push(performance.now() - killedMs);
    }
    await traffic.answers(200);
    await registering.stop();
    await traffic.stop();
    await expectNothingLost(castellan, memory, registered, upstreams.invoices.url);
    const refusals = [
      ...new Set(memory.refused.map(({ status, message }) => `${status} ${message?.error?.data?.code}`)),
    ];
    printFigures("kill -9 of PostgreSQL", {
      "answers again after ms": gapsMs.map(Math.round).join(" "),
      answered: memory.answered.size,
      refused: memory.refused.length,
      refusals: refusals.join(", ") || "none",
    });
    expect(refusals.filter((refusal) => !refusal.startsWith("503 "))).toEqual([]);
    expect(memory.broken).toBe(0);
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test("of both at once, in either order", async () => {
    await using upstreams = await startUpstreams();
    await using home = createHome();
    const memory = createMemory();
    const registered: Registered = { servers: [], portals: [], tokens: [] };
    let castellan = await startCastellan({ home });
    await using running = new AsyncDisposableStack();
    running.defer(() => castellan[Symbol.asyncDispose]());
    const { token } = await addPortal(castellan, "traffic", {
      bench: upstreams.bench.url,
      invoices: upstreams.invoices.url,
    });
    const restartsMs: number[] = [];
    for (const isPostgresFirst of [true, false]) {
      const url = portalUrl(castellan.url, "traffic");
      const traffic = startTraffic({ url, token, connections, tasks, memory, mayBreak: true });
      const registering = startRegistering(castellan, upstreams.bench.url, "traffic", registered);
      await traffic.answers(200);
      await delay(randomInt(500));
      const postgres = postgresPid(home.dataDir);
      if (isPostgresFirst) process.kill(postgres, "SIGKILL");
      castellan.kill("SIGKILL");
      if (!isPostgresFirst) process.kill(postgres, "SIGKILL");
      await castellan.ended;
      await traffic.stop();
      await registering.stop();
      castellan = await startAgain(home, castellan);
      restartsMs.push(castellan.readyMs);
    }
    await expectNothingLost(castellan, memory, registered, upstreams.invoices.url);
    expect(await stop(castellan)).toEqual({ code: 0, signal: null, stderr: "" });
    printFigures("kill -9 of both", {
      "ready after ms": restartsMs.join(" "),
      answered: memory.answered.size,
    });
    expect(Math.max(...restartsMs)).toBeLessThan(restartWithinMs);
  });
});

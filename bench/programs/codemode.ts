/**
 * What it takes to run a stranger's program: in the isolates of this house, contained and plain, beside QuickJS and a `node` child
 * process on the same work; then 600 programs where 100 may run; then through a whole house, where what the calls
 * themselves take is measured without Code Mode and subtracted.
 *
 * Options: --runs N (warm, default 200), --cold N (default 10), --calls N (of one run, default 200), --rounds N (default 5),
 * --at-once N (default 100), --queued N (default 500), --only alone,crowd,house.
 */
import { parseArgs } from "node:util";
import { checkContainment, defaultRunLimits } from "@castellan/isolates";
import { atMost, callOnce, crowd } from "../codemode/crowd.ts";
import { codeCall, startMeasuredHouse } from "../codemode/house.ts";
import { startIsolates } from "../codemode/isolates.ts";
import { startNodeProcesses } from "../codemode/node-process.ts";
import { startQuickJs } from "../codemode/quickjs.ts";
import { echo, empty, parallel, sequential, timeRuns, type Runtime } from "../codemode/runtime.ts";
import { endAfter } from "../load/deadline.ts";
import { median } from "../load/figures.ts";
import { memoryOf } from "../load/process.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    cold: { type: "string", default: "10" },
    calls: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
    "at-once": { type: "string", default: "100" },
    queued: { type: "string", default: "500" },
    only: { type: "string", default: "alone,crowd,house" },
  },
});
const [runs, coldRuns, calls, rounds] = [values.runs, values.cold, values.calls, values.rounds].map(
  Number,
) as [number, number, number, number];
const [atOnce, queued] = [Number(values["at-once"]), Number(values.queued)];
const parts = new Set(values.only.split(","));

using _deadline = endAfter(20 * 60_000);
const { isContained, missing } = await checkContainment("required");
if (!isContained) console.log(`This machine cannot contain: ${missing.join(" ")}\n`);
const containments = isContained ? (["required", "none"] as const) : (["none"] as const);

if (parts.has("alone")) await alone();
if (parts.has("crowd")) await crowded();
if (parts.has("house")) for (const containment of containments) await throughHouse(containment);

async function alone(): Promise<void> {
  const rows: string[][] = [];
  const starts: (() => Runtime | Promise<Runtime>)[] = [
    ...containments.map((containment) => () => startIsolates(containment)),
    startQuickJs,
    startNodeProcesses,
  ];
  for (const start of starts) {
    await using runtime = await start();
    await timeRuns(20, () => runtime.run(empty, echo));
    const warm = await timeRuns(runs, () => runtime.run(empty, echo));
    const cold: number[] = [];
    for (let n = 0; n < coldRuns; n++) cold.push(await runtime.cold());
    const each = async (body: string) => {
      const { p50 } = await timeRuns(rounds, () => runtime.run(body, echo));
      return (p50 / calls).toFixed(3);
    };
    rows.push([
      runtime.name,
      warm.p50.toFixed(2),
      warm.p99.toFixed(1),
      median(cold).toFixed(0),
      await each(sequential(calls)),
      await each(parallel(calls)),
      (await runtime.idleMiB()).toFixed(1),
      (await runtime.busyMiB()).toFixed(1),
    ]);
  }
  printTable(
    [
      "one program",
      "warm p50 ms",
      "p99 ms",
      "cold ms",
      `ms a call, ${calls} in turn`,
      `${calls} at once`,
      "idle MiB",
      "busy MiB",
    ],
    rows,
  );
  console.log("");
}

async function crowded(): Promise<void> {
  const total = atOnce + queued;
  const rows: string[][] = [];
  const add = async (name: string, run: Parameters<typeof crowd>[1]) => {
    let mostMiB = 0;
    const look = setInterval(() => {
      void memoryOf(process.pid).then(
        ({ withChildrenMiB }) => (mostMiB = Math.max(mostMiB, withChildrenMiB)),
      );
    }, 500);
    const { withChildrenMiB: beforeMiB } = await memoryOf(process.pid);
    const { allMs, took, failures } = await crowd(total, run);
    clearInterval(look);
    rows.push([
      name,
      allMs.toFixed(0),
      (total / (allMs / 1000)).toFixed(0),
      took.p50.toFixed(0),
      took.p99.toFixed(0),
      Math.max(0, mostMiB - beforeMiB).toFixed(0),
      String(failures),
    ]);
  };
  for (const containment of containments) {
    await using runtime = await startIsolates(containment, { maxRunning: atOnce });
    await add(runtime.name, (place, host) => runtime.runFor(`owner-${place % 10}`, callOnce, host));
  }
  for (const start of [startQuickJs, startNodeProcesses]) {
    await using runtime = await start();
    const inTurn = atMost(atOnce);
    await add(`${runtime.name}, queued by the bench`, (_, host) => inTurn(() => runtime.run(callOnce, host)));
  }
  printTable(
    [
      `${total} programs, ${atOnce} at a time, a call of 20 ms each`,
      "all ms",
      "per second",
      "p50 ms",
      "p99 ms",
      "more MiB",
      "failed",
    ],
    rows,
  );
  console.log("");
}

async function throughHouse(containment: "required" | "none"): Promise<void> {
  await using house = await startMeasuredHouse({ CASTELLAN_ISOLATES_CONTAINMENT: containment });
  const repeat = async (call: () => Promise<void>) => {
    for (let n = 0; n < calls; n++) await call();
  };
  // As many at a time as a run may have under way; one caller has no more than 64 at a server.
  const inTurns = atMost(defaultRunLimits.callsAtATime);
  const all = (call: () => Promise<void>) => Promise.all(Array.from({ length: calls }, () => inTurns(call)));
  const inTurn = `for (let n = 0; n < ${calls}; n++) await ${codeCall}; return 1`;
  const together = `await Promise.all(Array.from({ length: ${calls} }, () => ${codeCall})); return 1`;
  const { withChildrenMiB: idleMiB } = await memoryOf(house.pid);
  await timeRuns(20, () => house.execute("return 1"));
  const warm = await timeRuns(Math.min(runs, 100), () => house.execute("return 1"));
  const rows: string[][] = [];
  for (const [name, code, way] of [
    ["in turn", inTurn, repeat],
    ["at once", together, all],
  ] as const) {
    // Turn and turn about, so that what else the machine does meets all of them.
    const [direct, portal, coded]: number[][] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      direct?.push((await timeRuns(1, () => way(house.direct))).p50);
      portal?.push((await timeRuns(1, () => way(house.throughPortal))).p50);
      coded?.push((await timeRuns(1, () => house.execute(code))).p50);
    }
    const [directMs, portalMs, codedMs] = [direct, portal, coded].map((took) => median(took ?? [])) as [
      number,
      number,
      number,
    ];
    rows.push([
      `${calls} calls ${name}`,
      directMs.toFixed(0),
      portalMs.toFixed(0),
      codedMs.toFixed(0),
      ((portalMs - directMs) / calls).toFixed(3),
      ((codedMs - directMs - warm.p50) / calls).toFixed(3),
    ]);
  }
  const { withChildrenMiB: afterMiB } = await memoryOf(house.pid);
  const how = containment === "required" ? "contained" : "plain";
  console.log(
    `Through a house, ${how}: an empty execute ${warm.p50.toFixed(1)} ms (p99 ${warm.p99.toFixed(1)}); ` +
      `the house with its isolates ${idleMiB.toFixed(0)} MiB before, ${afterMiB.toFixed(0)} MiB after`,
  );
  printTable(
    [
      "",
      "direct ms",
      "through the portal ms",
      "in one execute ms",
      "portal adds, ms a call",
      "execute adds, ms a call",
    ],
    rows,
  );
  console.log("");
}

/**
 * What a portal adds in each of the four cells: a call of `echo` straight to a server, in the server's era,
 * and through the portal, in the caller's; then a call in whose course the caller is asked something. Turn and
 * turn about in one run, since the machine is shared; everything, the generator too, on the same cores.
 *
 * Options: --seconds N (of one turn, default 2), --rounds N (default 3), --cell C3 (again for further ones;
 * default: all), --questions N (of one turn, default 50).
 */
import { parseArgs } from "node:util";
import { startMeasuredCastellan, startUpstream } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { percentile, runLoad, summary, type LoadResult } from "../load/http-load.ts";
import { timeQuestion } from "../load/question.ts";
import { loadOf, openSpeaker, type Door, type Era, type Speaker } from "../load/speaker.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    questions: { type: "string", default: "50" },
    cell: { type: "string", multiple: true },
  },
});
const [seconds, rounds, questions] = [values.seconds, values.rounds, values.questions].map(Number) as [
  number,
  number,
  number,
];

/** The caller's era, then the server's. */
const cells = [
  { name: "C1", caller: "legacy", server: "legacy" },
  { name: "C2", caller: "modern", server: "modern" },
  { name: "C3", caller: "modern", server: "legacy" },
  { name: "C4", caller: "legacy", server: "modern" },
] as const satisfies readonly { name: string; caller: Era; server: Era }[];
type Cell = (typeof cells)[number];

const chosen = cells.filter(({ name }) => values.cell === undefined || values.cell.includes(name));
if (chosen.length === 0) throw new RangeError(`The cells are ${cells.map(({ name }) => name).join(", ")}`);

const connectionCounts = [1, 16] as const;
const warmUpMs = 1_500;
const capabilities = { elicitation: { form: {} } };

/** Of one cell: straight, and through the portal. */
interface Ways {
  readonly direct: Way;
  readonly portal: Way;
}

interface Way {
  readonly door: Door;
  readonly era: Era;
  /** What the server's own tool is called there. */
  readonly tool: (own: string) => string;
}

const turnsMs = chosen.length * 2 * (connectionCounts.length * rounds * seconds * 1000 + warmUpMs);
using _deadline = endAfter(180_000 + 2 * turnsMs + chosen.length * 2 * rounds * questions * 200);
await using upstreams = new AsyncDisposableStack();
const servers = {
  legacy: upstreams.use(await startUpstream("legacy")),
  modern: upstreams.use(await startUpstream("modern")),
};
await using castellan = await startMeasuredCastellan();
const token = await castellan.addPortal("bench", {
  legacy: { ...servers.legacy, clientFeatures: ["elicitation_form"] },
  modern: { ...servers.modern, clientFeatures: ["elicitation_form"] },
});

const calls = new Map<string, LoadResult[]>();
const answers = new Map<string, number[]>();
const working = await warmUp();
for (let round = 0; round < rounds; round++) {
  for (const connections of connectionCounts)
    for (const cell of working)
      for (const [name, way] of Object.entries(waysOf(cell)))
        add(calls, `${cell.name} ${connections} ${name}`, [await measure(way, connections, seconds * 1000)]);
  for (const cell of working)
    for (const [name, way] of Object.entries(waysOf(cell)))
      add(answers, `${cell.name} ${name}`, await ask(way, questions));
}
console.log(`One call of a tool, milliseconds; ${rounds} rounds of ${seconds} s, medians of the rounds\n`);
printTable(
  [
    "cell",
    "p50 direct",
    "portal",
    "added",
    "p99 direct",
    "portal",
    "added",
    "calls/s direct",
    "portal",
    "ratio",
    "failed",
  ],
  connectionCounts.flatMap((connections) => working.map((cell) => callRow(cell, connections))),
);
console.log(
  `\nA call with one question, from the call to its answer, milliseconds; ${rounds * questions} of them\n`,
);
printTable(
  ["cell", "p50 direct", "portal", "added", "p99 direct", "portal", "added"],
  working.map(questionRow),
);
if (working.length < chosen.length) process.exitCode = 1;

function waysOf({ caller, server }: Cell): Ways {
  const portal = { url: castellan.portalUrl("bench"), headers: { authorization: `Bearer ${token}` } };
  return {
    direct: { door: { url: servers[server].url, headers: {} }, era: server, tool: (own) => own },
    portal: { door: portal, era: caller, tool: (own) => `${server}_${own}` },
  };
}

/** The cells in which calls succeed. One in which they do not is told, and not measured. */
async function warmUp(): Promise<Cell[]> {
  const found: Cell[] = [];
  for (const cell of chosen)
    try {
      for (const way of Object.values(waysOf(cell))) {
        const { failures, firstFailure } = await measure(way, 16, warmUpMs);
        if (failures > 0) throw new Error(`${failures} calls failed, the first one so:\n${firstFailure}`);
        await ask(way, 5);
      }
      found.push(cell);
    } catch (error) {
      console.error(
        `${titleOf(cell)} is left out: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  return found;
}

async function measure(way: Way, connections: number, durationMs: number): Promise<LoadResult> {
  return withSpeaker(way, async (speaker) => {
    const load = loadOf(speaker, way.tool("echo"), { text: "x".repeat(200) });
    return runLoad({ ...load, connections, durationMs });
  });
}

/** One after the other. */
async function ask(way: Way, count: number): Promise<number[]> {
  return withSpeaker(way, async (speaker) => {
    const took: number[] = [];
    // A modern question takes two ids.
    for (let n = 0; n < count; n++) took.push(await timeQuestion(speaker, way.tool("ask"), 2 * n + 1));
    return took;
  });
}

async function withSpeaker<T>({ door, era }: Way, work: (speaker: Speaker) => Promise<T>): Promise<T> {
  const speaker = await openSpeaker(door, era, capabilities);
  try {
    return await work(speaker);
  } finally {
    await speaker.end();
  }
}

function add<T>(to: Map<string, T[]>, key: string, values: readonly T[]): void {
  to.set(key, [...(to.get(key) ?? []), ...values]);
}

function callRow(cell: Cell, connections: number): string[] {
  const of = (way: keyof Ways) => {
    const results = calls.get(`${cell.name} ${connections} ${way}`) ?? [];
    const failure = results.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure;
    if (failure !== undefined) console.error(`${titleOf(cell)}, ${way}: ${failure}`);
    return summary(results);
  };
  const [direct, portal] = [of("direct"), of("portal")];
  return [
    `${titleOf(cell)}, ${connections} connection${connections === 1 ? "" : "s"}`,
    ...compared(direct.medianMs, portal.medianMs),
    ...compared(direct.p99Ms, portal.p99Ms),
    direct.perSecond.toFixed(0),
    portal.perSecond.toFixed(0),
    `${(portal.perSecond / direct.perSecond).toFixed(2)}×`,
    String(direct.failures + portal.failures),
  ];
}

function questionRow(cell: Cell): string[] {
  const of = (way: keyof Ways) => Float64Array.from(answers.get(`${cell.name} ${way}`) ?? []).sort();
  const [direct, portal] = [of("direct"), of("portal")];
  return [
    titleOf(cell),
    ...compared(percentile(direct, 0.5), percentile(portal, 0.5)),
    ...compared(percentile(direct, 0.99), percentile(portal, 0.99)),
  ];
}

function compared(directMs: number, portalMs: number): string[] {
  return [directMs, portalMs, portalMs - directMs].map((ms) => ms.toFixed(2));
}

function titleOf({ name, caller, server }: Cell): string {
  return `${name} ${caller} → ${server}`;
}

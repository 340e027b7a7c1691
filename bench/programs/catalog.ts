/**
 * What many servers cost: `tools/list`, `tools/call` and start-up with 1, 10, 100 and 500 servers of ten tools
 * each, and how soon a change of curation is heard with 50 portals. Each figure beside that of one server, in
 * the same run; calls are to cost the same at each.
 *
 * Options: --sizes 1,10,100,500, --seconds N (of one turn, default 3), --rounds N (default 3).
 */
import { parseArgs } from "node:util";
import { startMeasuredCastellan, startUpstream } from "../load/castellan.ts";
import { endAfter } from "../load/deadline.ts";
import { runLoad, summary, type LoadResult } from "../load/http-load.ts";
import { memoryOf } from "../load/process.ts";
import { listLoadOf, loadOf, openSpeaker } from "../load/speaker.ts";
import { hearChange } from "../load/heard.ts";
import { printTable } from "../load/table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1,10,100,500" },
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
  },
});
const sizes = values.sizes.split(",").map(Number);
const most = Math.max(...sizes);
const toolsEach = 10;
const portals = 50;

using _deadline = endAfter(20 * 60_000);
await using upstream = await startUpstream("both");
await using castellan = await startMeasuredCastellan();

interface Stage {
  readonly size: number;
  readonly token: string;
  readonly startMs: number;
  readonly registerMs: number;
  readonly residentMiB: number;
  readonly lists: LoadResult[];
  readonly calls: LoadResult[];
}

const stages: Stage[] = [];
const slugs: string[] = [];
for (const size of sizes) stages.push(await grow(size));
for (let round = 0; round < Number(values.rounds); round++)
  for (const stage of stages) {
    stage.calls.push(await measure(stage, "calls"));
    stage.lists.push(await measure(stage, "lists"));
  }
report();
await changes();

/** Registers servers until there are so many, makes a portal over all of them, and starts again. */
async function grow(size: number): Promise<Stage> {
  const startedMs = performance.now();
  const before = slugs.length;
  while (slugs.length < size) {
    const slug = `s${slugs.length}`;
    const url = new URL(`?server=${slug}&more=${toolsEach - 1}`, upstream.url);
    await castellan.addServer(slug, { url });
    slugs.push(slug);
  }
  const registerMs = (performance.now() - startedMs) / Math.max(1, size - before);
  const token = await castellan.makePortal(`all-${size}`, slugs.slice(0, size));
  const startMs = await castellan.restart();
  const { residentMiB } = await memoryOf(castellan.pid);
  return { size, token, startMs, registerMs, residentMiB, lists: [], calls: [] };
}

async function measure({ size, token }: Stage, what: "lists" | "calls"): Promise<LoadResult> {
  const url = castellan.portalUrl(`all-${size}`);
  const speaker = await openSpeaker({ url, headers: { authorization: `Bearer ${token}` } }, "modern");
  // The last one in the list: whoever looked for it from the beginning would show.
  const load =
    what === "lists" ? listLoadOf(speaker) : loadOf(speaker, `s${size - 1}_echo`, { text: "x".repeat(200) });
  const durationMs = Number(values.seconds) * 1000;
  const result = await runLoad({ ...load, connections: what === "lists" ? 1 : 4, durationMs });
  if (result.firstFailure !== undefined) console.error(`${what} at ${size}: ${result.firstFailure}`);
  return result;
}

function report(): void {
  const [first] = stages;
  if (!first) return;
  const one = { calls: summary(first.calls), lists: summary(first.lists) };
  printTable(
    [
      "servers",
      "calls/s",
      "of the first",
      "call p50 ms",
      "lists/s",
      "list p50 ms",
      "µs a tool",
      "start ms",
      "of the first",
      "register ms each",
      "MiB",
      "failed",
    ],
    stages.map((stage) => {
      const calls = summary(stage.calls);
      const lists = summary(stage.lists);
      return [
        String(stage.size),
        calls.perSecond.toFixed(0),
        `${(calls.perSecond / one.calls.perSecond).toFixed(2)}×`,
        calls.medianMs.toFixed(3),
        lists.perSecond.toFixed(0),
        lists.medianMs.toFixed(2),
        ((lists.medianMs * 1000) / (stage.size * toolsEach)).toFixed(2),
        stage.startMs.toFixed(0),
        `${(stage.startMs / first.startMs).toFixed(2)}×`,
        stage.registerMs.toFixed(1),
        stage.residentMiB.toFixed(0),
        String(calls.failures + lists.failures),
      ];
    }),
  );
}

/** With 50 portals over all servers: how long until a client hears of a change, and until it is listed. */
async function changes(): Promise<void> {
  for (let n = 0; n < portals; n++) await castellan.makePortal(`p-${n}`, slugs);
  const url = castellan.portalUrl(`all-${most}`);
  const token = stages.at(-1)?.token ?? "";
  const toggle = (enabled: boolean) =>
    castellan.api("PATCH", `/portals/all-${most}/servers/s0`, { tools: { echo: { enabled } } });
  const heardMs: number[] = [];
  const syncMs: number[] = [];
  for (let n = 0; n < 10; n++) {
    heardMs.push(await hearChange({ url, token }, () => toggle(n % 2 === 1)));
    const startedMs = performance.now();
    await castellan.api("POST", `/servers/s${n}/sync`);
    syncMs.push(performance.now() - startedMs);
  }
  await toggle(true);
  const median = (list: number[]) =>
    list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  console.log("");
  printTable(
    [`${most} servers, ${portals + sizes.length} portals`, "median ms", "longest ms"],
    [
      [
        "from a change of curation to list_changed at a client",
        median(heardMs).toFixed(1),
        Math.max(...heardMs).toFixed(1),
      ],
      [
        "one server synced, all portals brought up to date",
        median(syncMs).toFixed(1),
        Math.max(...syncMs).toFixed(1),
      ],
    ],
  );
}

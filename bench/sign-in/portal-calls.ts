/** Calls of a tool over HTTP, by who calls: what of it the caller's kind of credential costs. Turn and turn about. */
import { summary, runLoad, type LoadResult } from "../load/http-load.ts";
import { median } from "../load/figures.ts";
import { cpuOf } from "../load/process.ts";
import { loadOf, openSpeaker, type Era } from "../load/speaker.ts";

export interface Caller {
  readonly name: string;
  readonly url: URL;
  readonly token: string;
  /** Default that of the server `bench`. */
  readonly tool?: string;
}

export interface CallFigure {
  readonly name: string;
  readonly era: Era;
  readonly perSecond: number;
  readonly p50Ms: number;
  /** Of one call: processor time of the server, milliseconds. */
  readonly cpuMs: number;
  readonly failures: number;
}

interface Turn {
  readonly result: LoadResult;
  readonly cpuMs: number;
}

const eras: readonly Era[] = ["legacy", "modern"];
const connections = 16;
const warmUpMs = 1_500;

export async function measureCalls(
  pid: number,
  callers: readonly Caller[],
  { rounds, turnMs }: { rounds: number; turnMs: number },
): Promise<CallFigure[]> {
  const pairs = eras.flatMap((era) => callers.map((caller) => ({ era, caller, turns: [] as Turn[] })));
  for (const { caller, era } of pairs) await measure(pid, caller, era, warmUpMs);
  for (let round = 0; round < rounds; round++)
    for (const { caller, era, turns } of pairs) turns.push(await measure(pid, caller, era, turnMs));
  return pairs.map(({ caller, era, turns }) => {
    const { perSecond, medianMs, failures } = summary(turns.map(({ result }) => result));
    const cpuMs = median(turns.map((turn) => turn.cpuMs));
    return { name: caller.name, era, perSecond, p50Ms: medianMs, cpuMs, failures };
  });
}

async function measure(
  pid: number,
  { name, url, token, tool = "bench_echo" }: Caller,
  era: Era,
  durationMs: number,
): Promise<Turn> {
  const speaker = await openSpeaker({ url, headers: { authorization: `Bearer ${token}` } }, era);
  const load = loadOf(speaker, tool, { text: "x".repeat(200) });
  const before = await cpuOf(pid);
  const result = await runLoad({ ...load, connections, durationMs });
  const cpuMs = ((await cpuOf(pid)) - before) / result.requests;
  await speaker.end();
  if (result.firstFailure !== undefined) console.error(`${name}, ${era}: ${result.firstFailure}`);
  return { result, cpuMs };
}

/** How much signing in a replica bears: flows that run beside each other for a while, and the steps of each. */
import { spread, type Spread } from "../load/figures.ts";
import { cpuOf } from "../load/process.ts";
import { askForToken, type Client, type GivenTokens } from "./client.ts";
import type { Person } from "./people.ts";

export interface FlowFigure {
  readonly name: string;
  readonly perSecond: number;
  /** Of one: processor time of the server, milliseconds. */
  readonly cpuMs: number;
  readonly took: Spread;
}

export interface FlowOptions {
  readonly site: string;
  readonly pid: number;
  readonly durationMs: number;
}

/** As many at a time as there are people, each a person of their own: authorization request, page, decision, code, tokens. */
export async function measureConsent(
  people: readonly Person[],
  client: Client,
  options: FlowOptions,
): Promise<{ figures: FlowFigure[]; tokens: GivenTokens[] }> {
  const steps = { page: [] as number[], decision: [] as number[], tokens: [] as number[] };
  const last: GivenTokens[] = [];
  const whole = await repeat("a client is let in", people, options, async ({ browser }, worker) => {
    const asked = await timed(steps.page, () => client.ask(browser));
    const coded = await timed(steps.decision, () => asked.allow());
    last[worker] = await timed(steps.tokens, () => coded.redeem());
  });
  const step = (name: string, took: readonly number[]): FlowFigure => ({
    name,
    perSecond: Number.NaN,
    cpuMs: Number.NaN,
    took: spread(took),
  });
  return {
    figures: [
      whole,
      step("… request until the page", steps.page),
      step("… decision until the code", steps.decision),
      step("… code until the tokens", steps.tokens),
    ],
    tokens: last,
  };
}

/** Each its own chain of refresh tokens. */
export function measureRefresh(
  given: readonly GivenTokens[],
  client: Client,
  options: FlowOptions,
): Promise<FlowFigure> {
  const newest = [...given];
  return repeat("refresh", given, options, async (first, worker) => {
    newest[worker] = await client.refresh(newest[worker] ?? first);
  });
}

export function measureClientCredentials(
  { id, secret, resource }: { id: string; secret: string; resource: string },
  concurrency: number,
  options: FlowOptions,
): Promise<FlowFigure> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  const form = { grant_type: "client_credentials", resource };
  const workers = Array.from({ length: concurrency }, () => undefined);
  return repeat("client credentials", workers, options, async () => {
    await askForToken(options.site, form, { authorization });
  });
}

async function repeat<Worker>(
  name: string,
  workers: readonly Worker[],
  { pid, durationMs }: FlowOptions,
  flow: (worker: Worker, number: number) => Promise<unknown>,
): Promise<FlowFigure> {
  await Promise.all(workers.map(flow));
  const took: number[] = [];
  const before = await cpuOf(pid);
  const startedMs = performance.now();
  await Promise.all(
    workers.map(async (worker, number) => {
      while (performance.now() - startedMs < durationMs) await timed(took, () => flow(worker, number));
    }),
  );
  const perSecond = (took.length / (performance.now() - startedMs)) * 1000;
  const cpuMs = ((await cpuOf(pid)) - before) / took.length;
  return { name, perSecond, cpuMs, took: spread(took) };
}

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  into.push(performance.now() - startedMs);
  return result;
}

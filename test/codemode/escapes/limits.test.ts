/** What never ends, or wants too much: the limit that it hits ends it, and a neighbour does not notice. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { printFigures, quantile } from "../../heavy/figures.ts";
import { endOf, inBothModes, noting, openPool, type Pool, type RunIn } from "./scene.ts";

interface Attack {
  readonly name: string;
  readonly body: string;
  /** Any of these, as `endOf` says it: where several limits are in reach, the machine says which is the first. */
  readonly ends: readonly string[];
  readonly limits?: RunIn["limits"];
}

const attacks: readonly Attack[] = [
  { name: "an endless loop", body: "for (;;);", ends: ["isolate_cpu_exceeded"] },
  {
    name: "an endless loop of promises",
    body: "const again = () => Promise.resolve().then(again); await again();",
    // Each promise waits for the next one: it may be memory that ends first.
    ends: ["isolate_cpu_exceeded", "isolate_heap_exceeded"],
  },
  {
    name: "an endless loop of turns",
    body: "for (;;) await new Promise((resolve) => setTimeout(resolve, 0));",
    ends: ["isolate_cpu_exceeded", "isolate_time_exceeded"],
    limits: { wallMs: 2_000 },
  },
  {
    name: "a heap bomb",
    body: "const kept = []; for (;;) kept.push({ x: kept.length, y: [1, 2, 3] });",
    ends: ["isolate_heap_exceeded"],
    limits: { cpuMs: 5_000 },
  },
  {
    name: "a string bomb",
    body: "let text = 'x'; const kept = []; for (;;) { text += text; kept.push(text.slice(1).split('')); }",
    ends: ["isolate_heap_exceeded", "isolate_cpu_exceeded", "threw RangeError"],
  },
  {
    name: "a typed-array bomb",
    body: "const kept = []; for (;;) kept.push(new Uint8Array(1e7).fill(1));",
    ends: ["threw RangeError", "isolate_memory_exceeded", "isolate_cpu_exceeded"],
  },
  {
    name: "a typed-array bomb that catches",
    body: "const kept = []; for (;;) try { kept.push(new Uint8Array(1e7).fill(1)); } catch { kept.length = 0; }",
    ends: ["isolate_memory_exceeded", "isolate_cpu_exceeded"],
  },
  {
    name: "a regular-expression bomb",
    body: "return String(/^(a+)+$/.test('a'.repeat(40) + 'b'));",
    ends: ["isolate_cpu_exceeded"],
  },
  {
    name: "a flood of logs",
    body: "for (;;) { console.log('x'.repeat(1000)); await env.HOST.tick(''); }",
    ends: ["isolate_log_exceeded"],
  },
  {
    name: "a flood of logs that never yields",
    body: "for (;;) console.log('x'.repeat(1000));",
    ends: ["isolate_log_exceeded", "isolate_cpu_exceeded", "isolate_heap_exceeded"],
  },
  {
    name: "a flood of calls",
    body: "for (;;) await env.HOST.tick('');",
    ends: ["isolate_calls_exceeded"],
  },
  {
    name: "a flood of calls that nobody waits for",
    body: "for (let n = 0; n < 1e6; n++) env.HOST.tick(''); await new Promise(() => {});",
    ends: [
      "isolate_calls_exceeded",
      "isolate_cpu_exceeded",
      "isolate_heap_exceeded",
      "isolate_memory_exceeded",
      "isolate_crashed",
    ],
  },
  { name: "recursion", body: "const f = () => f() + 1; return String(f());", ends: ["threw RangeError"] },
  {
    name: "recursion in JSON",
    body: "let deep = []; for (let n = 0; n < 1e6; n++) deep = [deep]; return JSON.stringify(deep);",
    ends: ["threw RangeError", "isolate_output_exceeded", "isolate_cpu_exceeded"],
  },
  {
    name: "an isolate that gives up on itself",
    body: "(await import('cloudflare:workers')).abortIsolate();",
    ends: ["isolate_time_exceeded", "isolate_crashed", "threw Error"],
    limits: { wallMs: 500 },
  },
  { name: "a huge result", body: "return 'x'.repeat(5_000_000);", ends: ["isolate_output_exceeded"] },
  {
    name: "a huge argument",
    body: "await env.HOST.tick('x'.repeat(5_000_000));",
    ends: ["isolate_output_exceeded"],
  },
  {
    name: "many big arguments",
    body: "for (;;) await env.HOST.nothing('x'.repeat(100_000));",
    ends: ["isolate_output_exceeded"],
  },
  { name: "huge answers", body: "for (;;) await env.HOST.huge('');", ends: ["isolate_input_exceeded"] },
  {
    name: "a huge error",
    body: "throw new Error('x'.repeat(5_000_000));",
    ends: ["threw Error", "isolate_output_exceeded"],
  },
];

/** Of a neighbour: an empty run that makes one call. */
const neighbourly = "return await env.HOST.hello('there');";
const median = (values: readonly number[]) => quantile(values, 0.5);

const { binding } = noting((method, argument) => {
  if (method === "nothing") return "";
  return method === "huge" ? "x".repeat(400_000) : argument;
});

inBothModes("a neighbour keeps its median", (mode) => {
  let pool: Pool;
  let aloneMs: number;
  const figures: Record<string, string> = {};
  beforeAll(async () => {
    pool = await openPool(mode);
    await neighbour(() => false, 5);
    aloneMs = median(await neighbour(() => false, 40));
  });
  afterAll(async () => {
    printFigures(`A neighbour's median (${mode})`, { "alone ms": aloneMs, ...figures });
    await pool[Symbol.asyncDispose]();
  });

  /** Runs while this says so, at least so many times; how long each took, milliseconds. */
  async function neighbour(goOn: () => boolean, atLeast: number): Promise<number[]> {
    const took: number[] = [];
    while (took.length < atLeast || goOn()) {
      const startedMs = performance.now();
      const end = await pool.run(neighbourly, { owner: "neighbour", bindings: { HOST: binding } });
      took.push(performance.now() - startedMs);
      expect(endOf(end)).toBe("returned there");
    }
    return took;
  }

  test.each(attacks)("$name", async ({ name, body, ends, limits }) => {
    let isOver = false;
    const attack = pool
      .run(body, { bindings: { HOST: binding }, limits: { cpuMs: 400, ...limits } })
      .finally(() => (isOver = true));
    const meanwhile = neighbour(() => !isOver, 5);
    const end = await attack;
    expect(ends, JSON.stringify(end).slice(0, 500)).toContain(endOf(end));
    const duringMs = median(await meanwhile);
    figures[name] = `${duringMs.toFixed(1)} (${endOf(end)})`;
    // Attackers may have a processor; not what the neighbour needs of the others.
    expect(duringMs).toBeLessThan(aloneMs * 10 + 25);
    // What comes after it from the same owner finds nothing of it.
    expect(endOf(await pool.run("return 'well'"))).toBe("returned well");
  });

  test("a time-out in the middle of a call: the call is aborted, its answer goes nowhere", async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const late = Promise.withResolvers<string>();
    const hanging = {
      call: (_method: string, _argument: string, signal: AbortSignal) => {
        signal.addEventListener("abort", () => resolve());
        return late.promise;
      },
    };
    const bindings = { HOST: hanging };
    const end = await pool.run("return await env.HOST.wait('')", { bindings, limits: { wallMs: 300 } });
    expect(endOf(end)).toBe("isolate_time_exceeded");
    await aborted;
    const next = pool.run("return await env.HOST.echo('mine')", { bindings: { HOST: binding } });
    late.resolve("not yours");
    expect(endOf(await next)).toBe("returned mine");
  });

  test("all of it at once", async () => {
    let isOver = false;
    const all = Promise.all(
      attacks.map(({ body, limits }) =>
        pool.run(body, { bindings: { HOST: binding }, limits: { cpuMs: 400, ...limits } }),
      ),
    ).finally(() => (isOver = true));
    const during = await neighbour(() => !isOver, 5);
    const ends = (await all).map(endOf);
    for (const [place, end] of ends.entries()) expect(attacks[place]?.ends).toContain(end);
    figures["all at once"] = median(during).toFixed(1);
    expect(median(during)).toBeLessThan(aloneMs * 20 + 50);
  });
});

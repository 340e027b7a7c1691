/** Every limit, and what a program can do, on the real runtime: contained and plain. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Fault } from "@castellan/kernel";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { createIsolates } from "./create-isolates.ts";
import { isolateFaults } from "./faults.ts";
import { PutOff, type Isolates, type IsolatesOptions, type RunOptions } from "./isolates.ts";
import type { Program, RunEnd } from "./program.ts";

async function open(options: Partial<IsolatesOptions>): Promise<Isolates & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "iso-"));
  const errors: unknown[] = [];
  const isolates = await createIsolates({
    containment: "none",
    onError: (error) => errors.push(error),
    ...options,
    dir,
  });
  return Object.assign(isolates, {
    dir,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await Object.getPrototypeOf(isolates)[Symbol.asyncDispose].call(isolates);
      expect(errors).toEqual([]);
      expect(await readdir(dir)).toEqual([]);
      await rm(dir, { recursive: true });
    },
  });
}

const bindings: Program["bindings"] = {
  TEST: {
    async call(method, argument, signal) {
      if (method === "echo") return argument;
      if (method === "never")
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      if (method === "putOff") throw new PutOff();
      if (method === "fault") throw isolateFaults.fault("isolates_busy", `no ${argument}`);
      throw new Error(`no method ${method}`);
    },
  },
};

function program(body: string, more: Partial<Program> = {}): Program {
  return {
    owner: "anna",
    modules: { "main.js": `export default async (env, input) => { ${body} }` },
    mainModule: "main.js",
    compatibilityDate: "2026-07-01",
    bindings,
    input: "in",
    ...more,
  };
}

/** The end without its figures. */
async function endOf(isolates: Isolates, what: Program, options: Partial<RunOptions> = {}): Promise<unknown> {
  const end = await isolates.run(what, { signal: AbortSignal.timeout(30_000), ...options });
  return told(end);
}

function told(end: RunEnd): unknown {
  if (end.kind === "broke") return { kind: "broke", code: end.fault.code, data: end.fault.data };
  if (end.kind === "threw")
    return { kind: "threw", name: end.error.name, message: end.error.message, code: end.error.code };
  return end.kind === "returned" ? { kind: "returned", text: end.text } : { kind: end.kind };
}

const returned = (text?: string): unknown => ({ kind: "returned", text });
const broke = (code: string, limit: string, allowed: number): unknown => ({
  kind: "broke",
  code,
  data: { limit, allowed },
});

describe.each(["required", "none"] as const)("containment %s", (containment) => {
  let isolates: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    isolates = await open({ containment, processLimits: { heapMiB: 64, residentMiB: 200 } });
  });
  afterAll(() => isolates[Symbol.asyncDispose]());

  const run = (body: string, more: Partial<Program> = {}): Promise<unknown> =>
    endOf(isolates, program(body, more));

  test("is what was asked for", () => {
    expect(isolates.containment).toEqual({
      mode: containment,
      isContained: containment === "required",
      ...(containment === "required"
        ? {
            how: expect.stringMatching(
              /^bubblewrap \d+\.\d+\.\d+, as user 65534, without network, with a filter for system calls$/,
            ),
          }
        : {}),
      missing: [],
    });
  });

  test("a program gets its input, calls its bindings, logs and returns", async () => {
    const end = await isolates.run(
      program(
        `console.log("a", { b: [1] }); console.warn("c\\nd"); return input + await env.TEST.echo("é\\u0000\\n")`,
      ),
      { signal: AbortSignal.timeout(30_000) },
    );
    expect(end).toMatchObject({
      kind: "returned",
      text: "iné\0\n",
      logs: [
        { level: "log", text: "a { b: [ 1 ] }" },
        { level: "warn", text: "c\nd" },
      ],
      use: { calls: 1, bytesOut: 4 + 6 },
    });
  });

  test("errors keep their words, and a fault its code", async () => {
    expect(
      await run(
        `try { await env.TEST.fault("tea") } catch (error) { return error.code + ": " + error.message }`,
      ),
    ).toEqual(returned("isolates_busy: no tea"));
    expect(await run(`await env.TEST.fault("tea")`)).toEqual({
      kind: "threw",
      name: "Error",
      message: "no tea",
      code: "isolates_busy",
    });
    expect(await run(`throw new TypeError("mine")`)).toEqual({
      kind: "threw",
      name: "TypeError",
      message: "mine",
      code: undefined,
    });
    expect(await run(`throw "text"`)).toEqual({
      kind: "threw",
      name: "Error",
      message: "text",
      code: undefined,
    });
    expect(await run(`throw { get message() { throw 1 }, get name() { return {} } }`)).toMatchObject({
      kind: "threw",
      name: "Error",
    });
    expect(await run(`return { toString() { return "x" } }`)).toEqual({
      kind: "threw",
      name: "TypeError",
      message: "The program's result is not a text.",
      code: undefined,
    });
    expect(await run(`return 1 1`)).toMatchObject({
      kind: "threw",
      message: expect.stringContaining("SyntaxError: Unexpected number"),
    });
    expect(await run(`return "\\ud800"`)).toEqual(returned("\ufffd"));
  });

  test("wall time: an endless wait for a call", async () => {
    expect(await run(`await env.TEST.never("")`, { limits: { wallMs: 200 } })).toEqual(
      broke("isolate_time_exceeded", "wallMs", 200),
    );
  });

  test("wall time: a loop that the processor limit would allow", async () => {
    expect(await run(`for (;;);`, { limits: { wallMs: 200 } })).toEqual(
      broke("isolate_time_exceeded", "wallMs", 200),
    );
  });

  test.each([
    ["an endless loop", `for (;;);`],
    ["an endless loop of promises", `for (;;) await null;`],
    ["an endless loop of timers", `for (;;) await scheduler.wait(0);`],
    ["a regular expression that backtracks", `return String(/^(a+)+$/.test("a".repeat(60) + "b"))`],
    ["a loop in a module's body", `}; for (;;); {`],
  ])("processor time: %s", async (_, body) => {
    expect(await run(body, { limits: { cpuMs: 200, wallMs: 20_000 } })).toEqual(
      broke("isolate_cpu_exceeded", "cpuMs", 200),
    );
  });

  test("heap", async () => {
    expect(await run(`const all = []; for (;;) all.push({ a: [1] });`)).toEqual(
      broke("isolate_heap_exceeded", "heapMiB", 64),
    );
  });

  test("resident memory", async () => {
    const body = `globalThis.all = []; for (let i = 0; i < 20; i++) all.push(new Uint8Array(1e7).fill(1)); await env.TEST.never("")`;
    expect(await run(body)).toEqual(broke("isolate_memory_exceeded", "residentMiB", 200));
  });

  test("recursion is the program's own error", async () => {
    const body = `const f = () => f(); try { f() } catch (error) { return error.constructor.name }`;
    expect(await run(body)).toEqual(returned("RangeError"));
  });

  test("calls", async () => {
    const body = `for (let i = 0; i < 10; i++) await env.TEST.echo(""); return "ok"`;
    expect(await run(body, { limits: { calls: 10 } })).toEqual(returned("ok"));
    expect(await run(body, { limits: { calls: 9 } })).toEqual(broke("isolate_calls_exceeded", "calls", 9));
  });

  test("calls at a time: the rest waits inside", async () => {
    const sizes: number[] = [];
    let together: (() => void)[] = [];
    const inThrees: Program["bindings"] = {
      TEST: {
        async call(_, argument) {
          await new Promise<void>((resolve) => {
            together.push(resolve);
            if (together.length < 3) return;
            sizes.push(together.length);
            for (const go of together) setImmediate(go);
            together = [];
          });
          return argument;
        },
      },
    };
    const body = `return (await Promise.all(Array.from({ length: 48 }, (_, i) => env.TEST.echo(String(i))))).join()`;
    expect(await run(body, { bindings: inThrees, limits: { callsAtATime: 3 } })).toEqual(
      returned(Array.from({ length: 48 }, (_, i) => i).join()),
    );
    expect(sizes).toEqual(Array(16).fill(3));
  });

  test("bytes out: arguments, the result, an error's words", async () => {
    const limits = { bytesOut: 1_000 };
    expect(await run(`return "x".repeat(1000)`, { limits })).toEqual(returned("x".repeat(1_000)));
    const tooMuch = broke("isolate_output_exceeded", "bytesOut", 1_000);
    expect(await run(`return "é".repeat(501)`, { limits })).toEqual(tooMuch);
    expect(
      await run(`await env.TEST.echo("x".repeat(600)); await env.TEST.echo("x".repeat(600))`, { limits }),
    ).toEqual(tooMuch);
    expect(await run(`throw new Error("x".repeat(2000))`, { limits })).toEqual(tooMuch);
  });

  test("bytes out: a text that is longer than any may be is not even sent", async () => {
    const tooMuch = broke("isolate_output_exceeded", "bytesOut", 16 * 1_048_576);
    expect(await run(`return "x".repeat(40e6)`)).toEqual(tooMuch);
    expect(await run(`await env.TEST.echo("x".repeat(40e6)).catch(() => {}); return "x"`)).toEqual(tooMuch);
    expect(await run(`return "x".repeat(16e6)`)).toEqual(returned("x".repeat(16e6)));
  });

  test("bytes in: the program, and answers", async () => {
    const limits = { bytesIn: 1_000 };
    const tooMuch = broke("isolate_input_exceeded", "bytesIn", 1_000);
    expect(await run(`return "1"`, { input: "x".repeat(1_000), limits })).toEqual(tooMuch);
    expect(await run(`return String((await env.TEST.echo("x".repeat(2000))).length)`, { limits })).toEqual(
      tooMuch,
    );
  });

  test("log: also in a loop that never pauses", async () => {
    const end = await isolates.run(
      program(`for (;;) console.log("x".repeat(99))`, { limits: { logBytes: 1_000 } }),
      {
        signal: AbortSignal.timeout(30_000),
      },
    );
    expect(told(end)).toEqual(broke("isolate_log_exceeded", "logBytes", 1_000));
    expect(end.logs).toEqual(Array.from({ length: 10 }, () => ({ level: "log", text: "x".repeat(99) })));
    const empty = await isolates.run(program(`for (;;) console.log()`, { limits: { logBytes: 320 } }), {
      signal: AbortSignal.timeout(30_000),
    });
    expect(told(empty)).toEqual(broke("isolate_log_exceeded", "logBytes", 320));
    expect(empty.logs.length).toBe(10);
    expect(await run(`console.log("x".repeat(5e6))`)).toEqual(
      broke("isolate_log_exceeded", "logBytes", 262_144),
    );
  });

  test("the log is told up to where a program was ended", async () => {
    const end = await isolates.run(program(`console.log("before"); for (;;);`, { limits: { cpuMs: 100 } }), {
      signal: AbortSignal.timeout(30_000),
    });
    expect(end).toMatchObject({ kind: "broke", logs: [{ level: "log", text: "before" }] });
  });

  test("what was put off is left unanswered; the run ends when nothing else is left to do", async () => {
    const asked: number[] = [];
    const did: string[] = [];
    const watched: Program["bindings"] = {
      TEST: {
        call: async (method, argument, signal) => {
          did.push(argument);
          return bindings["TEST"]!.call(method, argument, signal);
        },
      },
    };
    const body = `
      const first = env.TEST.putOff("1");
      await env.TEST.echo("2");
      await scheduler.wait(30);
      await env.TEST.echo("3");
      const timer = new Promise((resolve) => setTimeout(() => resolve(env.TEST.echo("4")), 30));
      await Promise.all([first, env.TEST.putOff("5"), timer.then(() => env.TEST.echo("6"))]);`;
    const end = await endOf(isolates, program(body, { bindings: watched, limits: { callsAtATime: 1 } }), {
      onQuiet: (putOff) => {
        asked.push(putOff);
        return "end";
      },
    });
    expect({ end, asked, did }).toEqual({
      end: { kind: "parked" },
      asked: [2],
      did: ["1", "2", "3", "5", "4", "6"],
    });
  });

  test("one that is told to wait goes on waiting, up to its time", async () => {
    const asked = Promise.withResolvers<number>();
    const end = endOf(isolates, program(`await env.TEST.putOff("")`, { limits: { wallMs: 1_000 } }), {
      onQuiet: (putOff) => {
        asked.resolve(putOff);
        return "wait";
      },
    });
    expect(await asked.promise).toBe(1);
    expect(await end).toEqual(broke("isolate_time_exceeded", "wallMs", 1_000));
  });

  test("what the caller's own listeners throw ends the run and is thrown", async () => {
    const fail = (): never => {
      throw new Error("mine");
    };
    await expect(endOf(isolates, program(`return ""`), { onBegin: fail })).rejects.toThrow("mine");
    await expect(endOf(isolates, program(`await env.TEST.putOff("")`), { onQuiet: fail })).rejects.toThrow(
      "mine",
    );
  });

  test("a caller that goes ends the run, and its calls learn of it", async () => {
    const controller = new AbortController();
    let isTold = false;
    const waiting: Program["bindings"] = {
      TEST: {
        call: (_method, _argument, signal) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              isTold = true;
              reject(signal.reason);
            });
            controller.abort(new Error("gone"));
          }),
      },
    };
    const going = isolates.run(program(`await env.TEST.never("")`, { bindings: waiting }), {
      signal: controller.signal,
    });
    await expect(going).rejects.toThrow("gone");
    expect(isTold).toBe(true);
  });

  test("fetch goes to the outbound handler, and nowhere without one", async () => {
    const seen: unknown[] = [];
    const outbound: Program["outbound"] = {
      async fetch(request) {
        seen.push([request.method, request.url, request.headers.get("x-a"), await request.text()]);
        return new Response(seen.length === 1 ? "got it" : "x".repeat(1_000), {
          status: 201,
          headers: { "x-b": "c" },
        });
      },
    };
    const body = `const r = await fetch("https://example.com/a?b", { method: "POST", headers: { "x-a": "1" }, body: "é" });
      return r.status + r.headers.get("x-b") + await r.text()`;
    expect(await run(body, { outbound })).toEqual(returned("201cgot it"));
    expect(seen).toEqual([["POST", "https://example.com/a?b", "1", "é"]]);
    expect(await run(body)).toMatchObject({
      kind: "threw",
      message: expect.stringContaining("not permitted to access the internet"),
    });
    expect(await run(body, { outbound, limits: { bytesIn: 1_000 } })).toEqual(
      broke("isolate_input_exceeded", "bytesIn", 1_000),
    );
  });

  test("names lead to a run's own bindings and to nothing else", async () => {
    const names = ["__proto__", "constructor", "toString", "../../x", "TEST2"];
    const body = `const found = []; for (const name of ${JSON.stringify(names)}) if (env[name] !== undefined) found.push(name); return found.join()`;
    expect(await run(body)).toEqual(returned(""));
    const methods = `const told = []; for (const name of ${JSON.stringify(names)}) await env.TEST[name]("").catch((error) => told.push(error.message)); return told.join()`;
    expect(await run(methods)).toEqual(returned(names.map((name) => `no method ${name}`).join()));
  });

  test("nothing of a run acts when it is over", async () => {
    const did: string[] = [];
    const watched: Program["bindings"] = {
      TEST: { call: async (_, argument) => (did.push(argument), "") },
    };
    await using own = await open({ containment, warm: 0 });
    const lasting = `
      const { waitUntil, exports } = await import(["cloudflare", "workers"].join(":"));
      const act = () => { console.log("late"); env.TEST.echo("late").catch(() => {}); };
      setInterval(act, 1);
      waitUntil(new Promise((resolve) => setTimeout(resolve, 20_000)));
      (async () => { for (;;) { await scheduler.wait(1); act(); } })();
      globalThis.left = "behind";
      return String(await exports.default.run().catch((error) => error.message));`;
    expect(await endOf(own, program(lasting, { bindings: watched }))).toEqual(
      returned("A program runs once."),
    );
    const callsThen = did.length;
    const next = await own.run(
      program(`await scheduler.wait(200); return String(globalThis.left)`, { bindings: watched }),
      {
        signal: AbortSignal.timeout(30_000),
      },
    );
    expect(next).toMatchObject({ kind: "returned", text: "undefined", logs: [] });
    expect(did.length).toBe(callsThen);
    expect(own.stats).toMatchObject({ started: 1, killed: 0 });
  });

  test.each([
    ["computes", `for (;;);`],
    ["logs", `for (;;) console.log("x".repeat(10_000));`],
  ])("a program that %s when it is over ends its process; the next run has another", async (_, rest) => {
    await using own = await open({ containment, warm: 0 });
    const body = `
      const { waitUntil } = await import(["cloudflare", "workers"].join(":"));
      const gone = Promise.withResolvers();
      setTimeout(async () => { ${rest} }, 0);
      waitUntil(gone.promise);
      return "x"`;
    expect(await endOf(own, program(body))).toEqual(returned("x"));
    await vi.waitFor(() => expect(own.stats.idle).toBe(0), { timeout: 20_000 });
    expect(await endOf(own, program(body))).toEqual(returned("x"));
    expect(await endOf(own, program(`return "y"`))).toEqual(returned("y"));
    expect(own.stats.started).toBe(3);
  });

  test("a program may end while it is asked whether it is quiet, and while calls of it wait for their turn", async () => {
    const busy = (): void => {
      for (const from = performance.now(); performance.now() - from < 30;);
    };
    const slow: Program["bindings"] = {
      TEST: {
        async call(method) {
          if (method === "putOff") throw new PutOff();
          // What comes of it arrives together: the end, and what was said behind it.
          setImmediate(busy);
          return "";
        },
      },
    };
    const onQuiet = (): "wait" => "wait";
    for (let count = 0; count < 5; count += 1) {
      const racing = `return await Promise.race([env.TEST.putOff(""), env.TEST.slow("")])`;
      expect(await endOf(isolates, program(racing, { bindings: slow }), { onQuiet })).toEqual(returned(""));
      const leaving = `for (let i = 0; i < 9; i++) env.TEST.slow(""); return "x"`;
      const limits = { callsAtATime: 1 };
      expect(await endOf(isolates, program(leaving, { bindings: slow, limits }))).toEqual(returned("x"));
    }
  });

  test("an end that cannot be told does not leave the run waiting", async () => {
    const body = `
      const told = { kind: { toJSON() { return "returned" } }, text: { toString() { return "x" } } };
      Object.prototype.then = (resolve) => { delete Object.prototype.then; resolve(told); };
      return "x"`;
    expect(await run(body)).toMatchObject({ kind: "broke", code: "isolate_crashed" });
  });

  test("no environment, no files, no network, no code from text", async () => {
    const body = `
      const told = [];
      for (const name of ["node:fs", "node:child_process", "node:net", "workerd:unsafe", "cloudflare-internal:env", "./supervisor.js"]) {
        told.push(await import(name).then(() => "loaded " + name, () => "none"));
      }
      const { connect } = await import(["cloudflare", "sockets"].join(":"));
      told.push(await (async () => { await connect("127.0.0.1:22").opened; return "open" })().catch(() => "none"));
      told.push(typeof process, typeof require);
      try { told.push(eval("1")); } catch (error) { told.push(error.name); }
      return told.join()`;
    expect(await run(body)).toEqual(
      returned([...Array(7).fill("none"), "undefined", "undefined", "EvalError"].join()),
    );
  });

  test("a program that breaks its limits touches no other", async () => {
    const [loop, neighbour] = await Promise.all([
      run(`for (;;);`, { owner: "mallory", limits: { cpuMs: 200 } }),
      run(`for (let i = 0; i < 50; i++) await env.TEST.echo(String(i)); return "fine"`, {
        owner: "neighbour",
      }),
    ]);
    expect([loop, neighbour]).toEqual([broke("isolate_cpu_exceeded", "cpuMs", 200), returned("fine")]);
  });
});

describe("the pool", () => {
  test("a process serves one owner; the next of that owner finds it again", async () => {
    await using isolates = await open({ warm: 0 });
    for (const owner of ["a", "a", "b", "a", "b"]) {
      expect(await endOf(isolates, program(`return "x"`, { owner }))).toEqual(returned("x"));
    }
    expect(isolates.stats).toEqual({ idle: 2, busy: 0, starting: 0, waiting: 0, started: 2, killed: 0 });
  });

  test("a process goes after its runs, and after it kept too much memory", async () => {
    await using isolates = await open({ warm: 0, runsPerProcess: 2 });
    for (let count = 0; count < 4; count += 1) await endOf(isolates, program(`return "x"`));
    expect(isolates.stats).toMatchObject({ idle: 0, started: 2, killed: 2 });
    await endOf(isolates, program(`globalThis.all = new Uint8Array(2e8).fill(1); return "x"`));
    expect(isolates.stats).toMatchObject({ idle: 0, started: 3, killed: 3 });
  });

  test("so many run at a time, so many of one owner, and so many wait", async () => {
    await using isolates = await open({ maxRunning: 2, maxRunningPerOwner: 1, maxWaiting: 4 });
    const gate = Promise.withResolvers<string>();
    const order: string[] = [];
    const two = Promise.withResolvers<void>();
    const gated: Program["bindings"] = {
      TEST: {
        call: (_, argument) => {
          if (order.push(argument) === 2) two.resolve();
          return gate.promise;
        },
      },
    };
    const start = (owner: string, name: string): Promise<unknown> =>
      endOf(isolates, program(`return await env.TEST.wait("${name}")`, { owner, bindings: gated }));
    const first = [start("a", "a1"), start("a", "a2"), start("a", "a3")];
    await expect(start("a", "a4")).rejects.toMatchObject({ code: "isolates_busy" });
    const second = [start("b", "b1"), start("b", "b2"), start("c", "c1")];
    await expect(start("d", "d1")).rejects.toMatchObject({ code: "isolates_busy" });
    expect(isolates.stats).toMatchObject({ busy: 2, waiting: 4 });
    await two.promise;
    gate.resolve("x");
    expect(await Promise.all([...first, ...second])).toEqual(Array(6).fill(returned("x")));
    expect(order.slice(0, 2).sort()).toEqual(["a1", "b1"]);
  });

  test("owners take turns, whoever came first with how many", async () => {
    await using isolates = await open({ maxRunning: 1 });
    const order: string[] = [];
    const noting: Program["bindings"] = {
      TEST: { call: async (_, argument) => String(order.push(argument)) },
    };
    await Promise.all(
      ["a1", "a2", "a3", "b1", "c1"].map((name) =>
        endOf(
          isolates,
          program(`return await env.TEST.note("${name}")`, { owner: name[0]!, bindings: noting }),
        ),
      ),
    );
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3"]);
  });

  test("who waits can go", async () => {
    await using isolates = await open({ maxRunning: 1 });
    const gate = Promise.withResolvers<string>();
    const gated: Program["bindings"] = { TEST: { call: () => gate.promise } };
    const running = endOf(isolates, program(`return await env.TEST.wait("")`, { bindings: gated }));
    const controller = new AbortController();
    const waiting = isolates.run(program(`return "x"`), { signal: controller.signal });
    expect(isolates.stats.waiting).toBe(1);
    controller.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    expect(isolates.stats.waiting).toBe(0);
    gate.resolve("y");
    expect(await running).toEqual(returned("y"));
  });

  test("closed, it ends what runs and takes nothing more", async () => {
    const isolates = await open({});
    const began = Promise.withResolvers<void>();
    const running = isolates.run(program(`for (;;);`), {
      signal: new AbortController().signal,
      onBegin: began.resolve,
    });
    const failed = running.catch((error: unknown) => error);
    await began.promise;
    await isolates[Symbol.asyncDispose]();
    expect(await failed).toMatchObject({ code: "isolates_unavailable" });
    await expect(endOf(isolates, program(`return "x"`))).rejects.toBeInstanceOf(Fault);
  });

  test("leftovers of a host that died are swept, those of one that lives are not", async () => {
    const dir = await mkdtemp(join(tmpdir(), "iso-"));
    const gone = spawnSync("/bin/sh", ["-c", "exit 0"]).pid;
    for (const name of [`${gone}-abc-1`, `${process.pid}-abc-1`, `${process.ppid}-abc-1`, "else"]) {
      await mkdir(join(dir, name, "0"), { recursive: true });
    }
    await (
      await createIsolates({ containment: "none", dir, warm: 0, onError: () => {} })
    )[Symbol.asyncDispose]();
    expect((await readdir(dir)).sort()).toEqual([`${process.ppid}-abc-1`, "else"].sort());
    await rm(dir, { recursive: true });
  });
});

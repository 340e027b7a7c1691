/** Programs as models write them, really run: in isolates, against a host that tells what it was asked. */
import { createCipheriv, createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIsolates, type Isolates } from "@castellan/isolates";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLanguage } from "../language/language.ts";
import { toOutcome } from "./outcome.ts";
import { errorReply, parseHostRequest, valueReply, type HostRequest } from "./protocol.ts";
import { toProgram, type ProgramParts } from "./to-program.ts";

const language = createLanguage();
const signal = new AbortController().signal;
let dir: string;
let isolates: Isolates;
const errors: unknown[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "code-"));
  isolates = await createIsolates({
    containment: "none",
    dir,
    warm: 1,
    onError: (error) => void errors.push(error),
  });
});
afterAll(async () => {
  await isolates[Symbol.asyncDispose]();
  await language[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
  expect(errors).toEqual([]);
});

type Answer = (request: HostRequest, clock: number) => string | Promise<string>;

/** Ten milliseconds pass with each call; what was asked is what comes back. */
const echo: Answer = (request, clock) => valueReply(clock, JSON.stringify(request));

async function run(code: string, answer: Answer = echo, parts: Partial<ProgramParts> = {}) {
  const asked: string[] = [];
  let clock = 0;
  const host = {
    call: async (method: string, text: string) => {
      asked.push(`${method} ${text}`);
      return answer(parseHostRequest(method, text), (clock += 10));
    },
  };
  const program = toProgram({
    module: await language.toModule(code, signal),
    room: "portal",
    seed: "a seed",
    startedAtMs: Date.UTC(2026, 10, 22),
    owner: "owner",
    host,
    ...parts,
  });
  const end = await isolates.run(program, { signal });
  const outcome = toOutcome(end, code);
  return {
    asked,
    logs: end.logs,
    ...(outcome.kind === "returned" ? { value: outcome.text && (JSON.parse(outcome.text) as unknown) } : {}),
    ...("fault" in outcome
      ? { error: outcome.fault.message, data: outcome.fault.data, code: outcome.fault.code }
      : {}),
  };
}

async function valueOf(code: string, answer?: Answer, parts?: Partial<ProgramParts>) {
  const { value, error } = await run(code, answer, parts);
  return error ?? value;
}

test.each([
  ["1 + 1", 2],
  ["{ a: [1], b: null }", { a: [1], b: null }],
  ["async () => 'x'", "x"],
  ["export default async function main() { return 1 }", 1],
  ["const main = async (codemode) => typeof codemode.search;", "function"],
  ["```ts\nconst a: number[] = [1];\na.map((x: number): number => x + 1)\n```", [2]],
  ["undefined", undefined],
  [
    "[undefined, NaN, new Date(0), new Map([['a', new Set([1])]]), new Map([[1, 2]])]",
    [null, null, "1970-01-01T00:00:00.000Z", { a: [1] }, [[1, 2]]],
  ],
  ["Object.assign(new RangeError('no'), { code: 'E' })", { name: "RangeError", message: "no", code: "E" }],
])("%s", async (code, value) => {
  expect(await run(code)).toEqual({ asked: [], logs: [], value });
});

test("what a program asks its host", async () => {
  const code = `
    await codemode.jira_search({ q: "a\\n", n: [1] });
    await codemode["get-weather"]();
    await Promise.all([codemode.resources.read("a:b"), codemode.resources.read({ uri: "c:d" })]);
    await codemode.resources.list();
    await codemode.prompts.list();
    await codemode.prompts.get("p", { x: 1 });
    await codemode.search("jira", 3).catch(() => 0);
    await codemode.describe(["a", { name: "b" }]);
    await codemode.describe("c");
    return codemode.__proto__ === undefined && codemode.then === undefined && codemode[Symbol.iterator] === undefined`;
  expect(await run(code)).toEqual({
    asked: [
      'call {"tool":"jira_search"}\n{"q":"a\\n","n":[1]}',
      'call {"tool":"get-weather"}\n{}',
      'read {"uri":"a:b"}',
      'read {"uri":"c:d"}',
      "resources {}",
      "prompts {}",
      'prompt {"name":"p"}\n{"x":1}',
      'search {"query":"jira","limit":3}',
      'describe {"names":["a","b"]}',
      'describe {"names":["c"]}',
    ],
    logs: [],
    value: true,
  });
});

test("all tools: at once where the code can be seen to ask for them, else a promise", async () => {
  const answer: Answer = (_, clock) => valueReply(clock, '[{"name":"a"},{"name":"b"}]');
  expect(await run("codemode.tools().map((tool) => tool.name)", answer)).toMatchObject({ value: ["a", "b"] });
  expect(await run("(await codemode['to' + 'ols']()).length", answer)).toMatchObject({ value: 2 });
  expect(await run("Object.keys(codemode)", answer)).toMatchObject({
    value: ["tools", "search", "describe", "resources", "prompts", "a", "b"],
  });
  expect(await run("return 1", answer)).toMatchObject({ asked: [] });
});

test("what is found is an array that knows how many there are", async () => {
  const answer: Answer = (_, clock) => valueReply(clock, '{"found":[{"name":"a"}],"total":7}');
  expect(await valueOf("const found = await codemode.search('x'); [found, found.total]", answer)).toEqual([
    [{ name: "a" }],
    7,
  ]);
});

test("the room of an API", async () => {
  const code =
    "[await codemode.spec(), await codemode.request({ method: 'GET', path: '/a' }), Object.keys(codemode)]";
  expect(await run(code, echo, { room: "api" })).toEqual({
    asked: ["spec {}", 'request {}\n{"method":"GET","path":"/a"}'],
    logs: [],
    value: [
      { method: "spec" },
      { method: "request", requestText: '{"method":"GET","path":"/a"}' },
      ["spec", "request"],
    ],
  });
});

const fail: Answer = (_, clock) => errorReply(clock, "code_tool_failed", "no such ticket");

test("the host's errors have code and message, and can be caught", async () => {
  const code =
    "try { await codemode.a({}) } catch (error) { return [error instanceof Error, error.code, error.message] }";
  expect(await valueOf(code, fail)).toEqual([true, "code_tool_failed", "no such ticket"]);
});

test.each([
  [
    "const a = 1;\nawait codemode.a({});",
    "Error: no such ticket\nLine 2: await codemode.a({});",
    { code: "code_tool_failed", line: 2 },
  ],
  [
    "```js\nlet x;\nx.y\n```",
    "TypeError: Cannot read properties of undefined (reading 'y')\nLine 3: x.y",
    { line: 3 },
  ],
  ["nothing.here", "ReferenceError: nothing is not defined\nLine 1: nothing.here", { line: 1 }],
  ["throw 5", "Error: 5", {}],
  ["await new Promise(() => {})", "Error: The code waits for a promise that nothing settles.", {}],
  ["throw { a: 1 }", 'Error: {"a":1}', {}],
  ["throw { get message() { throw 1 } }", "Error: ", {}],
  [
    "eval('1')",
    "EvalError: Code generation from strings disallowed for this context\nLine 1: eval('1')",
    { line: 1 },
  ],
  [
    "await fetch('https://example.com')",
    "Error: There is no network here: what can be reached is in `codemode`.\nLine 1: await fetch('https://example.com')",
    { line: 1 },
  ],
])("%s throws", async (code, error, data) => {
  expect(await run(code, fail)).toMatchObject({ error, data, code: "code_threw" });
});

test.each([
  ["({ a: [1n] })", "A BigInt at `0` cannot be written as JSON: make it a string or a number."],
  ["[codemode.a()]", "A promise at `0` was not awaited: use `await`, or `await Promise.all(…)`."],
  ["Symbol()", "A symbol cannot be written as JSON."],
  ["({ get a() { throw new Error('mine') } })", "This cannot be written as JSON: mine"],
  ["new Proxy({}, { ownKeys() { throw new Error('mine') } })", "This cannot be written as JSON: mine"],
  ["({ toJSON() { throw 1 } })", "This cannot be written as JSON: undefined"],
  [
    "let deep = []; for (let n = 0; n < 1e5; n++) deep = [deep]; deep",
    "This cannot be written as JSON: Maximum call stack size exceeded",
  ],
])("%s is no result", async (code, error) => {
  expect(await run(code)).toMatchObject({ error: `Error: ${error}`, data: { code: "code_result_invalid" } });
});

test("a request that is no object is told how one is written", async () => {
  const { error, asked } = await run('codemode.request("/notes")', echo, { room: "api" });
  expect([error?.split("\n")[0], asked]).toEqual([
    "Error: A request is one object: `codemode.request({ method, path, query, body })`.",
    [],
  ]);
});

test("an operation that is called like a tool is told how one is called", async () => {
  const { error, asked } = await run("codemode.notes_list({})", echo, { room: "api" });
  expect([error?.split("\n")[0], asked]).toEqual([
    "Error: Here `codemode` has `spec()` and `request({ method, path, query, body })`, and no tools.",
    [],
  ]);
});

test("a circle is no result", async () => {
  const { error, data } = await run("const a = {}; a.b = a; a");
  expect([error?.split("\n")[0], data]).toEqual([
    "Error: This cannot be written as JSON: Converting circular structure to JSON",
    { code: "code_result_invalid" },
  ]);
});

test.each([
  "codemode.a(1)",
  "codemode.a([])",
  "codemode.a({}, {})",
  "codemode.a(null)",
  "codemode.a({ a: 1n })",
  "codemode.a({ toJSON: () => 5 })",
])("%s is not asked for", async (code) => {
  expect(await run(code)).toMatchObject({ data: { code: "code_arguments_invalid" } });
});

test("time is the run's, and moves with replies alone", async () => {
  const code = `
    const before = [Date.now(), new Date().toISOString(), performance.now(), new Date(5).getTime(), typeof Date()];
    await codemode.a({});
    return [before, Date.now(), performance.now(), new Date() instanceof Date, performance.timeOrigin]`;
  const start = Date.UTC(2026, 10, 22);
  expect(await valueOf(code)).toEqual([
    [start, "2026-11-22T00:00:00.000Z", 0, 5, "string"],
    start + 10,
    10,
    true,
    start,
  ]);
});

test("dates are of whole milliseconds, whatever the host measures", async () => {
  const code = `
    await codemode.a({});
    return [Date.now(), new Date().getTime(), performance.now()]`;
  const start = Date.UTC(2026, 10, 22);
  const reply: Answer = () => valueReply(12.75, "null");
  expect(await valueOf(code, reply)).toEqual([start + 12, start + 12, 12.75]);
});

test("a timer is a call of the host", async () => {
  const code = `
    const seen = [];
    const never = setTimeout(() => seen.push("never"), 5);
    clearTimeout(never);
    setTimeout((a) => seen.push(a), 20, "once");
    const each = setInterval(() => { seen.push("each"); if (seen.length > 3) clearInterval(each) }, 10);
    setTimeout(() => { throw new Error("lost") }, 1);
    await scheduler.wait(1); await scheduler.wait(1); await scheduler.wait(1);
    const signal = AbortSignal.timeout(7);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return [seen, signal.reason.name]`;
  const { value, logs, asked } = await run(code);
  expect([value, logs]).toEqual([
    [["once", "each", "each", "each"], "TimeoutError"],
    [{ level: "error", text: "In a timer: Error: lost (line 7)" }],
  ]);
  expect(asked.slice(0, 5)).toEqual([5, 20, 10, 1, 1].map((ms) => `wait {"ms":${ms}}`));
});

test("replies reach the code one after the other, however many come at once", async () => {
  const code = `
    const seen = [];
    const one = async (name) => {
      await codemode[name]({});
      for (let n = 0; n < 50; n++) await null;
      seen.push([name, performance.now()]);
    };
    await Promise.all(["a", "b", "c", "d", "e", "f", "g", "h"].map(one));
    return seen`;
  const waiting: ((reply: string) => void)[] = [];
  const answer: Answer = () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 8) for (const [at, settle] of waiting.entries()) settle(valueReply(at + 1, "1"));
    });
  expect(await valueOf(code, answer)).toEqual(
    ["a", "b", "c", "d", "e", "f", "g", "h"].map((name, at) => [name, at + 1]),
  );
});

test("randomness is the run's own, and no other's", async () => {
  const code =
    "[Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))], Math.random() < 1, [...crypto.getRandomValues(new Uint8Array(200))].length]";
  const [one, again, other] = [
    await valueOf(code),
    await valueOf(code),
    await valueOf(code, echo, { seed: "another" }),
  ];
  expect(one).toEqual(again);
  expect(one).not.toEqual(other);
  expect((one as string[])[1]).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("its bytes are those of ChaCha20", async () => {
  const key = createHash("sha256").update("castellan code mode randomness\0").update("a seed").digest();
  const expected = createCipheriv("chacha20", key, Buffer.alloc(16)).update(Buffer.alloc(200));
  expect(await valueOf("[...crypto.getRandomValues(new Uint8Array(200))]")).toEqual([...expected]);
});

test("logs are lines that can be read", async () => {
  const code = `
    const circle = { name: "a" }; circle.self = circle;
    console.log("text", 1, -0, null, undefined, 5n, Symbol("s"), () => 1, [1, "b"], new Map([["k", { v: 1 }]]), new Set([1]), new Date(0));
    console.error(new TypeError("no"));
    console.warn(circle, codemode.a(), { get a() { throw 1 } });
    console.debug({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }, "x".repeat(20000).length, Array(1000).fill(0));
    console.assert(false, "not so"); console.assert(true); console.time(); console.table([1]);`;
  const { logs } = await run(code);
  expect(logs).toEqual([
    {
      level: "log",
      text: 'text 1 0 null undefined 5n Symbol(s) [function ] [1, "b"] Map {"k" => {v: 1}} Set {1} 1970-01-01T00:00:00.000Z',
    },
    { level: "error", text: "TypeError: no (line 4)" },
    { level: "warn", text: '{name: "a", self: [circular]} [promise, not awaited] [cannot be shown]' },
    { level: "debug", text: `{a: {b: {c: {d: {e: {f: {…}}}}}}} 20000 [${"0, ".repeat(100)}…]` },
    { level: "error", text: "Assertion failed: not so" },
    { level: "log", text: "[1]" },
  ]);
});

test("a program that spoils the globals spoils nothing of what it asks and is told", async () => {
  const code = `
    Object.prototype.code = "evil"; Object.prototype.clock = 1e9; Object.prototype.toJSON = undefined;
    JSON.parse = JSON.stringify = () => "evil";
    Array.prototype.map = Array.prototype.join = Array.prototype.push = String.prototype.indexOf = String.prototype.slice = () => "evil";
    Map.prototype.get = Map.prototype.set = Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => "evil";
    globalThis.Error = globalThis.Map = globalThis.Promise = globalThis.Proxy = undefined;
    const a = await codemode.a({ b: 1 });
    return { a, clock: performance.now() }`;
  expect(await run(code)).toEqual({
    asked: ['call {"tool":"a"}\n{"b":1}'],
    logs: [],
    value: { a: { method: "call", tool: "a", argumentsText: '{"b":1}' }, clock: 10 },
  });
});

test("calls that nobody waits for are over before the run is", async () => {
  let isAnswered = false;
  const answer: Answer = async (_, clock) => {
    await new Promise((resolve) => setImmediate(resolve));
    isAnswered = true;
    return valueReply(clock, "1");
  };
  expect([await valueOf("codemode.a({}); return 2", answer), isAnswered]).toEqual([2, true]);
});

test("nor are calls left out that follow on them, however late", async () => {
  const code = `
    const look = async (id) => (await codemode.a({ id })).tool;
    ["x"].forEach(async (id) => {
      const tool = await look(id);
      for (let turn = 0; turn < 20; turn++) await null;
      await codemode.b({ tool });
    });
    return "done"`;
  const { asked, value } = await run(code);
  expect([value, asked]).toEqual([
    "done",
    ['call {"tool":"a"}\n{"id":"x"}', 'call {"tool":"b"}\n{"tool":"a"}'],
  ]);
});

test("what fails and was not awaited is told", async () => {
  const code = `
    codemode.a({});
    const late = codemode.b({});
    await codemode.c({}).catch(() => undefined);
    await late.catch(() => undefined);
    return "done"`;
  expect(await run(code, fail)).toMatchObject({
    value: "done",
    logs: [{ level: "error", text: "Failed, and was not awaited: Error: no such ticket" }],
  });
});

test("of many that fail so the first are told", async () => {
  const { value, logs } = await run("for (let n = 0; n < 30; n++) codemode.a({}); return 1", fail);
  expect({ value, logs: logs.map(({ text }) => text) }).toEqual({
    value: 1,
    logs: [
      ...Array(5).fill("Failed, and was not awaited: Error: no such ticket"),
      "25 more failed, and were not awaited",
    ],
  });
});

test("what fails after the code is over is told as well", async () => {
  expect(await run("codemode.a({}); return 1", fail)).toMatchObject({
    value: 1,
    logs: [{ level: "error", text: "Failed, and was not awaited: Error: no such ticket" }],
  });
});

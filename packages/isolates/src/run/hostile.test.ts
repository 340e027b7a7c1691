/**
 * A process that the program has taken over says what it likes: here the real runtime runs a supervisor that is the stranger's. It
 * sends the frames that the input lists, each as it is; `["log", text]` it logs, with `FENCE` in place of the host's word.
 */
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { checkCage } from "../containment/check.ts";
import type { Cage } from "../containment/command.ts";
import { defaultProcessLimits, defaultRunLimits } from "../limits.ts";
import { IsolateProcess } from "../process/isolate-process.ts";
import type { Binding, RunEnd } from "../program.ts";
import { runOn } from "./run.ts";
import { createWatch } from "./watch.ts";

const supervisor = `export default { fetch() {
  const { 0: client, 1: socket } = new WebSocketPair();
  socket.accept();
  socket.addEventListener("message", ({ data }) => {
    const head = JSON.parse(data.slice(0, data.indexOf("\\n")));
    if (head.t !== "run") return;
    for (const frame of JSON.parse(data.slice(-head.lengths.at(-1)))) {
      if (frame[0] === "log") console.log(frame[1].replace("FENCE", head.fence));
      else if (frame[0] === "huge") socket.send("{}\\n" + "x".repeat(frame[1]));
      else if (frame[0] === "binary") socket.send(new Uint8Array([123, 125, 10]));
      else if (frame[0] === "close") socket.close();
      else socket.send(frame);
    }
  });
  return new Response(null, { status: 101, webSocket: client });
} };`;

let dir: string;
let cage: Cage;
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "iso-"));
  await chmod(dir, 0o711);
  const checked = await checkCage("none", { dir, limits: defaultProcessLimits });
  const runtimeDir = join(dir, "taken");
  await mkdir(runtimeDir);
  await copyFile(join(checked.cage!.runtimeDir, "config.capnp"), join(runtimeDir, "config.capnp"));
  await writeFile(join(runtimeDir, "supervisor.js"), supervisor);
  cage = { ...checked.cage!, runtimeDir };
});
afterAll(() => rm(dir, { recursive: true }));

interface Outcome {
  readonly end: RunEnd;
  readonly calls: readonly (readonly [string, string])[];
}

async function saying(frames: readonly unknown[]): Promise<Outcome> {
  await using process = await IsolateProcess.start({
    cage,
    dir: join(dir, `p${++count}`),
    maxFrameBytes: 100_000,
    maxLineBytes: 10_000,
  });
  using watch = createWatch();
  const calls: [string, string][] = [];
  const call: Binding["call"] = (method, argument, signal) => {
    calls.push([method, argument]);
    if (method !== "hold") return Promise.resolve("");
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve("")));
  };
  const end = await runOn(
    process,
    {
      owner: "mallory",
      modules: {},
      mainModule: "main.js",
      compatibilityDate: "2026-07-01",
      bindings: { TEST: { call } },
      input: JSON.stringify(frames),
    },
    {
      signal: AbortSignal.timeout(20_000),
      onQuiet: () => "end",
      harness: "",
      limits: { ...defaultRunLimits, wallMs: 1_000, callsAtATime: 4, calls: 100 },
      processLimits: defaultProcessLimits,
      watch,
      isWarm: true,
      waitedMs: 0,
    },
  );
  return { end, calls };
}

const fence = ["log", "FENCE"];
const call = (id: unknown, binding = "TEST", method = "m"): string =>
  `${JSON.stringify({ t: "call", id, binding, method })}\nx`;
const end = `{"t":"end","kind":"returned"}\ntext`;

test("what an honest one says is a run", async () => {
  const { end: told, calls } = await saying([fence, call(1), ["log", "hello"], fence, end]);
  expect(told).toMatchObject({ kind: "returned", text: "text", logs: [{ level: "log", text: "hello" }] });
  expect(calls).toEqual([["m", "x"]]);
});

test.each<[string, readonly unknown[]]>([
  ["no JSON", ["x\n"]],
  ["no line", ["{}"]],
  ["a binary message", [["binary"]]],
  ["an unknown message", [`{"t":"run"}\n`]],
  ["an answer of its own", [`{"t":"answer","id":1,"ok":true}\n`]],
  ["a forged id", [call(2)]],
  ["an id twice", [call(1), call(1)]],
  ["an id that is none", [call("1")]],
  ["an id from before", [call(1), call(2), call(1)]],
  ["more calls at a time than it may", [1, 2, 3, 4, 5].map((id) => call(id, "TEST", "hold"))],
  ["two ends", [end, end]],
  ["a call after the end", [end, call(1)]],
  ["an end that only the host knows", [`{"t":"end","kind":"parked"}\n`]],
])("%s ends its own run", async (_, frames) => {
  expect(await saying(frames)).toMatchObject({ end: { kind: "broke", fault: { code: "isolate_crashed" } } });
});

test("a connection that it closes ends its run", async () => {
  expect(await saying([["close"]])).toMatchObject({
    end: { kind: "broke", fault: { code: expect.stringMatching(/^isolate_(crashed|time_exceeded)$/) } },
  });
});

test("an end without the end of its log is none: the run goes on to its limit", async () => {
  const limit = { kind: "broke", fault: { code: "isolate_time_exceeded" } };
  expect((await saying([fence, end])).end).toMatchObject(limit);
  expect((await saying([end, ["log", "no fence"]])).end).toMatchObject(limit);
});

test("that it is quiet does not count unless something was put off", async () => {
  expect((await saying([`{"t":"quiet","made":0}\n`])).end).toMatchObject({
    kind: "broke",
    fault: { code: "isolate_time_exceeded" },
  });
});

test("names lead to own bindings only", async () => {
  const names = ["__proto__", "constructor", "toString", "../TEST"];
  const { end: told, calls } = await saying([
    fence,
    ...names.map((name, at) => call(at + 1, name)),
    fence,
    end,
  ]);
  expect(told).toMatchObject({ kind: "returned", use: { calls: 4 } });
  expect(calls).toEqual([]);
});

test("a message over the length that any may have is not read", async () => {
  expect((await saying([["huge", 200_000]])).end).toMatchObject({
    kind: "broke",
    fault: { code: "isolate_output_exceeded" },
  });
});

test("a line of log without end is not kept", async () => {
  expect((await saying([fence, ["log", "x".repeat(50_000)]])).end).toMatchObject({
    kind: "broke",
    logs: [],
    fault: { code: "isolate_log_exceeded" },
  });
});

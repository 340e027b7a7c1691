import { expect, test } from "vitest";
import { createManualClock } from "@castellan/kernel";
import { defineEvent } from "./event.ts";
import { createTelemetry } from "./telemetry.ts";

const callEnded = defineEvent({
  name: "call.ended",
  level: "info",
  message: "A call has ended",
  fields: {
    server: "string",
    isCached: "boolean",
    durationMs: "number",
    bytes: "number?",
    error: "error?",
    token: "string?",
  },
  metrics: [
    { kind: "counter", name: "castellan_calls", help: "Calls", labels: ["server", "isCached"] },
    { kind: "counter", name: "castellan_answer_bytes", help: "Bytes", value: "bytes" },
    {
      kind: "duration",
      name: "castellan_call_duration",
      help: "Time",
      value: "durationMs",
      labels: ["server"],
    },
    { kind: "histogram", name: "castellan_answer_size", help: "Size", value: "bytes", buckets: [10, 100] },
  ],
});

const countedOnly = defineEvent({
  name: "poll.done",
  message: "Polled",
  fields: {},
  metrics: [{ kind: "counter", name: "castellan_polls", help: "Polls" }],
});

function start() {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    service: { name: "castellan", version: "1.2.3", instanceId: "rep_1" },
    log: { destination: { write: (line) => lines.push(line) } },
    clock: createManualClock(),
  });
  return { telemetry, records: () => lines.map((line) => JSON.parse(line) as unknown) };
}

/** The lines of our own metrics, without the comments. */
function ours(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("castellan_"));
}

test("an event feeds the log and the metrics together", async () => {
  const { telemetry: starting, records } = start();
  await using telemetry = await starting;
  telemetry.emit(callEnded, { server: "a", isCached: false, durationMs: 1.5, bytes: 50 });
  telemetry.emit(callEnded, { server: "a", isCached: false, durationMs: 40, token: "hunter2" });
  telemetry.emit(callEnded, { server: 'b"\n', isCached: true, durationMs: Number.NaN });
  telemetry.emit(countedOnly, {});
  const base = { level: "info", time: "2026-01-01T00:00:00.000Z", service: "castellan", instance: "rep_1" };
  const line = { ...base, message: "A call has ended", event: "call.ended" };
  expect(records()).toEqual([
    { ...line, server: "a", isCached: false, durationMs: 1.5, bytes: 50 },
    { ...line, server: "a", isCached: false, durationMs: 40, token: "[redacted]" },
    { ...line, server: 'b"\n', isCached: true, durationMs: "NaN" },
  ]);
  const lines = ours(await telemetry.metricsText());
  expect(lines.filter((line) => !/_bucket/.test(line))).toEqual([
    'castellan_calls_total{server="a",isCached="false"} 2',
    'castellan_calls_total{server="b\\"\\n",isCached="true"} 1',
    "castellan_answer_bytes_total 50",
    'castellan_call_duration_seconds_count{server="a"} 2',
    'castellan_call_duration_seconds_sum{server="a"} 0.0415',
    "castellan_answer_size_count 1",
    "castellan_answer_size_sum 50",
    "castellan_polls_total 1",
  ]);
  expect(lines.filter((line) => /_size_bucket/.test(line))).toEqual([
    'castellan_answer_size_bucket{le="10"} 0',
    'castellan_answer_size_bucket{le="100"} 1',
    'castellan_answer_size_bucket{le="+Inf"} 1',
  ]);
  expect(lines.filter((line) => /le="0.0025"|le="0.05"/.test(line))).toEqual([
    'castellan_call_duration_seconds_bucket{server="a",le="0.0025"} 1',
    'castellan_call_duration_seconds_bucket{server="a",le="0.05"} 2',
  ]);
});

test("the types of an event's fields are held", async () => {
  await using telemetry = await start().telemetry;
  const wrong = () => {
    // @ts-expect-error a field is missing
    telemetry.emit(callEnded, { server: "a", isCached: false });
    // @ts-expect-error a field has the wrong type
    telemetry.emit(callEnded, { server: 1, isCached: false, durationMs: 1 });
    // @ts-expect-error a field that nobody declared
    telemetry.emit(callEnded, { server: "a", isCached: false, durationMs: 1, other: 1 });
    defineEvent({
      name: "x",
      message: "x",
      fields: { server: "string", size: "number" },
      // @ts-expect-error a text cannot be counted
      metrics: [{ kind: "counter", name: "castellan_x", help: "x", value: "server" }],
    });
  };
  expect(wrong).toBeTypeOf("function");
});

test("a gauge is read when it is asked for, until it is taken away", async () => {
  await using telemetry = await start().telemetry;
  let size = 3;
  const remove = telemetry.gauge({ name: "castellan_pool", help: "Pool", read: () => size });
  telemetry.gauge({
    name: "castellan_queue",
    help: "Queue",
    read: () => [{ value: 1, labels: { name: "x" } }],
  });
  expect(ours(await telemetry.metricsText())).toEqual(["castellan_pool 3", 'castellan_queue{name="x"} 1']);
  size = 4;
  expect(ours(await telemetry.metricsText())).toEqual(["castellan_pool 4", 'castellan_queue{name="x"} 1']);
  remove();
  expect(ours(await telemetry.metricsText())).toEqual(['castellan_queue{name="x"} 1']);
});

test("the text is Prometheus' format: each family has its help and type once, and the process is in it", async () => {
  await using telemetry = await start().telemetry;
  telemetry.emit(callEnded, { server: "a", isCached: false, durationMs: 1 });
  telemetry.emit(callEnded, { server: "b", isCached: false, durationMs: 1 });
  const text = await telemetry.metricsText();
  const line =
    /^(# (HELP|UNIT|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(\{[a-zA-Z_]+="[^"]*"(,[a-zA-Z_]+="[^"]*")*\})? -?[\d.e+-]+)$/;
  expect(text.split("\n").filter((each) => each !== "" && !line.test(each))).toEqual([]);
  const families = Array.from(text.matchAll(/^# TYPE (\S+) /gm), (match) => match[1]);
  expect(families).toEqual([...new Set(families)]);
  const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(value("process_start_time_seconds")).toBeCloseTo(performance.timeOrigin / 1000, 1);
  expect(value("nodejs_eventloop_lag_max_seconds")).toBeGreaterThanOrEqual(0);
  expect(value("nodejs_active_resources")).toBeGreaterThan(0);
  expect(text).toContain(
    'target_info{service_name="castellan",service_version="1.2.3",service_instance_id="rep_1"} 1\n',
  );
});

test("without a collector a trace is passed on as it came, and none is begun", async () => {
  await using telemetry = await start().telemetry;
  const parent = {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    flags: 1,
    traceState: "v=1",
  };
  using span = telemetry.startSpan({ name: "call", parent });
  expect([span.context, span.traceparent]).toEqual([
    parent,
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ]);
  using root = telemetry.startSpan({ name: "call" });
  expect([root.context, root.traceparent]).toEqual([undefined, undefined]);
});

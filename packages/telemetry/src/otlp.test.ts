import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defineEvent } from "./event.ts";
import type { OtlpSettings } from "./otlp-settings.ts";
import { createTelemetry } from "./telemetry.ts";
import { parseTraceparent } from "./trace-context.ts";

/** A collector as OTLP/HTTP describes it: it answers 200 with an empty object, or what it is told to. */
interface Collector extends AsyncDisposable {
  readonly url: string;
  status: number;
  /** Resolves when so many more exports have arrived. */
  next(count: number): Promise<void>;
  readonly received: { readonly path: string; readonly key: string | undefined; readonly body: unknown }[];
}

async function startCollector(): Promise<Collector> {
  const received: Collector["received"] = [];
  const answer = { status: 200 };
  const waiting: { at: number; resolve: () => void }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const body: unknown = JSON.parse(await text(request));
    received.push({ path: request.url ?? "", key: request.headers["x-key"]?.toString(), body });
    for (const { resolve } of waiting.filter(({ at }) => at === received.length)) resolve();
    response.writeHead(answer.status, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    get status() {
      return answer.status;
    },
    set status(status) {
      answer.status = status;
    },
    next: (count) => new Promise((resolve) => waiting.push({ at: received.length + count, resolve })),
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector[Symbol.asyncDispose]());

const ping = defineEvent({
  name: "ping",
  message: "Ping",
  fields: {},
  metrics: [{ kind: "counter", name: "castellan_pings", help: "Pings" }],
});

function start(otlp: Omit<OtlpSettings, "endpoint"> = {}) {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    service: { name: "castellan", version: "1", instanceId: "rep_1" },
    log: { destination: { write: (line) => lines.push(line) } },
    otlp: { endpoint: collector.url, headers: { "x-key": "k1" }, ...otlp },
  });
  return { telemetry, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: { readonly key: string; readonly value: unknown }[];
  readonly status: { readonly code: number; readonly message?: string };
}

function sentSpans(): SentSpan[] {
  return collector.received
    .filter(({ path }) => path === "/base/v1/traces")
    .flatMap(({ body }) => {
      const { resourceSpans } = body as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    });
}

test("a call's span is a child of the trace that came in, and is passed on as parent", async () => {
  const inbound = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "v=1");
  let passedOn: string | undefined;
  {
    await using telemetry = await start().telemetry;
    using call = telemetry.startSpan({
      name: "tools/call",
      parent: inbound,
      kind: "server",
      attributes: { server: "invoices", access_token: "hunter2" },
    });
    using upstream = telemetry.startSpan({ name: "dispatch", parent: call.context, kind: "client" });
    passedOn = upstream.traceparent;
    upstream.fail(Object.assign(new Error("Bearer abc12345 refused"), { code: "ECONNREFUSED" }));
    upstream.end();
    expect(upstream.context?.traceState).toBe("v=1");
  }
  const [dispatch, call] = sentSpans();
  expect(passedOn).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${dispatch?.spanId}-01`);
  expect(
    sentSpans().map(({ name, traceId, parentSpanId, kind }) => ({ name, traceId, parentSpanId, kind })),
  ).toEqual([
    { name: "dispatch", traceId: inbound?.traceId, parentSpanId: call?.spanId, kind: 3 },
    { name: "tools/call", traceId: inbound?.traceId, parentSpanId: inbound?.spanId, kind: 2 },
  ]);
  expect(call?.attributes).toEqual([
    { key: "server", value: { stringValue: "invoices" } },
    { key: "access_token", value: { stringValue: "[redacted]" } },
  ]);
  expect([dispatch?.attributes, dispatch?.status]).toEqual([
    [{ key: "error.type", value: { stringValue: "ECONNREFUSED" } }],
    { code: 2, message: "Bearer [redacted] refused" },
  ]);
  expect(new Set(collector.received.map(({ key }) => key))).toEqual(new Set(["k1"]));
});

test("a trace that its caller does not record is not recorded here, but goes on", async () => {
  {
    await using telemetry = await start().telemetry;
    const parent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    using span = telemetry.startSpan({ name: "quiet", parent });
    expect(span.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
    telemetry.startSpan({ name: "begun here" }).end();
  }
  expect(sentSpans().map(({ name }) => name)).toEqual(["begun here"]);
});

test("a sample ratio of zero begins no recorded trace", async () => {
  {
    await using telemetry = await start({ sampleRatio: 0 }).telemetry;
    using span = telemetry.startSpan({ name: "unsampled" });
    expect(span.context?.flags).toBe(0);
  }
  expect(sentSpans()).toEqual([]);
});

test("metrics are sent at the end at the latest, beside the text", async () => {
  {
    await using telemetry = await start().telemetry;
    telemetry.emit(ping, {});
    expect(await telemetry.metricsText()).toMatch(/^castellan_pings_total 1$/m);
  }
  const sent = collector.received.filter(({ path }) => path === "/base/v1/metrics");
  expect(JSON.stringify(sent)).toMatch(/"castellan_pings".*?"asDouble":1\b/);
});

test("an outage of the collector is one line when it begins and one when it ends", async () => {
  collector.status = 400;
  const { telemetry: starting, records } = start({ intervalMs: 10 });
  const lines = () => records().map(({ level, message, signal }) => ({ level, message, signal }));
  const down = { level: "warn", message: "Telemetry cannot be exported", signal: "metrics" };
  const up = { level: "info", message: "Telemetry is exported again", signal: "metrics" };
  await using telemetry = await starting;
  telemetry.emit(ping, {});
  await collector.next(4);
  expect(lines()).toEqual([down]);
  collector.status = 200;
  await collector.next(4);
  expect(lines()).toEqual([down, up]);
});

test("a collector that does not answer does not hold the end", async () => {
  await using silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const telemetry = await createTelemetry({
    service: { name: "castellan", version: "1", instanceId: "rep_1" },
    log: { destination: { write: () => {} }, level: "silent" },
    otlp: { endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` },
    flushTimeoutMs: 50,
  });
  telemetry.startSpan({ name: "held" }).end();
  const start = performance.now();
  await telemetry[Symbol.asyncDispose]();
  expect(performance.now() - start).toBeLessThan(5_000);
  silent.closeAllConnections();
});

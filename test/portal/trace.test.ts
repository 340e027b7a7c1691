/** A call is a span of the trace that its caller names, and the record says which. */
import { createServer } from "node:http";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startExample } from "../harness/upstreams.ts";
import { sayModern } from "./client.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const received: { path: string; body: string }[] = [];
let house: TestHouse;
let portal: TestPortal;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  const collector = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      received.push({ path: request.url ?? "", body });
      response.setHeader("content-type", "application/json").end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  opened.defer(() => void collector.close());
  const address = collector.address();
  const port = typeof address === "object" && address ? address.port : 0;
  house = opened.use(
    await startTestHouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } }),
  );
  const okrs = opened.use(await startExample("okrs"));
  portal = await house.addPortal("work", { okrs: okrs.url });
});
afterAll(() => opened.disposeAsync());

test("a call's span has the caller's as parent, and the record has the trace's id", async () => {
  const call = { name: "okrs_list_objectives", arguments: {} };
  const answer = await sayModern(portal, "tools/call", call, { meta: { traceparent } });
  expect(answer.status).toBe(200);
  await answer.all;
  const { items } = await house.api<{ items: { traceId?: string }[] }>("GET", "/calls?method=tools/call");
  expect(items.map((item) => item.traceId)).toEqual([traceId]);

  await house.flush();
  const traces = received.filter(({ path }) => path === "/v1/traces").map(({ body }) => JSON.parse(body));
  const spans = traces.flatMap((trace) =>
    trace.resourceSpans.flatMap((resource: { scopeSpans: { spans: object[] }[] }) =>
      resource.scopeSpans.flatMap((scope) => scope.spans),
    ),
  );
  expect(spans).toContainEqual(
    expect.objectContaining({ name: "tools/call", traceId, parentSpanId: "00f067aa0ba902b7", kind: 2 }),
  );
});

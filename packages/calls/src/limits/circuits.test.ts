import { createManualClock, kernelFaults } from "@castellan/kernel";
import { mcpFaults } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import { callFaults } from "../faults.ts";
import { createCircuits, outcomeOfFailure } from "./circuits.ts";
import { serverWith } from "./testing.ts";

function setUp() {
  const clock = createManualClock();
  const known = new Map<string, CatalogServer>();
  const listeners = new Set<(ids: readonly string[]) => void>();
  const circuits = createCircuits({
    clock,
    catalog: {
      findById: (id) => known.get(id),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  const put = (server: CatalogServer, id = server.server.id) => {
    known.set(id, server);
    for (const listener of listeners) listener([id]);
  };
  const remove = (id: string) => {
    known.delete(id);
    for (const listener of listeners) listener([id]);
  };
  const fail = (server: CatalogServer) => {
    for (let n = 0; n < 5; n++) circuits.enter(server).end("failure");
  };
  return { clock, circuits, put, remove, fail, listeners };
}

const open = expect.objectContaining({
  code: "server_circuit_open",
  owner: "upstream",
  retryable: true,
  data: { retryAfterMs: 5_000 },
});

test("one server's breaker leaves the others alone, and is counted", () => {
  const { circuits, fail } = setUp();
  const [dead, alive] = [serverWith({}), serverWith({})];
  fail(dead);
  expect(() => circuits.enter(dead)).toThrow(open);
  circuits.enter(alive).end("success");
  expect([circuits.isOpen(dead.server.id), circuits.isOpen(alive.server.id), circuits.open]).toEqual([
    true,
    false,
    1,
  ]);
});

test("a sync that succeeds closes it, one that fails and other changes do not", () => {
  const { circuits, put, fail } = setUp();
  const server = serverWith({});
  put(server);
  fail(server);
  put({ ...server, state: { ...server.state, status: "stale" } });
  put({ ...server, server: { ...server.server, title: "another", version: 2 } });
  expect(circuits.isOpen(server.server.id)).toBe(true);
  put({ ...server, state: { ...server.state, syncedAt: new Date(1) } });
  expect(circuits.isOpen(server.server.id)).toBe(false);
});

test("of another address, and of a server that is gone, nothing is known", () => {
  const { circuits, put, remove, fail, listeners } = setUp();
  const [moved, removed] = [serverWith({}), serverWith({})];
  for (const server of [moved, removed]) {
    put(server);
    fail(server);
  }
  put({ ...moved, server: { ...moved.server, revision: 2 } });
  remove(removed.server.id);
  expect([circuits.open, circuits.isOpen(moved.server.id)]).toEqual([0, false]);
  circuits[Symbol.dispose]();
  expect(listeners.size).toBe(0);
});

const refused = (status: number) => mcpFaults.fault("upstream_refused", "", { data: { status } });
const late = (limit: string) => callFaults.fault("call_timed_out", "", { data: { limit } });

test.each<[string, unknown, boolean, string]>([
  ["unreachable", mcpFaults.fault("upstream_unreachable", ""), false, "failure"],
  ["silent", mcpFaults.fault("upstream_timeout", ""), false, "failure"],
  ["HTTP 500", refused(500), false, "failure"],
  ["HTTP 503", refused(503), false, "failure"],
  ["HTTP 429", refused(429), false, "success"],
  ["HTTP 404", refused(404), false, "success"],
  ["other credentials", mcpFaults.fault("upstream_unauthorized", ""), false, "success"],
  ["no MCP", mcpFaults.fault("upstream_invalid", ""), false, "success"],
  ["the server's time", late("server"), true, "failure"],
  ["a tool's time", late("tool"), true, "unknown"],
  ["a caller's cancel", kernelFaults.fault("cancelled", ""), true, "unknown"],
  ["what breaks as the caller cancels", mcpFaults.fault("upstream_unreachable", ""), true, "unknown"],
  ["no line for this caller", callFaults.fault("calls_limited", ""), false, "unknown"],
  ["a question that nobody answered", callFaults.fault("client_unanswered", ""), false, "unknown"],
  ["a defect of ours", new TypeError("x"), false, "unknown"],
])("%s (%#)", (_, error, isCancelled, outcome) => {
  const cancel = new AbortController();
  if (isCancelled) cancel.abort(error);
  expect(outcomeOfFailure(error, cancel.signal)).toBe(outcome);
});

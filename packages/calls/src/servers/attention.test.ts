import { expect, test } from "vitest";
import type { ReviewState } from "../catalog/definition.ts";
import { testDefinition } from "../testing.ts";
import { attentionOf, shownStatusOf } from "./attention.ts";
import type { ServerState, ServerStatus } from "./server.ts";

function server(status: ServerStatus, code?: string, reviews: readonly ReviewState[] = []) {
  const state: ServerState = {
    status,
    attemptedAt: undefined,
    syncedAt: undefined,
    latencyMs: undefined,
    error: code === undefined ? undefined : { code, message: `It failed: ${code}` },
    skipped: [],
    modern: undefined,
    legacy: undefined,
  };
  const definitions = reviews.map((review, n) => testDefinition("tool", `t${n}`, "{}", { review }));
  return { state, definitions };
}

test.each<[ServerStatus, string | undefined, ReviewState[], string]>([
  ["waiting", undefined, [], "waiting"],
  ["ready", undefined, ["approved", "accepted", "rejected"], "ready"],
  ["ready", undefined, ["approved", "new"], "needs_attention"],
  ["stale", "upstream_timeout", ["changed"], "needs_attention"],
  ["stale", "upstream_timeout", ["approved"], "stale"],
  ["error", "upstream_unreachable", [], "error"],
  ["error", "upstream_refused", [], "error"],
  ["error", "upstream_unauthorized", [], "needs_attention"],
  ["stale", "server_credentials_moved", [], "needs_attention"],
  ["stale", "vault_open_failed", [], "needs_attention"],
  ["stale", "vault_key_missing", [], "needs_attention"],
  ["error", "outbound_refused", [], "needs_attention"],
])("%s, %s, %j is shown as %s", (status, code, reviews, expected) => {
  expect(shownStatusOf(server(status, code, reviews))).toBe(expected);
});

test("each reason is told", () => {
  expect(attentionOf(server("stale", "upstream_unauthorized", ["new", "changed", "rejected"]))).toEqual([
    { code: "upstream_unauthorized", message: "It failed: upstream_unauthorized" },
    { code: "definitions_waiting", message: "2 definitions wait for approval" },
  ]);
  expect(attentionOf(server("ready", undefined, ["new"]))).toEqual([
    { code: "definitions_waiting", message: "1 definition waits for approval" },
  ]);
});

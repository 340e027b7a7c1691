import { expect, test } from "vitest";
import type { Account } from "@castellan/credentials";
import { createId } from "@castellan/kernel";
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
  ["error", "credentials_missing", [], "needs_attention"],
  ["error", "upstream_auth_unsupported", [], "needs_attention"],
  ["stale", "upstream_client_refused", [], "needs_attention"],
  ["stale", "credentials_unavailable", [], "stale"],
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

test("a list that fails is told with its code, and what becomes of it", () => {
  const { state, definitions } = server("ready", undefined, ["approved"]);
  const message = "The server's prompts/list failed: no database";
  const failedLists = [
    { kind: "prompt", code: "upstream_invalid", message, details: { rpcCode: -32_603 } },
    { kind: "tool", code: "upstream_unauthorized", message: "No", details: { status: 401 } },
  ] as const;
  const judged = { state: { ...state, failedLists }, definitions };
  expect(attentionOf(judged)).toEqual([
    {
      code: "list_failing",
      message: `prompts/list fails, nothing of it is known, its other lists are in use: ${message} (upstream_invalid, -32603)`,
    },
    {
      code: "upstream_unauthorized",
      message:
        "tools/list fails, what it listed before stays (1), its other lists are in use: No (upstream_unauthorized, 401)",
    },
  ]);
  expect(shownStatusOf(judged)).toBe("needs_attention");
});

const shared: Account = {
  id: createId("account"),
  targetId: "srv_1",
  owner: { kind: "shared" },
  kind: "oauth",
  issuer: "https://login.example",
  scopes: [],
  wantedScopes: [],
  state: "linked",
  reason: undefined,
  failure: undefined,
  isRenewable: true,
  expiresAt: undefined,
  linkedBy: "Ada",
  linkedFrom: undefined,
  linkedAt: new Date(0),
  refreshedAt: undefined,
  usedAt: undefined,
  link: 1,
};
const failing = (code: string, times: number) => ({ code, message: "It said no", at: new Date(0), times });

test.each<[Partial<Account>, string | undefined, { code: string; message: string }[]]>([
  [{}, undefined, []],
  // It passes by itself, as most do.
  [{ failure: failing("credentials_unavailable", 2) }, undefined, []],
  [
    { failure: failing("credentials_unavailable", 20) },
    undefined,
    [
      {
        code: "shared_account_failing",
        message: "The shared sign-in could not be renewed 20 times in a row: It said no",
      },
    ],
  ],
  [
    { failure: failing("upstream_client_refused", 1) },
    undefined,
    [{ code: "upstream_client_refused", message: "It said no" }],
  ],
  [
    { state: "needs_sign_in" },
    undefined,
    [
      {
        code: "credentials_missing",
        message: "What Ada signed in with does not hold any more: sign in again",
      },
    ],
  ],
  [
    { wantedScopes: ["notes:write", "all"] },
    undefined,
    [
      {
        code: "credentials_missing",
        message:
          "What Ada signed in with does not allow all that is wanted: sign in again with the scopes notes:write all",
      },
    ],
  ],
  // What the last reading said already is said once.
  [
    { state: "needs_sign_in" },
    "credentials_missing",
    [
      {
        code: "credentials_missing",
        message: "What Ada signed in with does not hold any more: sign in again",
      },
    ],
  ],
])("a shared sign-in with %j, the last reading %s: %j", (more, code, expected) => {
  const sharedAccount = { ...shared, ...more };
  expect(attentionOf({ ...server("ready", code), sharedAccount })).toEqual(expected);
});

test("a secret that was refused since the last good reading is told, once", () => {
  const at = new Date(1_000);
  const refusedSecret = { targetId: "srv_1", by: "target", at } as const;
  const read = (ms: number, code?: string) => {
    const { state, definitions } = server("ready", code);
    return attentionOf({ state: { ...state, syncedAt: new Date(ms) }, definitions, refusedSecret });
  };
  const refused = {
    code: "credentials_refused",
    message:
      "The server does not take what it is called with: look whether the secret of its auth still holds",
  };
  expect([read(999), read(1_000), read(999, "upstream_timeout")]).toEqual([[refused], [], [refused]]);
  expect(read(999, "upstream_unauthorized").map(({ code }) => code)).toEqual(["upstream_unauthorized"]);
});

import { createHash } from "node:crypto";
import type { Principal } from "@castellan/access";
import { auditFaults, type CallRecord } from "@castellan/audit";
import { createId, createManualClock, kernelFaults, type Slug } from "@castellan/kernel";
import { mcpFaults, parseMessage, type Message, type ProtocolHeaders } from "@castellan/mcp";
import { compilePolicies, type Rule } from "@castellan/policy";
import { expect, test } from "vitest";
import type { Answer, CallerSession, PortalView, Received } from "./call.ts";
import { createScope } from "./catalog/offering.ts";
import { createCallLimiter } from "./limits/call-limiter.ts";
import { createCallPolicy } from "./policy/call-policy.ts";
import { policyDenied } from "./policy/refusals.ts";
import { runCall } from "./run-call.ts";
import type { CallPorts, CallSummary } from "./stages/stage.ts";
import { plainConnection, withoutCredentials, withoutLinks, withoutRules } from "./testing.ts";

const principal: Principal = {
  kind: "service",
  id: createId("token"),
  name: "ci",
  role: "member",
  scopes: ["portal:main"],
};

const client = { version: "2025-11-25", capabilities: "{}", clientInfo: "{}" } as const;

/** A session without lines to servers; nothing here gets that far. */
function session(): CallerSession {
  const unreached = () => {
    throw new Error("not reached");
  };
  return {
    id: createId("session"),
    client,
    clientName: "inspector",
    clientVersion: "2",
    logLevel: undefined,
    channel: unreached,
    ask: unreached,
    begin: unreached,
  };
}

interface Setting {
  readonly text: string;
  readonly headers?: Partial<ProtocolHeaders>;
  readonly portal?: Partial<PortalView>;
  readonly ports?: Partial<CallPorts>;
  readonly cancel?: AbortController;
}

/** Runs a message through the stages at a portal without servers; the portal's answers are the test's. */
async function run({ text, headers = {}, portal, ports, cancel = new AbortController() }: Setting) {
  const clock = createManualClock();
  const records: CallRecord[] = [];
  const summaries: CallSummary[] = [];
  const view: PortalView = {
    slug: "main" as Slug,
    scope: (era) => createScope({ era, servers: [], naming: "prefixed" }),
    listed: (era) => createScope({ era, servers: [], naming: "prefixed" }),
    session: () => session(),
    isGranted: () => true,
    showsHeaderMarks: true,
    ownTool: () => undefined,
    answer: () => ({ kind: "result", text: '{"own":1E400}', outcome: "ok" }),
    receive: () => undefined,
    ...portal,
  };
  const received: Received = {
    id: createId("call"),
    requestId: "req_1",
    receivedAtMs: clock.now(),
    startedMs: clock.monotonic(),
    address: "192.0.2.7",
    connection: plainConnection,
    portalSlug: "main",
    ownHost: undefined,
    option: () => [],
    authorization: "Bearer x",
    protocolHeaders: {
      protocolVersion: "2025-11-25",
      sessionId: "ses_x",
      method: undefined,
      name: undefined,
      ...headers,
    },
    header: () => undefined,
    paramHeaders: () => ({}),
    readBody: () => Promise.resolve(new TextEncoder().encode(text)),
    acceptsStream: true,
    cancel,
    draining: new AbortController().signal,
    relay: () => true,
  };
  const outcome = await runCall(received, {
    authenticate: () => principal,
    findPortal: () => view,
    policy: withoutRules,
    // Nothing here gets as far as a server.
    approvals: undefined as never,
    credentials: withoutCredentials,
    links: withoutLinks,
    upstreams: undefined as never,
    states: undefined as never,
    lines: undefined as never,
    conversations: undefined as never,
    limiter: createCallLimiter({
      rates: { take: () => ({ allowed: true, giveBack() {} }) },
      livingReplicas: () => 1,
    }),
    circuits: undefined as never,
    audit: {
      append(record) {
        records.push(record);
        return Promise.resolve();
      },
      hasten: () => {},
    },
    clock,
    vault: { mac: (_, data) => createHash("sha256").update(data).digest() },
    replica: "rep_1",
    onCall: (summary) => summaries.push(summary),
    ...ports,
  });
  return { outcome, records, summaries };
}

const list = '{"jsonrpc":"2.0","id":"a","method":"tools/list"}';
const modern = { protocolVersion: "2026-07-28", sessionId: undefined } as const;
const meta =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';

test("an answer leaves as it was made, on record with who, what and when", async () => {
  const { outcome, records } = await run({ text: list });
  expect(outcome).toMatchObject({
    status: 200,
    text: '{"jsonrpc":"2.0","id":"a","result":{"own":1E400}}',
  });
  expect(records).toEqual([
    {
      id: expect.stringMatching(/^call_/),
      startedAtMs: Date.UTC(2026, 0, 1),
      durationMs: 0,
      upstreamMs: undefined,
      requestId: "req_1",
      replica: "rep_1",
      portal: "main",
      server: undefined,
      era: "legacy",
      method: "tools/list",
      target: undefined,
      principalKind: "service",
      principalId: principal.id,
      principalName: "ci",
      clientName: "inspector",
      clientVersion: "2",
      clientAddress: "192.0.2.7",
      sessionId: expect.stringMatching(/^ses_/),
      outcome: "ok",
      stage: undefined,
      code: undefined,
      bytesIn: list.length,
      bytesOut: 49,
    },
  ]);
});

const defect = new TypeError("secret detail");
const fail = (error: unknown) => () => {
  throw error;
};
const call = (name: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)}}}`;

test.each<[string, string, Setting, unknown]>([
  ["malformed JSON", "parse", { text: "{" }, [400, "json_malformed", "refused"]],
  ["a batch", "parse", { text: "[]" }, [400, "batch_unsupported", "refused"]],
  [
    "an unknown version",
    "classify",
    { text: list, headers: { protocolVersion: "1.0" } },
    [400, "version_unsupported", "refused"],
  ],
  [
    "no session",
    "enter",
    { text: list, headers: { sessionId: undefined } },
    [400, "session_required", "refused"],
  ],
  [
    "no such portal",
    "enter",
    { text: list, ports: { findPortal: () => undefined } },
    [404, "portal_unknown", "refused"],
  ],
  ["an unknown tool", "resolve", { text: call("x") }, [200, "tool_unknown", "refused"]],
  ["a huge name", "resolve", { text: call("x".repeat(1e6)) }, [200, "tool_unknown", "refused"]],
  ["a name of Object's", "resolve", { text: call("constructor") }, [200, "tool_unknown", "refused"]],
  [
    "a method of Object's",
    "resolve",
    { text: list.replace("tools/list", "toString") },
    [200, "method_unknown", "refused"],
  ],
  [
    "an upstream that is gone",
    "dispatch",
    { text: list, portal: { answer: fail(mcpFaults.fault("upstream_timeout", "late")) } },
    [200, "upstream_timeout", "error"],
  ],
  [
    "a defect",
    "dispatch",
    { text: list, portal: { answer: fail(defect) } },
    [500, "internal_error", "error"],
  ],
  [
    "a defect in a promise",
    "dispatch",
    { text: list, portal: { answer: () => Promise.reject(defect) } },
    [500, "internal_error", "error"],
  ],
])("%s is recorded with its stage: %s", async (_, stage, setting, expected) => {
  const { outcome, records } = await run(setting);
  const [record] = records;
  expect([outcome.status, record?.code, record?.outcome]).toEqual(expected);
  expect([records.length, record?.stage]).toEqual([1, stage]);
  expect(outcome.text).not.toContain("secret");
  expect(JSON.parse(outcome.text ?? "")).toMatchObject({
    error: { data: { code: record?.code, requestId: "req_1" } },
  });
  expect(outcome.text?.length).toBeLessThan(1_000);
});

test("without a caller nothing is read and nothing recorded", async () => {
  let isRead = false;
  const { outcome, records } = await run({
    text: list,
    ports: { authenticate: fail(kernelFaults.fault("invalid_input", "no")) },
    portal: { answer: () => (isRead = true) as never },
  });
  expect([outcome.fault?.code, outcome.text?.includes('"id":null'), records, isRead]).toEqual([
    "invalid_input",
    true,
    [],
    false,
  ]);
});

const note = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
const reply = '{"jsonrpc":"2.0","id":"q","result":{}}';
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const unknownSession = { session: fail(mcpFaults.fault("session_unknown", "no")) };

test.each<[string, Setting, number, string[]]>([
  ["a notification is not recorded", { text: note }, 202, []],
  ["nor is a response", { text: reply }, 202, []],
  ["nor is a heartbeat", { text: ping }, 200, []],
  ["a refused notification is", { text: note, portal: unknownSession }, 404, ["session_unknown"]],
  ["a refused response is", { text: reply, portal: unknownSession }, 404, ["session_unknown"]],
  ["a refused heartbeat is", { text: ping, portal: unknownSession }, 404, ["session_unknown"]],
  [
    "a response that its server does not take is, and is not said to be taken",
    { text: reply, portal: { receive: fail(mcpFaults.fault("upstream_unreachable", "gone")) } },
    502,
    ["upstream_unreachable"],
  ],
])("%s", async (_, setting, status, codes) => {
  const { outcome, records } = await run(setting);
  expect([outcome.status, records.map(({ code }) => code)]).toEqual([status, codes]);
});

test("who cancelled gets no answer, and the record says so", async () => {
  const cancel = new AbortController();
  const answer = (): Answer => {
    cancel.abort(kernelFaults.fault("cancelled", "The client cancelled the request"));
    throw cancel.signal.reason;
  };
  const { outcome, records } = await run({ text: list, cancel, portal: { answer } });
  expect([outcome.status, outcome.text, records[0]?.outcome]).toEqual([202, undefined, "cancelled"]);
});

test.each([
  ["a fault", auditFaults.fault("audit_unavailable", "no disk"), 503],
  ["an answer with a stream", auditFaults.fault("audit_overloaded", "full"), 503],
])("what cannot be recorded is not answered: %s", async (_, fault, status) => {
  const summaries: CallSummary[] = [];
  const { outcome } = await run({
    text: list,
    portal: {
      answer: () => ({
        kind: "result",
        text: '{"secret":1}',
        outcome: "ok",
        headers: { "mcp-session-id": "s" },
        stream: () => Promise.resolve(""),
      }),
    },
    ports: {
      audit: { append: () => Promise.reject(fault), hasten: () => {} },
      onCall: (one) => summaries.push(one),
    },
  });
  expect(outcome).toMatchObject({ status, fault });
  expect(outcome.text).not.toContain("secret");
  expect([outcome.headers, outcome.stream, summaries]).toEqual([undefined, undefined, []]);
});

test("a refusal that cannot be recorded is not told either", async () => {
  const fault = auditFaults.fault("audit_unavailable", "no disk");
  const { outcome } = await run({
    text: call("x"),
    ports: { audit: { append: () => Promise.reject(fault), hasten: () => {} } },
  });
  expect(outcome.fault?.code).toBe("audit_unavailable");
});

test("what is counted is never named by the caller", async () => {
  const settings: Setting[] = [
    { text: list },
    { text: call("evil") },
    { text: list.replace("tools/list", "evil/method") },
    { text: note.replace("initialized", "evil"), portal: { receive: fail(defect) } },
    { text: list, ports: { findPortal: () => undefined } },
    {
      text: `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{${meta}}}`,
      headers: { ...modern, method: "server/discover" },
    },
  ];
  const counted = [];
  for (const setting of settings) counted.push(...(await run(setting)).summaries);
  expect(counted.map(({ portal, server, method, outcome }) => [portal, server, method, outcome])).toEqual([
    ["main", undefined, "tools/list", "ok"],
    ["main", undefined, "other", "refused"],
    ["main", undefined, "other", "refused"],
    ["main", undefined, "other", "error"],
    ["other", undefined, "other", "refused"],
    ["main", undefined, "server/discover", "ok"],
  ]);
});

test("a call that stands for another one is that one from then on, on record with what stood for it", async () => {
  const call = (name: string) =>
    `{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"${name}"}}`;
  const meant: Message = parseMessage(call("meant"));
  const answer = (text: string) => ({ kind: "result", text, outcome: "ok" }) as const;
  const portal: Partial<PortalView> = {
    ownTool: (name) =>
      name === "stands"
        ? {
            name,
            call: () => answer('{"own":1}'),
            unwrap: () => (meant.kind === "request" ? meant : undefined),
          }
        : name === "plain"
          ? { name, call: () => answer('{"own":2}') }
          : undefined,
  };
  const stands = await run({ text: call("stands"), portal });
  expect(stands.outcome.fault).toMatchObject({ code: "tool_unknown", message: "Unknown tool: meant" });
  expect(stands.records).toMatchObject([
    { target: "meant", via: "stands", stage: "resolve", outcome: "refused" },
  ]);
  // It may be cancelled by its id as long as it is under way.
  const underWay: unknown[] = [];
  const begin = (id: unknown) => {
    underWay.push(id);
    return { [Symbol.dispose]: () => underWay.push("over") };
  };
  const plain = await run({
    text: call("plain"),
    portal: { ...portal, session: () => ({ ...session(), begin }) },
  });
  expect(underWay).toEqual(["a", "over"]);
  expect(plain.outcome.text).toBe('{"jsonrpc":"2.0","id":"a","result":{"own":2}}');
  expect(plain.records).toMatchObject([{ target: "plain", via: undefined, outcome: "ok" }]);
});

test("a rule that comes while the session is read is the one that decides", async () => {
  const nobody: Rule = {
    id: createId("rule"),
    name: "nobody",
    action: "block",
    description: "",
    at: {},
    include: [{ everyone: true }],
    require: [],
    exclude: [],
    stepUp: undefined,
    purpose: undefined,
    approval: undefined,
    startsAt: undefined,
    endsAt: undefined,
    isEnabled: true,
    managedBy: undefined,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  };
  let policies = compilePolicies([]);
  const view: Partial<PortalView> = {
    slug: "main" as Slug,
    async session() {
      await Promise.resolve();
      policies = compilePolicies([nobody]);
      return session();
    },
  };
  const { outcome } = await run({
    text: list,
    ports: {
      policy: createCallPolicy({ current: () => policies }),
      findPortal(_address, _principal, judge) {
        const entry = judge.enter("main", 0);
        if (entry.outcome === "deny") throw policyDenied(entry, "the portal");
        return view as PortalView;
      },
    },
  });
  expect(outcome.fault?.data).toEqual({ level: "portal", rules: ["nobody"] });
});

import { auditFaults, type CallRecord } from "@castellan/audit";
import { createId, createManualClock, type Slug } from "@castellan/kernel";
import { parseMessage, type ClientFeature, type RequestMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { ServerExchange } from "./exchange.ts";
import { hear } from "./hear.ts";

/** An exchange with a server that may use these features, and what became of what it said. */
function scene(clientFeatures: readonly ClientFeature[], more: Partial<ServerExchange> = {}) {
  const said: string[] = [];
  const asked: string[] = [];
  const replies: unknown[] = [];
  const withdrawn: unknown[] = [];
  const changed: string[] = [];
  const records: CallRecord[] = [];
  const id = createId("server");
  const server = { server: { id, slug: "jira" as Slug, clientFeatures } } as unknown as CatalogServer;
  const exchange: ServerExchange = {
    server,
    listener: {
      principal: { kind: "service", id: createId("token"), name: "ci", role: "member", scopes: [] },
      portal: "main",
      era: "legacy",
      requestId: "req_1",
      callId: createId("call"),
      address: "192.0.2.7",
      sessionId: undefined,
      clientName: "inspector",
      clientVersion: "2",
    },
    client: {
      capabilities: '{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}',
      isReachable: true,
    },
    progressToken: "p",
    log: "warning",
    say: (text) => said.push(text) > 0,
    ask: (question: RequestMessage) => asked.push(question.method) > 0,
    reply: (question, answer) => void replies.push([question.id, answer]),
    withdraw: (requestId) => withdrawn.push(requestId),
    ...more,
  };
  const ports = {
    audit: {
      hasten: () => {},
      append(record: CallRecord) {
        records.push(record);
        return Promise.resolve();
      },
    },
    clock: createManualClock(),
    replica: "rep_1",
    onListChanged: (serverId: string) => changed.push(serverId),
  };
  return {
    exchange,
    ports,
    said,
    asked,
    replies,
    withdrawn,
    changed,
    records,
    id,
    hear: (text: string) => hear(parseMessage(text), exchange, ports),
  };
}

function notification(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/${method}","params":${params}}`;
}

function question(method: string, params = "{}"): string {
  return `{"jsonrpc":"2.0","id":7,"method":"${method}","params":${params}}`;
}

test("notifications reach the caller as they came, if they concern the exchange", async () => {
  const { hear, said, withdrawn, changed, id, records } = scene([], {
    subscribedUri: (uri) => (uri === "x://1" ? "gw+b:x://1" : undefined),
    knowsElicitation: (one) => one === "e1",
  });
  const passed = [
    notification("progress", '{"progressToken":"p","progress":1E400}'),
    notification("message", '{"level":"error","data":1234567890123456789}'),
    notification("elicitation/complete", '{"elicitationId":"e1"}'),
    notification("acme/news", '{"x":1}'),
    '{"jsonrpc":"2.0","method":"toString"}',
  ];
  const held = [
    notification("progress", '{"progressToken":"other","progress":1}'),
    notification("progress", '{"progress":1}'),
    notification("message", '{"level":"info"}'),
    notification("message", '{"level":"loud"}'),
    notification("elicitation/complete", '{"elicitationId":"e2"}'),
    notification("resources/updated", '{"uri":"x://2"}'),
    notification("subscriptions/acknowledged", "{}"),
    notification("tools/list_changed", "{}"),
    notification("cancelled", '{"requestId":7}'),
    '{"jsonrpc":"2.0","id":1,"result":{}}',
  ];
  for (const text of [...passed, ...held]) await hear(text);
  await hear(notification("resources/updated", '{"uri":"x://1","n":1E400}'));
  expect(said).toEqual([...passed, notification("resources/updated", '{"uri":"gw+b:x://1","n":1E400}')]);
  expect([withdrawn, changed, records]).toEqual([[7], [id], []]);
});

test("a caller that wants no log and no progress gets none; one whose server was told gets all", async () => {
  const log = notification("message", '{"level":"debug"}');
  const none = scene([], { log: "none", progressToken: undefined });
  await none.hear(log);
  await none.hear(notification("progress", '{"progress":1}'));
  const all = scene([], { log: "all" });
  await all.hear(log);
  expect([none.said, all.said]).toEqual([[], [log]]);
});

test("a question that the registration allows is on record, then asked", async () => {
  const { hear, asked, records, replies, exchange } = scene(["sampling"]);
  await hear(question("sampling/createMessage", '{"maxTokens":1}'));
  expect([asked, replies]).toEqual([["sampling/createMessage"], []]);
  expect(records).toMatchObject([
    {
      method: "sampling/createMessage",
      server: "jira",
      portal: "main",
      outcome: "ok",
      parentCallId: exchange.listener.callId,
      principalName: "ci",
      bytesIn: 15,
    },
  ]);
});

test.each([
  ["nothing is allowed by default", [], "elicitation/create", "{}"],
  [
    "a form is not a page",
    ["elicitation_form"],
    "elicitation/create",
    '{"mode":"url","url":"https://a.example"}',
  ],
  ["a page is not a form", ["elicitation_url"], "elicitation/create", "{}"],
  [
    "a page is one of the web",
    ["elicitation_url"],
    "elicitation/create",
    '{"mode":"url","url":"javascript:alert(1)"}',
  ],
  ["a page without an address", ["elicitation_url"], "elicitation/create", '{"mode":"url"}'],
  ["folders are not the model", ["sampling"], "roots/list", "{}"],
  [
    "what no client is asked for",
    ["sampling", "roots", "elicitation_form", "elicitation_url"],
    "tools/call",
    "{}",
  ],
] as const)("a question is refused and on record: %s", async (_, features, method, params) => {
  const { hear, asked, records, replies } = scene(features);
  await hear(question(method, params));
  expect(asked).toEqual([]);
  expect(records).toMatchObject([
    { method, outcome: "refused", stage: "policy", code: "client_feature_denied" },
  ]);
  expect(replies).toEqual([
    [7, { error: expect.stringContaining('"code":"client_feature_denied"') as string }],
  ]);
});

test.each([
  [
    "what the client did not declare",
    { capabilities: '{"roots":{}}', isReachable: true },
    "client_capability_missing",
  ],
  ["a client out of reach", { capabilities: '{"sampling":{}}', isReachable: false }, "client_unanswered"],
  ["nobody to ask", undefined, "client_capability_missing"],
] as const)(
  "a question is refused and on record, whatever the server may ask: %s",
  async (_, client, code) => {
    const refused: string[] = [];
    const { hear, asked, records, replies } = scene(["sampling"], {
      client: client as never,
      onRefused: (objection) => refused.push(objection.code),
    });
    await hear(question("sampling/createMessage"));
    expect([asked, refused]).toEqual([[], [code]]);
    expect(records).toMatchObject([{ outcome: "refused", stage: "policy", code }]);
    expect(replies).toEqual([[7, { error: expect.stringContaining(`"code":"${code}"`) as string }]]);
  },
);

test("nothing more is heard of a server that does not take the answer to its ping", async () => {
  const taken = Promise.withResolvers<void>();
  const { hear } = scene([], { reply: () => taken.promise });
  const heard = hear(question("ping"));
  expect(await Promise.race([heard, "waits"])).toBe("waits");
  taken.resolve();
  await heard;
});

test("a question that cannot be put is answered in the caller's place; a ping always is", async () => {
  const { hear, replies } = scene(["roots"], { ask: () => false });
  await hear(question("roots/list"));
  await hear(question("ping"));
  expect(replies).toEqual([
    [7, { error: expect.stringContaining('"code":"client_unanswered"') as string }],
    [7, { result: "{}" }],
  ]);
});

test("what cannot be recorded is not asked", async () => {
  const { exchange, ports, asked } = scene(["roots"]);
  const append = () => Promise.reject(auditFaults.fault("audit_unavailable", "down"));
  const down = { append, hasten: () => {} };
  const heard = hear(parseMessage(question("roots/list")), exchange, { ...ports, audit: down });
  await expect(heard).rejects.toMatchObject({ code: "audit_unavailable" });
  expect(asked).toEqual([]);
});

test("a caller that reads slowly slows the server", () => {
  const { exchange, ports } = scene([], { say: () => Promise.resolve(true) });
  expect(hear(parseMessage(notification("acme/news", "{}")), exchange, ports)).toBeInstanceOf(Promise);
  const quick = scene([]);
  expect(quick.hear(notification("acme/news", "{}"))).toBeUndefined();
});

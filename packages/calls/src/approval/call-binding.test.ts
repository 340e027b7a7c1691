import type { Principal, UserPrincipal } from "@castellan/access";
import { createId, type Slug } from "@castellan/kernel";
import { parseMessage, type RequestMessage } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { ForwardTarget, PortalView } from "../call.ts";
import { testDefinition, testServer } from "../testing.ts";
import { callBindingOf, holdingOf } from "./call-binding.ts";

const ann: UserPrincipal = {
  kind: "user",
  id: createId("user"),
  name: "Ann",
  email: "ann@example.com",
  role: "member",
  scopes: ["portal:main"],
  directory: "workforce",
  groups: [],
  grantId: createId("grant"),
  clientId: "cli_editor",
  provider: "local",
  amr: ["pwd", "otp"],
  provedAtMs: undefined,
  claims: {},
};

const serverId = createId("server");

function aCall({
  principal = ann as Principal,
  portal = "main",
  text = '{"name":"put"}',
  name = "put",
  id = serverId,
  params = '{"name":"s_put","arguments":{"a":1}}',
} = {}) {
  const definition = testDefinition("tool", name, text);
  const server = testServer("s", { server: { id }, definitions: [definition] });
  const request = parseMessage(
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`,
  ) as RequestMessage;
  const target: ForwardTarget = {
    kind: "forward",
    request,
    method: { eras: ["modern"], handling: "forward", target: "tool", nameParam: "name" },
    capability: {
      kind: "tool",
      server,
      name,
      publicName: "s_put",
      class: "write",
      upstreamEra: "modern",
      paramHeaders: [],
    },
  };
  return { call: { principal, portal: { slug: portal as Slug } as PortalView }, target };
}

test.each([
  ["however it is written", { params: '{ "arguments":{ "\\u0061" : 1 }, "name":"s_put" }' }],
  [
    "in whatever round",
    { params: '{"name":"s_put","arguments":{"a":1},"_meta":{"x":1},"inputResponses":{},"requestState":"s"}' },
  ],
  ["by another grant of the same client", { principal: { ...ann, grantId: createId("grant") } }],
])("the same call %s is bound alike", (_, other) => {
  expect(callBindingOf(aCall(other))).toBe(callBindingOf(aCall()));
});

const others: [string, Parameters<typeof aCall>[0]][] = [
  ["another caller", { principal: { ...ann, id: createId("user") } }],
  ["another client", { principal: { ...ann, clientId: "cli_other" } }],
  ["another portal", { portal: "other" }],
  ["another server of the same slug", { id: createId("server") }],
  ["a tool that says something else by now", { text: '{"name":"put","description":"harmless"}' }],
];

test.each([
  ...others,
  ["another argument", { params: '{"name":"s_put","arguments":{"a":2}}' }],
  ["a member beside the arguments", { params: '{"name":"s_put","arguments":{"a":1},"more":1}' }],
] as typeof others)("%s is another call", (_, other) => {
  expect(callBindingOf(aCall(other))).not.toBe(callBindingOf(aCall()));
});

test.each([...others, ["another tool", { name: "drop" }]] as typeof others)(
  "what holds for longer does not for %s",
  (_, other) => {
    expect(holdingOf(aCall(other))).not.toBe(holdingOf(aCall()));
  },
);

test("what holds for longer does for other arguments", () => {
  expect(holdingOf(aCall({ params: '{"name":"s_put","arguments":{"a":2}}' }))).toBe(holdingOf(aCall()));
});

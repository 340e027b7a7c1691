/** What hostile code may try with the calls that it makes: it stays the call of a tool, of a prompt or of a resource, of its own caller. */
import { createId } from "@castellan/kernel";
import type { ChildOutcome, ChildRequest } from "@castellan/calls";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { openScene, type Scene } from "../policy/scene.ts";
import { parsed, sayModern } from "../portal/client.ts";
import { gist, testCode, toolCall, type Program } from "./program.ts";

const code = testCode();
let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ codemode: code.port });
});
beforeEach(() => {
  for (const calls of Object.values(scene.called)) calls.length = 0;
});
afterAll(async () => {
  const { faults, errors } = scene.house;
  await scene[Symbol.asyncDispose]();
  expect([faults, errors]).toEqual([[], []]);
});

async function run(
  program: Program,
  listing = "codemode=search_and_execute",
  name = "portal_codemode_execute",
) {
  code.program = program;
  const url = `${scene.door.url}?${listing}`;
  const heard = await sayModern({ ...scene.door, url }, "tools/call", { name, arguments: {} });
  return parsed((await heard.all).at(-1));
}

async function outcomesOf(...requests: ChildRequest[]): Promise<ChildOutcome[]> {
  const found: ChildOutcome[] = [];
  await run(async ({ children }) => {
    for (const request of requests) found.push(await children.call(request));
    return "{}";
  });
  return found;
}
const call = (params: string, method: ChildRequest["method"] = "tools/call"): ChildRequest => ({
  ...toolCall(""),
  method,
  params,
});

test("code calls none of the portal's own tools, so it runs no other code", async () => {
  const own = [
    "portal_codemode_execute",
    "portal_codemode_search",
    "portal_execute",
    "portal_query_tools",
    "portal_list_servers",
    "portal_toggle_servers",
  ];
  const found = await outcomesOf(
    ...own.map((name) => toolCall(name, { name: "modern_look", arguments: {} })),
    call('{"uri":"codemode://runs/run_1/result"}', "resources/read"),
  );
  expect(found.map(gist)).toEqual([...own.map(() => "tool_unknown"), "resource_unknown"]);
});

test.each([
  ["../../legacy_look"],
  ["modern_look\u0000"],
  ["MODERN_LOOK"],
  ["=?base64?bW9kZXJuX2xvb2s=?="],
  ["__proto__"],
  ["constructor"],
  [""],
  ["modern_look\r\nMcp-Method: tools/list"],
  ["ü".repeat(200)],
])("a name that is none is unknown: %j", async (name) => {
  expect((await outcomesOf(toolCall(name))).map(gist)).toEqual(["tool_unknown"]);
  expect(scene.called).toEqual({ legacy: [], modern: [] });
});

test.each([
  ["a second _meta", '{"name":"modern_look","_meta":{}}', "json_ambiguous"],
  ["a state", '{"name":"modern_look","requestState":"x"}', "params_invalid"],
  ["answers", '{"name":"modern_look","inputResponses":{}}', "params_invalid"],
  ["a task", '{"name":"modern_look","task":{"ttl":1}}', "params_invalid"],
  ["the end of params", '{"name":"modern_look"},"x":{}', "params_invalid"],
  ["another id", '{"name":"modern_look"},"id":"y"', "json_ambiguous"],
  ["another method", '{"name":"modern_look"},"method":"tools/list"', "json_ambiguous"],
  ["an end and a beginning", '{"name":"modern_look"}},{"params":{"name":"x"}', "json_malformed"],
  ["no object", '"name":"modern_look"}', "json_malformed"],
  ["no params", "", "json_malformed"],
  ["an array", '["modern_look"]', "message_invalid"],
  ["a name twice", '{"name":"modern_look","name":"modern_put"}', "json_ambiguous"],
  ["no name", '{"arguments":{}}', "params_invalid"],
  ["a name that is none", '{"name":{}}', "params_invalid"],
  [
    "depth",
    `{"name":"modern_look","arguments":${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}}`,
    "json_too_deep",
  ],
])("params that say more than they may are refused: %s", async (_, params, expected) => {
  expect((await outcomesOf(call(params))).map(gist)).toEqual([expected]);
  expect(scene.called).toEqual({ legacy: [], modern: [] });
});

test("whatever text stands for params, the server sees none that is not one call of one tool", async () => {
  const pieces = [
    "{",
    "}",
    '"name"',
    ":",
    '"modern_look"',
    ",",
    '"arguments"',
    "{}",
    " ",
    '"_meta"',
    "[",
    "1",
    '"id"',
  ];
  // Often nothing: some of what comes must be a call.
  const some = fc.oneof(
    fc.constant(""),
    fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((parts) => parts.join("")),
  );
  const middle = fc.constantFrom(
    "",
    ',"arguments":{}',
    ',"arguments":{"a":"}"}',
    ',"other":1',
    ',"_meta":{}',
  );
  const texts = fc
    .tuple(some, middle, some, some)
    .map(([before, inside, more, after]) => `${before}{"name":"modern_look"${inside}${more}}${after}`);
  let passed = 0;
  await run(async ({ children }) => {
    await fc.assert(
      fc.asyncProperty(texts, async (params) => {
        scene.called.modern.length = 0;
        const outcome = await children.call(call(params));
        const [seen] = scene.called.modern;
        if (outcome.answer?.kind !== "result") return seen === undefined;
        passed++;
        const { name, arguments: args, ...rest } = JSON.parse(params) as Record<string, unknown>;
        const { _meta: _, ...told } = seen;
        expect([name, rest]).toEqual(["modern_look", {}]);
        expect(told).toEqual(args === undefined ? { name: "look" } : { name: "look", arguments: args });
        return true;
      }),
      { numRuns: 400 },
    );
    return "{}";
  });
  expect(passed).toBeGreaterThan(0);
});

test("the record names the call that runs the code as parent, whatever the code says", async () => {
  const forged = createId("call");
  let parent = "";
  const child = toolCall("modern_look", { parentCallId: forged });
  await run(async ({ children, call: own }) => {
    parent = own.id;
    await children.call(child);
    return "{}";
  });
  const records = await scene.house.records();
  expect(records.find(({ id }) => id === child.id)?.parentCallId).toBe(parent);
  expect(records.some(({ parentCallId }) => parentCallId === forged)).toBe(false);
});

test("a client cannot make itself a child, nor go by a standing", async () => {
  const headers = { "x-parent-call-id": createId("call"), parent: "x", standing: '{"kind":"token"}' };
  await sayModern(scene.door, "tools/call", { name: "modern_look", parentCallId: "call_x" }, { headers });
  const { token: _, ...withoutToken } = scene.door;
  const refused = await sayModern(
    { ...withoutToken, token: undefined as never },
    "tools/list",
    {},
    { headers },
  );
  expect(refused.status).toBe(401);
  const records = await scene.house.records();
  expect(records.at(-1)).toMatchObject({ target: "modern_look" });
  expect(records.at(-1)?.parentCallId).toBeUndefined();
});

test.each(["elicitation/create", "sampling/createMessage", "roots/list"])(
  "a legacy server that asks %s in a call of code's is told no",
  async (method) => {
    const { legacy } = scene.servers;
    const before = legacy.script;
    let told: unknown;
    legacy.script = {
      ...before,
      "tools/call": async function* (_, { ask, answerTo, result }) {
        yield ask(
          "q",
          method,
          '{"message":"m","requestedSchema":{"type":"object","properties":{}},"messages":[],"maxTokens":1}',
        );
        told = await answerTo("q");
        yield result('{"content":[]}');
      },
    };
    const [outcome] = await outcomesOf(toolCall("legacy_look"));
    legacy.script = before;
    expect(outcome && gist(outcome)).toBe("result");
    expect(told).toMatchObject({ error: { data: { code: "client_feature_denied" } } });
  },
);

test.each([
  [
    "questions",
    '{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}}}}}',
    "client_feature_denied",
  ],
  [
    "a state to come back with",
    '{"resultType":"input_required","requestState":"later"}',
    "client_unanswered",
  ],
  ["a task", '{"resultType":"task","taskId":"t","status":"working"}', "client_capability_missing"],
])("a modern server that answers with %s is refused", async (_, result, expected) => {
  const { modern } = scene.servers;
  const before = modern.script;
  modern.script = { ...before, "tools/call": () => result };
  const found = await outcomesOf(toolCall("modern_look"));
  modern.script = before;
  expect(found.map(gist)).toEqual([expected]);
});

test("a call of code's is no client that opens pages, whatever its own client is", async () => {
  const seen: unknown[] = [];
  code.program = async ({ children }) => {
    await children.call(toolCall("modern_look"));
    return "{}";
  };
  await sayModern(
    { ...scene.door, url: `${scene.door.url}?codemode=search_and_execute` },
    "tools/call",
    { name: "portal_codemode_execute", arguments: {} },
    { meta: { [metaKeys.clientCapabilities]: { elicitation: { url: {} }, sampling: {} }, secret: "s" } },
  );
  seen.push(scene.called.modern[0]._meta);
  expect(seen).toEqual([
    {
      [metaKeys.protocolVersion]: "2026-07-28",
      [metaKeys.clientCapabilities]: {},
      [metaKeys.clientInfo]: { name: "tester", version: "9" },
    },
  ]);
});

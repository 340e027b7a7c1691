import { parseMessage, requestText, type RequestMessage } from "@castellan/mcp";
import fc from "fast-check";
import { expect, test } from "vitest";
import { execute } from "./execute.ts";
import { exampleContext } from "./testing.ts";

const context = exampleContext([]);

function request(params: string | undefined): RequestMessage {
  const message = parseMessage(requestText(7, "tools/call", params));
  if (message.kind !== "request") throw new Error("no request");
  return message;
}

test.each([
  [
    '{ "arguments" : {"arguments":{ "n":1E400 } , "name":"t"}, "_meta":{"a":-0}, "name":"portal_execute","requestState":"s" }',
    '{ "arguments" : { "n":1E400 }, "_meta":{"a":-0}, "name":"t","requestState":"s" }',
  ],
  ['{"name":"portal_execute","arguments":{"name":"t\\u0061"}}', '{"name":"t\\u0061"}'],
  [
    '{"arguments":{"n\\u0061me":"t","arguments":{"name":"u","arguments":{}}},"n\\u0061me":"portal_execute"}',
    '{"arguments":{"name":"u","arguments":{}},"n\\u0061me":"t"}',
  ],
])("%s is the call %s", (said, meant) => {
  expect(execute.unwrap?.(request(said), context)).toEqual(request(meant));
});

test("whatever a tool is called with, it is called with that", () => {
  const json = fc.jsonValue();
  fc.assert(
    fc.property(
      fc.string(),
      fc.dictionary(fc.string(), json),
      // A member of the protocol's own in other letters (`ReF`) is refused before.
      fc.dictionary(
        fc.string().map((key) => `x-${key}`),
        json,
      ),
      (name, args, rest) => {
        fc.pre(!name.startsWith("portal_") && !JSON.stringify([args, rest]).includes("__proto__"));
        const more = { ...rest, name: "portal_execute", arguments: { arguments: args, name } };
        const meant = execute.unwrap?.(request(JSON.stringify(more)), context);
        expect(meant?.params).toEqual(JSON.parse(JSON.stringify({ ...more, name, arguments: args })));
      },
    ),
  );
});

const own = "is a tool of the portal itself: call it directly";

test.each([
  [{}, '"name" must be a string: the name of a tool, as portal_query_tools tells it'],
  [{ name: 1 }, '"name" must be a string: the name of a tool, as portal_query_tools tells it'],
  [{ name: "portal_execute", arguments: { name: "t" } }, `portal_execute ${own}`],
  [{ name: "portal_list_servers" }, `portal_list_servers ${own}`],
  [{ name: "t", arguments: "{}" }, '"arguments" must be an object: the arguments of the tool'],
  [{ name: "t", arguments: null }, '"arguments" must be an object: the arguments of the tool'],
  [
    { name: "t", id: 1 },
    'portal_execute takes "name" and "arguments", not "id": what the tool takes belongs into "arguments"',
  ],
])("%j stands for no call, and is for the model to mend", async (args, refusal) => {
  const params = { name: "portal_execute", arguments: args };
  expect(execute.unwrap?.(request(JSON.stringify(params)), context)).toBeUndefined();
  const { text, outcome } = await execute.call(params, "legacy", context);
  expect([JSON.parse(text), outcome]).toEqual([
    { content: [{ type: "text", text: refusal }], isError: true },
    "tool_error",
  ]);
});

test.each([
  undefined,
  "{}",
  '{"name":"portal_execute","arguments":[]}',
  '{"name":"portal_execute","arguments":"t"}',
])("params %s stand for no call", (params) =>
  expect(execute.unwrap?.(request(params), context)).toBeUndefined(),
);

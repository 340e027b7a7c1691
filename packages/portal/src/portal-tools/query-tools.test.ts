import { expect, test } from "vitest";
import { queryTools } from "./query-tools.ts";
import { exampleContext, exampleDefinition, exampleServer } from "./testing.ts";

const tool = (slug: string, name: string, more: object = {}) =>
  exampleDefinition(slug, { name, text: JSON.stringify({ name, inputSchema: { type: "object" }, ...more }) });

const servers = [
  exampleServer("crm", {
    definitions: [
      tool("crm", "find", { description: "Finds a customer" }),
      tool("crm", "drop", { description: "Drops a customer" }),
      exampleDefinition("crm", { name: "hidden", review: "new" }),
    ],
  }),
  exampleServer("wiki", { definitions: [tool("wiki", "find", { title: "Find a page" })] }),
];

async function query(args: object, era: "legacy" | "modern" = "legacy") {
  const answer = await queryTools.call({ arguments: args }, era, exampleContext(servers));
  const { structuredContent, content, isError, ...rest } = JSON.parse(answer.text);
  if (isError) return { refusal: content[0].text, outcome: answer.outcome };
  expect(JSON.parse(content[0].text)).toEqual(structuredContent);
  return {
    ...structuredContent,
    ...rest,
    names: structuredContent.tools.map((one: { name: string }) => one.name),
  };
}

test.each([
  [{ query: "" }, ["crm_find", "crm_drop", "wiki_find"]],
  [{ query: "find" }, ["crm_find", "wiki_find"]],
  [{ query: "customer$" }, ["crm_find", "crm_drop"]],
  [{ query: "^wiki" }, ["wiki_find"]],
  [{ query: "", server: "wiki" }, ["wiki_find"]],
  [{ query: "hidden|waits" }, []],
])("%j finds %j", async (args, names) => {
  expect((await query(args)).names).toEqual(names);
});

test("all that is to be known of a tool, and whose it is", async () => {
  const { tools, nextCursor, resultType } = await query({ query: "page" }, "modern");
  expect([tools, nextCursor, resultType]).toEqual([
    [
      {
        name: "wiki_find",
        title: "Find a page",
        inputSchema: { type: "object" },
        server: "wiki",
        class: "read",
      },
    ],
    undefined,
    "complete",
  ]);
});

test("one page leads to the next", async () => {
  const first = await query({ query: "find|drop", limit: 2 });
  const second = await query({ query: "find|drop", limit: 2, cursor: first.nextCursor });
  expect([first.names, second.names, second.nextCursor]).toEqual([
    ["crm_find", "crm_drop"],
    ["wiki_find"],
    undefined,
  ]);
});

test.each([
  [{}, '"query" must be a string: a regular expression'],
  [{ query: 1 }, '"query" must be a string: a regular expression'],
  [
    { query: "(" },
    '"query" is no regular expression in the syntax of RE2: missing closing ), at character 1: "("',
  ],
  [{ query: "", limit: 0 }, '"limit" must be a whole number from 1 to 100'],
  [{ query: "", limit: 101 }, '"limit" must be a whole number from 1 to 100'],
  [{ query: "", limit: "5" }, '"limit" must be a whole number from 1 to 100'],
  [{ query: "", cursor: 1 }, '"cursor" must be a string'],
  [
    { query: "", cursor: "made up" },
    '"cursor" is not one of this portal, or its tools have changed: begin anew',
  ],
  [{ query: "", server: "no" }, '"server" must be the slug of a server that portal_list_servers names'],
  [{ query: "", all: true }, 'portal_query_tools takes no argument "all"'],
])("%j is for the model to mend: %s", async (args, refusal) => {
  expect(await query(args)).toEqual({ refusal, outcome: "tool_error" });
});

/** Code in the shapes that models send, really run: what comes of it is a value, or an error that says what to write in its place. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIsolates, type Isolates } from "@castellan/isolates";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toOutcome } from "../inside/outcome.ts";
import { errorReply, parseHostRequest, valueReply } from "../inside/protocol.ts";
import { toProgram } from "../inside/to-program.ts";
import { createLanguage } from "./language.ts";

const language = createLanguage();
const signal = new AbortController().signal;
let dir: string;
let isolates: Isolates;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "shapes-"));
  isolates = await createIsolates({ containment: "none", dir, warm: 2, onError: () => undefined });
});
afterAll(async () => {
  await isolates[Symbol.asyncDispose]();
  await language[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const tickets = [
  { key: "A-1", priority: "high" },
  { key: "A-2", priority: "low" },
];
/** By the names that code may write. */
const tools: Readonly<Record<string, unknown>> = {
  jira_search: { tickets, total: 2 },
  "get-weather": { degrees: 20 },
  get_weather: { degrees: 20 },
  read_text: "plain words",
  nothing: null,
};
const catalog = Object.keys(tools).map((name) => ({ name, description: `About ${name}` }));

const host = {
  call: (method: string, text: string): Promise<string> => {
    const request = parseHostRequest(method, text);
    const value = (of: unknown) => Promise.resolve(valueReply(1, JSON.stringify(of)));
    switch (request.method) {
      case "call":
        return request.tool in tools
          ? value(tools[request.tool])
          : Promise.resolve(
              errorReply(1, "code_tool_unknown", `There is no tool "${request.tool}". Perhaps: jira_search`),
            );
      case "catalog":
        return value(catalog);
      case "search":
        return value({ found: catalog.slice(0, 1), total: catalog.length });
      case "describe":
        return value(request.names.join());
      default:
        return value(null);
    }
  },
};

/** The value as JSON says it, or `code: message`. */
async function outcomeOf(code: string): Promise<unknown> {
  try {
    const module = await language.toModule(code, signal);
    const program = toProgram({ module, room: "portal", seed: "s", startedAtMs: 0, owner: "o", host });
    const outcome = toOutcome(await isolates.run(program, { signal }), code);
    if (outcome.kind === "returned")
      return outcome.text === undefined ? undefined : (JSON.parse(outcome.text) as unknown);
    if (!("fault" in outcome)) return outcome.kind;
    const { data, message, code: faultCode } = outcome.fault;
    return `${String(data?.["code"] ?? faultCode)}: ${message}`;
  } catch (error) {
    if (isFault(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const shapes: readonly (readonly [shape: string, code: string, outcome: unknown])[] = [
  [
    "statements and a return",
    'const { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);',
    ["A-1"],
  ],
  [
    "a fence of js",
    '```js\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);\n```',
    ["A-1"],
  ],
  [
    "a fence of javascript",
    '```javascript\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);\n```',
    ["A-1"],
  ],
  [
    "a fence of typescript",
    '```typescript\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key) as string[];\n```',
    ["A-1"],
  ],
  [
    "a fence of ts with words around it",
    'Let me look at the open tickets first:\n\n```ts\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);\n```\n\nThis returns the keys, so that I can go on.',
    ["A-1"],
  ],
  ["a fence of tsx in capitals", "```TSX\nreturn 1 as number;\n```", 1],
  [
    "a fence that nobody closed",
    '```js\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);',
    ["A-1"],
  ],
  ["two fences: the first", "First:\n```js\nreturn 1;\n```\nthen:\n```js\nreturn 2;\n```", 1],
  ["a fence of output before that of code", '```json\n{"a": 1}\n```\nSo:\n```js\nreturn 2;\n```', 2],
  [
    "a language and no fence",
    'javascript\nconst { tickets } = await codemode.jira_search({ query: "open" });\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);',
    ["A-1"],
  ],
  [
    "words before, and no fence",
    "Here is the code:\nreturn 1;",
    "code_invalid: Line 1, column 6: Unexpected token.\nHere is the code:",
  ],
  [
    "an async arrow",
    'async () => {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}',
    ["A-1"],
  ],
  [
    "an async arrow that takes codemode",
    'async ({ codemode }) => {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}',
    ["A-1"],
  ],
  [
    "an arrow that takes codemode",
    'async (codemode) => {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}',
    ["A-1"],
  ],
  ["an arrow and a semicolon", "async () => { return 1; };", 1],
  [
    "an arrow that is called",
    '(async () => {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n})()',
    ["A-1"],
  ],
  ["an arrow that is called, with a semicolon", "(async () => {\n  return 1;\n})();", 1],
  ["an arrow that is called and awaited", "await (async () => {\n  return 1;\n})();", 1],
  [
    "an arrow that is called, which logs what goes wrong",
    "(async () => { return 1; })().catch(console.error);",
    1,
  ],
  ["a function expression that is called", "(async function () { return 1; })();", 1],
  [
    "export default async function",
    'export default async function () {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}',
    ["A-1"],
  ],
  [
    "export default, with a name and parameters",
    'export default async function main(codemode: any): Promise<string[]> {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}',
    ["A-1"],
  ],
  ["export default arrow", "export default async () => 1;", 1],
  [
    "module.exports",
    "module.exports = async () => 1;",
    "code_threw: ReferenceError: module is not defined\nLine 1: module.exports = async () => 1;\nThis is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`.",
  ],
  [
    "exports.default",
    "exports.default = async () => 1;",
    "code_threw: ReferenceError: exports is not defined\nLine 1: exports.default = async () => 1;\nThis is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`.",
  ],
  [
    "main, called",
    'async function main() {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n}\nmain();',
    ["A-1"],
  ],
  ["main, called and returned", "async function main() {\n  return 1;\n}\nreturn main();", 1],
  ["main, called with then", "async function main() { return 1; }\nmain().then(console.log);", undefined],
  [
    "main, called with await and logged",
    "async function main() { return 1; }\nconst result = await main();\nconsole.log(result);",
    undefined,
  ],
  ["run, not called", "async function run() {\n  return 1;\n}", 1],
  ["an arrow in a constant, not called", "const run = async () => {\n  return 1;\n};", 1],
  ["an arrow in a constant, called", "const run = async () => 1;\nawait run();", 1],
  ["a bare expression", "await codemode.get_weather({})", { degrees: 20 }],
  ["a bare expression without await", "codemode.get_weather({})", { degrees: 20 }],
  ["a last expression", 'const result = await codemode.jira_search({ query: "x" });\nresult.total', 2],
  [
    "a last declaration: nothing is returned",
    'const result = await codemode.jira_search({ query: "x" });',
    {
      tickets: [
        { key: "A-1", priority: "high" },
        { key: "A-2", priority: "low" },
      ],
      total: 2,
    },
  ],
  [
    "a last assignment",
    'let result;\nresult = await codemode.jira_search({ query: "x" });\nresult = result.total;',
    2,
  ],
  [
    "only logged",
    'const { tickets } = await codemode.jira_search({ query: "open" });\nconsole.log(tickets.filter((t) => t.priority === "high").map((t) => t.key));',
    undefined,
  ],
  [
    "logged as JSON",
    'const { tickets } = await codemode.jira_search({ query: "open" });\nconsole.log(JSON.stringify(tickets.filter((t) => t.priority === "high").map((t) => t.key), null, 2));',
    undefined,
  ],
  [
    "an if at the end",
    'const { tickets } = await codemode.jira_search({ query: "open" });\nif (tickets.length > 0) {\n  tickets[0].key;\n} else {\n  "none";\n}',
    undefined,
  ],
  [
    "a try at the end",
    'try {\n  const { tickets } = await codemode.jira_search({ query: "open" });\n  return tickets.filter((t) => t.priority === "high").map((t) => t.key);\n} catch (error) {\n  return { error: error.message };\n}',
    ["A-1"],
  ],
  ["an object", '{ total: 1, keys: ["a"] }', { total: 1, keys: ["a"] }],
  ["an object in brackets", "({ total: (await codemode.jira_search({})).total })", { total: 2 }],
  [
    "a promise in an object",
    "return { weather: codemode.get_weather({}) };",
    "code_result_invalid: Error: A promise at `weather` was not awaited: use `await`, or `await Promise.all(…)`.",
  ],
  ["a promise that is returned", "return codemode.get_weather({});", { degrees: 20 }],
  [
    "missing await",
    'const { tickets } = codemode.jira_search({ query: "x" });\nreturn tickets.length;',
    "code_threw: TypeError: Cannot read properties of undefined (reading 'length')\nLine 2: return tickets.length;\n`codemode.jira_search` gives a promise: `await codemode.jira_search(…)`.",
  ],
  [
    "missing await, of a member of the result",
    "const result = codemode.jira_search({});\nreturn result.tickets.map((t) => t.key);",
    "code_threw: TypeError: Cannot read properties of undefined (reading 'map')\nLine 2: return result.tickets.map((t) => t.key);\n`codemode.jira_search` gives a promise: `await codemode.jira_search(…)`.",
  ],
  [
    "missing await in map",
    "const all = [1, 2].map(async () => codemode.get_weather({}));\nreturn all;",
    "code_result_invalid: Error: A promise at `0` was not awaited: use `await`, or `await Promise.all(…)`.",
  ],
  [
    "Promise.all",
    "const [a, b] = await Promise.all([codemode.get_weather({}), codemode.jira_search({})]);\nreturn [a.degrees, b.total];",
    [20, 2],
  ],
  [
    "for await over calls",
    "const seen = [];\nfor await (const one of [codemode.get_weather({}), codemode.get_weather({})]) seen.push(one.degrees);\nreturn seen;",
    [20, 20],
  ],
  [
    "for await over a result that is none",
    "const seen = [];\nfor await (const t of codemode.jira_search({})) seen.push(t);\nreturn seen;",
    "code_threw: TypeError: codemode.jira_search(...) is not a function or its return value is not async iterable\nLine 2: for await (const t of codemode.jira_search({})) seen.push(t);\n`codemode.jira_search` gives a promise: `await codemode.jira_search(…)`.",
  ],
  [
    "optional chaining",
    "const result = await codemode.jira_search({});\nreturn result?.structuredContent?.tickets?.[0]?.key ?? result?.tickets?.[0]?.key;",
    "A-1",
  ],
  [
    "the envelope of MCP",
    "const result = await codemode.jira_search({});\nreturn JSON.parse(result.content[0].text).total;",
    "code_threw: TypeError: Cannot read properties of undefined (reading '0')\nLine 2: return JSON.parse(result.content[0].text).total;\nA call gives the tool's data itself, not a `content` around it: look at what it returns first.",
  ],
  [
    "JSON.parse of a value",
    "const result = JSON.parse(await codemode.jira_search({}));\nreturn result.total;",
    'code_threw: SyntaxError: "[object Object]" is not valid JSON\nLine 1: const result = JSON.parse(await codemode.jira_search({}));\nIt is an object already, for which no `JSON.parse` is needed.',
  ],
  [
    "JSON.parse of words",
    "return JSON.parse(await codemode.read_text({}));",
    "code_threw: SyntaxError: Unexpected token 'p', \"plain words\" is not valid JSON\nLine 1: return JSON.parse(await codemode.read_text({}));",
  ],
  [
    "JSON.parse if it is a text",
    'const raw = await codemode.jira_search({});\nconst result = typeof raw === "string" ? JSON.parse(raw) : raw;\nreturn result.total;',
    2,
  ],
  ["JSON.stringify at the end", "return JSON.stringify(await codemode.get_weather({}));", '{"degrees":20}'],
  [
    "annotations",
    'const keys: string[] = [];\nconst add = (key: string, n?: number): void => { keys.push(key); };\nadd("a");\nreturn keys;',
    ["a"],
  ],
  [
    "interfaces and type aliases",
    'interface Ticket { key: string; priority?: "high" | "low" }\ntype Found = { tickets: Ticket[] };\nconst { tickets } = (await codemode.jira_search({})) as Found;\nreturn tickets.filter((t) => t.priority === "high").map((t) => t.key);',
    ["A-1"],
  ],
  [
    "an enum",
    'enum Priority { High = "high", Low = "low" }\nconst { tickets } = await codemode.jira_search({});\nreturn tickets.filter((t) => t.priority === Priority.High).length;',
    'code_invalid: Line 1, column 1: TypeScript enum is not supported. Write an object: `const Name = { A: "a" } as const`.\nenum Priority { High = "high", Low = "low" }',
  ],
  [
    "a namespace",
    "namespace A { export const x = 1; }\nreturn A.x;",
    "code_invalid: Line 1, column 1: TypeScript namespace declaration is not supported. Write an object: `const Name = { … }`.\nnamespace A { export const x = 1; }",
  ],
  [
    "a class with parameter properties",
    "class A { constructor(private x: number) {} get() { return this.x; } }\nreturn new A(1).get();",
    "code_invalid: Line 1, column 31: TypeScript parameter property is not supported. Assign it in the constructor: `this.x = x`.\nclass A { constructor(private x: number) {} get() { return this.x; } }",
  ],
  ["as const", 'const names = ["get_weather"] as const;\nreturn (await codemode[names[0]]({})).degrees;', 20],
  [
    "satisfies",
    'const args = { query: "x" } satisfies Record<string, string>;\nreturn (await codemode.jira_search(args)).total;',
    2,
  ],
  [
    "generics",
    "function first<T>(all: T[]): T | undefined { return all[0]; }\nreturn first<number>([1, 2]);",
    1,
  ],
  [
    "a generic call of a tool",
    "const result = await codemode.jira_search<{ total: number }>({});\nreturn result.total;",
    2,
  ],
  [
    "an angle-bracket cast",
    "const result = <any>await codemode.jira_search({});\nreturn result.total;",
    "code_invalid: Line 1, column 16: The angle-bracket syntax for type assertions, `<T>expr`, is not supported. Write `expr as T`.\nconst result = <any>await codemode.jira_search({});",
  ],
  ["non-null", "const { tickets } = await codemode.jira_search({});\nreturn tickets[0]!.key;", "A-1"],
  [
    "declare of codemode",
    "declare const codemode: any;\nreturn (await codemode.get_weather({})).degrees;",
    20,
  ],
  ["an import of a type", 'import type { Ticket } from "./types";\nreturn 1;', 1],
  [
    "an import of node",
    'import { readFileSync } from "node:fs";\nreturn readFileSync("/etc/passwd", "utf8");',
    'code_invalid: Line 1, column 1: There is nothing to import: tools are called as `codemode.<name>(args)`, and JavaScript\'s own objects are there.\nimport { readFileSync } from "node:fs";',
  ],
  [
    "an import of codemode",
    'import { codemode } from "codemode";\nreturn (await codemode.get_weather({})).degrees;',
    'code_invalid: Line 1, column 1: There is nothing to import: tools are called as `codemode.<name>(args)`, and JavaScript\'s own objects are there.\nimport { codemode } from "codemode";',
  ],
  [
    "require",
    'const fs = require("fs");\nreturn fs.readFileSync("/etc/passwd", "utf8");',
    'code_threw: ReferenceError: require is not defined\nLine 1: const fs = require("fs");\nThis is neither Node.js nor a browser: there are JavaScript\'s own objects, and `codemode`.',
  ],
  [
    "require of axios",
    "const axios = require('axios');\nreturn (await axios.get(\"https://example.com\")).data;",
    "code_threw: ReferenceError: require is not defined\nLine 1: const axios = require('axios');\nThis is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`.",
  ],
  [
    "fetch",
    'const response = await fetch("https://example.com");\nreturn response.json();',
    'code_threw: Error: There is no network here: what can be reached is in `codemode`.\nLine 1: const response = await fetch("https://example.com");',
  ],
  [
    "process.env",
    "return process.env.API_KEY;",
    "code_threw: ReferenceError: process is not defined\nLine 1: return process.env.API_KEY;\nThis is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`.",
  ],
  [
    "process.exit",
    "process.exit(0);",
    "code_threw: ReferenceError: process is not defined\nLine 1: process.exit(0);\nThis is neither Node.js nor a browser: there are JavaScript's own objects, and `codemode`.",
  ],
  [
    "Buffer",
    'return Buffer.from("a").toString("base64");',
    'code_threw: ReferenceError: Buffer is not defined\nLine 1: return Buffer.from("a").toString("base64");\nThis is neither Node.js nor a browser: there are JavaScript\'s own objects, and `codemode`.',
  ],
  ["btoa", 'return btoa("a");', "YQ=="],
  [
    "console.error in a catch",
    'try {\n  await codemode.nobody({});\n} catch (error) {\n  console.error("failed", error);\n}',
    undefined,
  ],
  ["setTimeout as a pause", "await new Promise((resolve) => setTimeout(resolve, 5));\nreturn 1;", 1],
  [
    "codemode taken apart",
    "const { jira_search, get_weather } = codemode;\nreturn [(await jira_search({})).total, (await get_weather()).degrees];",
    [2, 20],
  ],
  ["a name in brackets", 'return (await codemode["jira_search"]({})).total;', 2],
  ["a name with a dash in brackets", 'return (await codemode["get-weather"]({})).degrees;', 20],
  [
    "a name with a dash",
    "return await codemode.get-weather({});",
    'code_threw: ReferenceError: weather is not defined\nLine 1: return await codemode.get-weather({});\nIt is `codemode.get_weather`, or `codemode["get-weather"]`.',
  ],
  [
    "by server",
    'return (await codemode.jira.search({ query: "x" })).total;',
    'code_threw: TypeError: codemode.jira.search is not a function\nLine 1: return (await codemode.jira.search({ query: "x" })).total;\nA tool is called `codemode.<name>({ … })`, its server being part of the name, as `codemode.search` gives it.',
  ],
  [
    "callTool",
    'return await codemode.callTool("jira_search", { query: "x" });',
    'code_arguments_invalid: Error: A tool is called with one object: `codemode.<name>({ … })`.\nLine 1: return await codemode.callTool("jira_search", { query: "x" });',
  ],
  [
    "a tool without codemode",
    'return await jira_search({ query: "x" });',
    'code_threw: ReferenceError: jira_search is not defined\nLine 1: return await jira_search({ query: "x" });\nIf it is a tool: `await codemode.<name>({ … })`, with its name as `codemode.search` gives it.',
  ],
  [
    "tools.x",
    'return await tools.jira_search({ query: "x" });',
    'code_threw: ReferenceError: tools is not defined\nLine 1: return await tools.jira_search({ query: "x" });\nIf it is a tool: `await codemode.<name>({ … })`, with its name as `codemode.search` gives it.',
  ],
  [
    "a text as the arguments",
    'return await codemode.jira_search("open tickets");',
    'code_arguments_invalid: Error: A tool is called with one object: `codemode.<name>({ … })`.\nLine 1: return await codemode.jira_search("open tickets");',
  ],
  [
    "two arguments",
    'return await codemode.jira_search("open", { limit: 5 });',
    'code_arguments_invalid: Error: A tool is called with one object: `codemode.<name>({ … })`.\nLine 1: return await codemode.jira_search("open", { limit: 5 });',
  ],
  [
    "a name that nobody has",
    "return await codemode.jira_find({});",
    'code_tool_unknown: Error: There is no tool "jira_find". Perhaps: jira_search\nLine 1: return await codemode.jira_find({});',
  ],
  [
    "tools as a list",
    "return codemode.tools().map((tool) => tool.name).slice(0, 2);",
    ["jira_search", "get-weather"],
  ],
  [
    "awaited tools",
    'const tools = await codemode.tools();\nreturn tools.filter((t) => t.name.includes("jira")).map((t) => t.name);',
    ["jira_search"],
  ],
  [
    "search, then describe",
    'const found = await codemode.search("weather");\nreturn codemode.describe(found.map((t) => t.name));',
    "jira_search",
  ],
  ["search with an object", 'return (await codemode.search({ query: "weather", limit: 3 })).length;', 1],
  [
    "search as an object with tools",
    'const { tools } = await codemode.search("weather");\nreturn tools.length;',
    "code_threw: TypeError: Cannot read properties of undefined (reading 'length')\nLine 2: return tools.length;",
  ],
  ["HTML entities", "const all = [1, 2].filter((n) =&gt; n &lt; 2 &amp;&amp; n &gt; 0);\nreturn all;", [1]],
  ["HTML entities in a text only", 'return "a &amp; b";', "a &amp; b"],
  [
    "Windows line ends",
    'const { tickets } = await codemode.jira_search({ query: "open" });\r\nconst keys = tickets.filter((t) => t.priority === "high").map((t) => t.key);\r\nreturn keys;\r\n',
    ["A-1"],
  ],
  ["a fence with Windows line ends", "```js\r\nconst a = 1;\r\nreturn a;\r\n```\r\n", 1],
  ["a byte order mark", "\ufeffreturn 1;", 1],
  ["a byte order mark before a fence", "\ufeff```js\nreturn 1;\n```", 1],
  ["non-breaking spaces", "const\u00a0a = 1;\nreturn\u00a0a;", 1],
  ["zero-width spaces", "const a\u200b = 1;\nreturn a;", 1],
  [
    "smart quotes",
    "return codemode.search(\u201cweather\u201d);",
    [{ name: "jira_search", description: "About jira_search" }],
  ],
  ["smart single quotes", "return [\u2018a\u2019];", ["a"]],
  ["smart quotes in a text", 'return "he said \u201cyes\u201d";', "he said \u201cyes\u201d"],
  [
    "line feeds written out",
    "const a = 1;\\nreturn a;",
    "code_invalid: Line 1, column 14: Expecting Unicode escape sequence \\uXXXX.\nconst a = 1;\\nreturn a;",
  ],
  ["a comment at the end", "return 1; // done", 1],
  ["only comments", "// nothing to do\n/* at all */", undefined],
  [
    "a shell command",
    "curl https://example.com",
    "code_invalid: Line 1, column 6: Unexpected token.\ncurl https://example.com",
  ],
  [
    "Python",
    'import json\nresult = await codemode.jira_search({"query": "x"})\nprint(result)',
    'code_invalid: Line 2, column 1: Unexpected token.\nresult = await codemode.jira_search({"query": "x"})',
  ],
  ["use strict", '"use strict";\nconst a = 1;\nreturn a;', 1],
  [
    "an undeclared variable",
    "result = await codemode.get_weather({});\nreturn result.degrees;",
    "code_threw: ReferenceError: result is not defined\nLine 1: result = await codemode.get_weather({});\nDeclare it: `const result = …`.",
  ],
  [
    "await in a plain callback",
    "const out = [];\n[1].forEach((n) => { out.push(await codemode.get_weather({})); });\nreturn out;",
    "code_invalid: Line 2, column 31: Cannot use keyword 'await' outside an async function.\n[1].forEach((n) => { out.push(await codemode.get_weather({})); });",
  ],
  [
    "a string cut in the middle",
    'return codemode.search("weath',
    'code_invalid: Line 1, column 24: Unterminated string constant.\nreturn codemode.search("weath',
  ],
  [
    "code cut in the middle",
    "const all = await Promise.all([\n  codemode.get_weather({}),",
    "code_invalid: Line 2, column 28: Unexpected token.\n  codemode.get_weather({}),",
  ],
];

test.each(shapes)("%s", async (_, code, outcome) => {
  expect(await outcomeOf(code)).toEqual(outcome);
});

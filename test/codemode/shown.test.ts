/** What code finds is what its caller may use; what it does is on record as theirs, under the call that ran it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { sayModern, type Door, type Loose } from "../portal/client.ts";
import { openTwoReplicas, type TwoReplicas } from "./replicas.ts";
import { inCodeMode, last, valueIn, type Visitor } from "./scene.ts";

let scene: TwoReplicas;
let ann: Visitor;
beforeAll(async () => {
  scene = await openTwoReplicas();
  ann = await scene.come("Ann");
});
afterAll(() => scene?.[Symbol.asyncDispose]());

async function definitions(door: Door): Promise<Loose[]> {
  return (await last(sayModern(door, "tools/list")))["result"].tools;
}

test("two definitions, whatever stands behind them, of at most 500 tokens", async () => {
  const { api } = scene;
  await api("POST", "/portals", {
    slug: "small",
    servers: ["jira"],
    access: [{ who: "everyone", classes: ["read"] }],
  });
  const { secret } = await api<{ secret: string }>("POST", "/tokens", {
    name: "small",
    role: "member",
    portals: ["small"],
  });
  const url = ann.door.url.replace("/p/main/", "/p/small/");
  const [many, few] = [await definitions(ann.door), await definitions({ url, token: secret })];
  expect(many.map(({ name }) => name)).toEqual(["portal_codemode_search", "portal_codemode_execute"]);
  expect(few).toEqual(many);
  expect(countTokens(JSON.stringify(many))).toBeLessThanOrEqual(500);
});

test.each([
  ["search", {}, "params.arguments.code must be a text that is not empty: the code to run"],
  ["execute", {}, "params.arguments takes either `code`, or the `run` to go on with"],
  [
    "execute",
    { code: "1", run: "run_1" },
    "params.arguments takes either `code`, or the `run` to go on with",
  ],
  ["execute", { run: "run_1" }, "params.arguments.run is the id of a run: run_…"],
  ["execute", { code: "1", language: "js" }, 'params.arguments has no "language"'],
] as const)("a model is told what is wrong with its arguments: %s of %j", async (tool, args, message) => {
  const { result } = await last(scene.execute(ann.door, args as { code: string }, { tool }));
  expect([result.isError, result.content]).toEqual([
    true,
    [{ type: "text", text: `params_invalid: ${message}` }],
  ]);
});

test("a tool that policy hides is neither found nor called", async () => {
  const find = `return (await codemode.tools()).map(({ name }) => name)`;
  const names = async () =>
    valueIn((await last(scene.execute(ann.door, { code: find }, { tool: "search" })))["result"]) as string[];
  expect(await names()).toContain("jira_update_jira_ticket");
  await scene.api("POST", "/policies", {
    name: "hands-off",
    action: "block",
    at: { servers: ["jira"], tools: ["update_jira_ticket"] },
    include: [{ everyone: true }],
  });
  expect(await names()).not.toContain("jira_update_jira_ticket");
  const code = `
    const found = [];
    for (const name of ["jira_update_jira_ticket", "update_jira_ticket", "jira.update_jira_ticket", "portal_codemode_execute", "portal_list_servers"])
      try { await codemode[name]({ issueKey: "BLOG-1", fields: { description: "" } }); found.push(name) }
      catch (error) { found.push(error.code) }
    return { found, listed: (await codemode.tools()).map(({ name }) => name).filter((name) => name.includes("update")) };`;
  const { result } = await last(scene.execute(ann.door, { code }));
  expect(valueIn(result)).toEqual({
    found: Array.from({ length: 5 }, () => "code_tool_unknown"),
    listed: [],
  });
  expect(scene.servers.jira.called).not.toContain("update_jira_ticket");
  await scene.api("DELETE", "/policies/hands-off");
});

test("each call is on record under the run's, as its caller's", async () => {
  const code = `
    await Promise.all([codemode.jira_get_jira_ticket({ issueKey: "BLOG-1" }), codemode.google_workspace_drive_search_files({ query: "week" })]);
    try { await codemode.jira_get_jira_ticket({ issueKey: "NONE-1" }) } catch {}
    return "done"`;
  const { result } = await last(scene.execute(ann.door, { code }));
  expect(result.content).toEqual([{ type: "text", text: "done" }]);
  const { items } = await scene.api<{ items: Loose[] }>("GET", "/calls?limit=50");
  const parent = items.find(({ target }) => target === "portal_codemode_execute");
  const children = items.filter(({ parentCallId }) => parentCallId === parent.id);
  expect(children.map(({ target, class: of, outcome }) => [target, of, outcome]).toSorted()).toEqual([
    ["google-workspace_drive_search_files", "read", "ok"],
    ["jira_get_jira_ticket", "read", "ok"],
    ["jira_get_jira_ticket", "read", "tool_error"],
  ]);
  for (const child of children) expect(child.principal).toEqual(parent.principal);
});

test("Code Mode and a short list exclude each other", async () => {
  const door = { ...ann.door, url: `${ann.door.url}&optimize_context=minimize_tools` };
  expect((await last(sayModern(door, "tools/list")))["error"].data.code).toBe("invalid_input");
});

test("a portal forces it on everybody, or forbids it", async () => {
  const plain = { ...ann.door, url: ann.door.url.split("?")[0] ?? "" };
  await scene.api("PATCH", "/portals/main", { codeMode: "forced" });
  expect((await definitions(plain)).length).toBe(2);
  await scene.api("PATCH", "/portals/main", { codeMode: "forbidden" });
  expect((await last(sayModern(inCodeMode(plain), "tools/list")))["error"].data.code).toBe(
    "codemode_forbidden",
  );
  await scene.api("PATCH", "/portals/main", { codeMode: "allowed" });
  expect((await definitions(plain)).length).toBeGreaterThan(2);
});

test("results of every shape: getters, proxies, cycles, big numbers, more than a model can read", async () => {
  const returns = async (code: string) => (await last(scene.execute(ann.door, { code })))["result"];
  expect(valueIn(await returns("return { get x() { return 1 }, y: undefined, z: [() => 1, NaN] }"))).toEqual({
    x: 1,
    z: [null, null],
  });
  expect(valueIn(await returns("return new Proxy({ x: 1 }, {})"))).toEqual({ x: 1 });
  for (const code of [
    "const x = {}; x.x = x; return x",
    "return 12n",
    "return { get x() { throw new Error('no') } }",
    "return new Proxy({}, { ownKeys: () => { throw new Error('no') } })",
  ])
    expect([code, (await returns(code)).structuredContent?.error.code]).toEqual([
      code,
      expect.stringMatching(/^code_(result_invalid|threw)$/),
    ]);
  const long = await returns("return Array.from({ length: 10000 }, (_, n) => 'line ' + n)");
  const [text, link] = [long.content[0].text, long.content.at(-1)];
  expect(text.length).toBeLessThan(26_000);
  expect(text).toContain("--- TRUNCATED ---");
  expect(link.type).toBe("resource_link");
  const read = await last(sayModern(ann.door, "resources/read", { uri: link.uri }));
  expect(JSON.parse(read["result"].contents[0].text).length).toBe(10_000);
});

test("a mistake in the code is told with its place", async () => {
  const { result } = await last(scene.execute(ann.door, { code: "const x = 1;\nreturn x +;" }));
  expect(result.isError).toBe(true);
  expect(result.structuredContent.error).toMatchObject({
    code: "code_invalid",
    data: { line: 2, column: 11 },
  });
  expect(result.content[0].text).toContain("return x +;");
});

/** An API of 2,500 operations, with either face: as many tools, or two that cost a model no more than those of a small one. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toolClasses } from "@castellan/access";
import { largeDocument } from "@castellan/openapi/testing";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { everyKind } from "../harness/registration.ts";
import { sayModern, type Door, type Loose } from "../portal/client.ts";
import { inCodeMode, last, valueIn } from "./scene.ts";

const opened = new AsyncDisposableStack();
/** What reached the API: method, path, the credential. */
const asked: string[] = [];
let house: TestHouse;
let api: Server;

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  api = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const result = request.url?.includes("secret") ? request.headers : { id: "1", name: "first" };
    response.setHeader("content-type", "application/json");
    if (request.url?.includes("page=")) {
      const page = Number(new URL(request.url, "http://x").searchParams.get("page"));
      if (page < 3) response.setHeader("link", `</v1/billing_1/accounts?page=${page + 1}>; rel="next"`);
      if (page > 9) response.writeHead(429, { "retry-after": "7", "set-cookie": "a=b" });
    }
    response.end(JSON.stringify({ success: true, errors: [], result }));
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const host = `127.0.0.1:${(api.address() as AddressInfo).port}`;
  const document = largeDocument({ url: `http://${host}/v1` });
  for (const face of ["tools", "code"])
    await house.api("POST", "/servers", {
      slug: `large-${face}`,
      allowPrivate: [host],
      autoAccept: everyKind,
      bearerToken: "the-api-key",
      openapi: { document, face },
    });
  // Two documents of 2,500 operations are read twice each.
}, 180_000);
afterAll(async () => {
  await opened.disposeAsync();
  api?.close();
});

async function open(slug: string, servers: readonly string[]): Promise<Door> {
  await house.api("POST", "/portals", { slug, servers });
  const token = { name: slug, role: "member", portals: [slug], allow: toolClasses };
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", token);
  return { url: `${house.url}/p/${slug}/mcp`, token: secret };
}

async function listAll(door: Door): Promise<Loose[]> {
  const tools: Loose[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const { result } = await last(sayModern(door, "tools/list", cursor === undefined ? {} : { cursor }));
    tools.push(...result.tools);
    cursor = result.nextCursor;
  }
  return tools.filter(({ name }) => name.startsWith("large"));
}

const call = async (door: Door, name: string, args: object) =>
  (await last(sayModern(door, "tools/call", { name, arguments: args })))["result"];

test("one tool for each operation, found and called by code as by hand", async () => {
  const door = await open("tools", ["large-tools"]);
  expect((await listAll(door)).length).toBe(2_500);
  asked.length = 0;
  const byHand = await call(door, "large-tools_list-billing_1-account", { page: 2 });
  expect(byHand.structuredContent.result.name).toBe("first");
  const coded = inCodeMode(door);
  const found = valueIn(
    await call(coded, "portal_codemode_search", {
      code: `return { count: codemode.tools().length, best: await codemode.search("list billing account", 3) }`,
    }),
  ) as Loose;
  expect(found.count).toBe(2_500);
  const names = JSON.stringify(found.best);
  expect(names).toContain("large_tools_list_billing_1_account");
  const done = await call(coded, "portal_codemode_execute", {
    code: `const { result } = await codemode.large_tools_list_billing_1_account({ page: 2 }); return result`,
  });
  expect(valueIn(done)).toEqual({ id: "1", name: "first" });
  const line = "GET /v1/billing_1/accounts?page=2 Bearer the-api-key";
  expect(asked).toEqual([line, line]);
});

test("code over the document: two tools of at most 600 tokens", async () => {
  const door = await open("code", ["large-code"]);
  const tools = await listAll(door);
  expect(tools.map(({ name }) => name)).toEqual(["large-code_search", "large-code_execute"]);
  expect(countTokens(JSON.stringify(tools))).toBeLessThanOrEqual(600);
  const code = `const { paths } = await codemode.spec();
    return Object.keys(paths).filter((path) => path.startsWith("/billing_1/account"));`;
  const paths = valueIn(await call(door, "large-code_search", { code }));
  expect(paths).toEqual(["/billing_1/accounts", "/billing_1/accounts/{account_id}"]);

  asked.length = 0;
  const work = `const [one, two] = await Promise.all([
      codemode.request({ method: "GET", path: "/billing_1/accounts", query: { page: 3 } }),
      codemode.request({ method: "GET", path: "/billing_1/accounts/7" }),
    ]);
    return [one.result.name, two.result.name];`;
  expect(valueIn(await call(door, "large-code_execute", { code: work }))).toEqual(["first", "first"]);
  expect(asked.toSorted()).toEqual([
    "GET /v1/billing_1/accounts/7 Bearer the-api-key",
    "GET /v1/billing_1/accounts?page=3 Bearer the-api-key",
  ]);
});

test("code that wants replies whole pages by their headers, and sees how long to wait", async () => {
  const door = await open("whole", ["large-code"]);
  const code = `
    const get = (page) => codemode.request({ path: "/billing_1/accounts", query: { page }, response: "full" });
    const pages = [];
    for (let page = 1; page; ) {
      const { status, headers, body } = await get(page);
      pages.push([page, status, body.result.name]);
      page = Number(/page=(\\d+)>; rel="next"/.exec(headers.link)?.[1]);
    }
    const wrong = await codemode.request({ path: "/x", response: "all" }).catch(({ code }) => code);
    return [pages, await get(10), wrong];`;
  const body = { success: true, errors: [], result: { id: "1", name: "first" } };
  expect(valueIn(await call(door, "large-code_execute", { code }))).toEqual([
    [1, 2, 3].map((page) => [page, 200, "first"]),
    { status: 429, headers: { "content-type": "application/json", "retry-after": "7" }, body },
    "code_arguments_invalid",
  ]);
});

test("code gets nowhere but to the document's operations, at the document's host", async () => {
  const door = await open("bounds", ["large-code"]);
  asked.length = 0;
  const code = `
    const said = [];
    for (const request of [
      { method: "GET", path: "/not/there" },
      { method: "GET", path: "/billing_1/accounts/../../admin" },
      { method: "GET", path: "//evil.example/billing_1/accounts" },
      { method: "GET", path: "http://evil.example/billing_1/accounts" },
      { method: "GET", path: "/billing_1/accounts@evil.example" },
      { method: "TRACE", path: "/billing_1/accounts" },
    ])
      try { await codemode.request(request); said.push(request.path) } catch (error) { said.push(error.code) }
    try { await fetch("http://${new URL(house.url).host}/"); said.push("fetched") } catch { said.push("no network") }
    return said;`;
  const said = valueIn(await call(door, "large-code_execute", { code })) as string[];
  expect(said.at(-1)).toBe("no network");
  for (const code of said.slice(0, -1))
    expect(["api_operation_unknown", "api_request_invalid"]).toContain(code);
  expect(asked).toEqual([]);
});

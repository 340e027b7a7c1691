/** In the room of an API: what its document does not have, and what rules hold back, no way of writing a request reaches. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toolClasses } from "@castellan/access";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse } from "../../harness/house.ts";
import { everyKind } from "../../harness/registration.ts";
import { sayModern, type Door } from "../../portal/client.ts";
import { last, valueIn } from "../scene.ts";

const opened = new AsyncDisposableStack();
const asked: string[] = [];
let house: TestHouse;
let api: Server;
let door: Door;
let origin: string;

const operation = (operationId: string) => ({
  operationId,
  responses: {
    200: { description: "Done", content: { "application/json": { schema: { type: "object" } } } },
  },
});

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  api = createServer((request, response) => {
    const { authorization, host } = request.headers;
    asked.push(`${request.method} ${request.url} ${authorization} ${host}`);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ path: request.url }));
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const host = `127.0.0.1:${(api.address() as AddressInfo).port}`;
  origin = `http://${host}`;
  const parameters = [{ name: "id", in: "path", required: true, schema: { type: "string" } }];
  const document = JSON.stringify({
    openapi: "3.0.3",
    info: { title: "Notes", version: "1" },
    servers: [{ url: `${origin}/v1` }],
    paths: {
      "/notes/{id}": { parameters, get: operation("getNote"), delete: operation("deleteNote") },
      "/vault/{id}": { parameters, get: operation("getSecret") },
    },
  });
  await house.api("POST", "/servers", {
    slug: "notes",
    allowPrivate: [host],
    autoAccept: everyKind,
    bearerToken: "the-api-key",
    openapi: { document, face: "code" },
  });
  await house.api("POST", "/portals", { slug: "main", servers: ["notes"] });
  const { secret } = await house.api<{ secret: string }>("POST", "/tokens", {
    name: "main",
    role: "member",
    portals: ["main"],
    allow: toolClasses,
  });
  await house.api("POST", "/policies", {
    name: "vault",
    action: "block",
    at: { servers: ["notes"], tools: ["getSecret"] },
    include: [{ everyone: true }],
  });
  door = { url: `${house.url}/p/main/mcp`, token: secret };
});
afterAll(async () => {
  await opened.disposeAsync();
  api?.close();
});

const run = async (tool: "search" | "execute", code: string) =>
  (await last(sayModern(door, "tools/call", { name: `notes_${tool}`, arguments: { code } })))["result"];

/** What came of each request, and what reached the API. */
async function attempt(requests: readonly object[]) {
  asked.length = 0;
  const result = await run(
    "execute",
    `const out = [];
     for (const request of ${JSON.stringify(requests)})
       try { out.push(await codemode.request(request)) } catch ({ code }) { out.push(code) }
     return out;`,
  );
  return { out: valueIn(result) as unknown[], asked: [...asked] };
}

test("a request of the document goes with the credential, to its host", async () => {
  const { out, asked: came } = await attempt([{ path: "/notes/1" }]);
  expect(out).toEqual([{ path: "/v1/notes/1" }]);
  expect(came).toEqual([`GET /v1/notes/1 Bearer the-api-key ${origin.slice(7)}`]);
});

test("what rules hold back is reached by no way of writing it", async () => {
  const paths = [
    "/vault/1",
    "/vault/%31",
    "/notes/../vault/1",
    "/notes/..%2fvault%2f1",
    "/notes/%2e%2e/vault/1",
    "/notes/..%5cvault%5c1",
    "//vault/1",
    "/VAULT/1",
    "/vault/1?x=1",
    "/vault/1#/notes/1",
    "/vault/{id}",
    "/v1/vault/1",
    `${origin}/v1/vault/1`,
    "/notes/1/../../vault/1",
  ];
  const requests = paths.flatMap((path) => [
    { path },
    { path, method: "get" },
    { path, params: { id: "../vault/1" } },
    { path: "/notes/{id}", params: { id: path } },
  ]);
  const { asked: came } = await attempt(requests);
  expect(came.length).toBeGreaterThan(0);
  for (const line of came) {
    const { pathname } = new URL(line.split(" ")[1] ?? "", origin);
    expect(pathname, line).toMatch(/^\/v1\/notes\/[^/]+$/);
    expect(decodeURIComponent(pathname).split("/").length === 4 || /%2f/i.test(pathname), line).toBe(true);
  }
});

test("no other host, no other method, no credential of one's own, no header that says where", async () => {
  const { out, asked: came } = await attempt([
    { path: "http://127.0.0.1:1/notes/1" },
    { path: "//127.0.0.1:1/notes/1" },
    { path: "/notes/1", method: "PUT" },
    { path: "/notes/1", method: "CONNECT" },
    { path: "/notes/1", method: "GET /v1/vault/1 HTTP/1.1\r\nx:" },
    { path: "/notes/1\r\nx: y" },
    { path: "/notes/1", headers: { authorization: "Bearer mine" } },
    { path: "/notes/1", headers: { host: "evil.example" } },
    { path: "/notes/1", headers: { "x-http-method-override": "DELETE" } },
    { path: "/notes/1", headers: { "a\r\nb": "c" } },
    { path: "/notes/1", headers: { __proto__: null, constructor: "x" } },
  ]);
  for (const line of came)
    expect(line).toMatch(/^GET \/v1\/notes\/[^/ ]+ Bearer the-api-key 127\.0\.0\.1:\d+$/);
  expect(JSON.stringify(out)).not.toContain("the-api-key");
});

test("the room of an API is that API and nothing else, and who explores it calls nothing", async () => {
  const others = `
    const found = [];
    for (const call of [() => codemode.notes_getNote({ id: "1" }), () => codemode.tools(), () => codemode.resources.list()])
      try { found.push(typeof await call()) } catch (error) { found.push(error.code ?? error.name) }
    return found;`;
  const told = "code_arguments_invalid";
  expect(valueIn(await run("execute", others))).toEqual([told, told, "TypeError"]);
  asked.length = 0;
  const explored = await run(
    "search",
    `try { return [await codemode.request({ path: "/notes/1" })] } catch ({ code }) { return [code] }`,
  );
  expect(valueIn(explored)).toEqual(["code_arguments_invalid"]);
  expect(asked).toEqual([]);
});

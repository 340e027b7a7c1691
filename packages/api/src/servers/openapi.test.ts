import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "@castellan/database";
import { createTestApi, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;
let base: string;
let served: string;
const http = createServer((_, response) => response.end(served));

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  await house.database.query(sql`delete from servers`);
  served = documentOf({ "/notes": ["get", "post"] });
});
afterAll(async () => {
  http.closeAllConnections();
  http.close();
  await house[Symbol.asyncDispose]();
});

function documentOf(paths: Readonly<Record<string, readonly string[]>>, more: object = {}): string {
  const responses = { 200: { description: "Good" } };
  return JSON.stringify({
    openapi: "3.0.3",
    info: { title: "Notes", version: "1" },
    servers: [{ url: "/v1" }],
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, methods]) => [
        path,
        Object.fromEntries(
          methods.map((method) => [method, { operationId: `${method}${path.slice(1)}`, responses }]),
        ),
      ]),
    ),
    ...more,
  });
}

const allowPrivate = ["127.0.0.1"];
const atDocument = () => ({ url: `${base}/openapi.json` });

test("an API is registered by its document, read, shown, changed, and read anew", async () => {
  const added = await admin("POST", "/servers", { slug: "notes", openapi: atDocument(), allowPrivate });
  expect(added).toMatchObject({
    status: 201,
    body: {
      kind: "openapi",
      url: `${base}/v1`,
      openapi: { ...atDocument(), face: "tools", operations: 2, skipped: 0, declaredUrl: `${base}/v1` },
      skippedOperations: [],
      state: {
        status: "needs_attention",
        eras: ["modern"],
        attention: [{ code: "definitions_waiting", message: "2 definitions wait for approval" }],
      },
      definitions: { new: 2 },
    },
  });

  const changed = await admin("PATCH", "/servers/notes", { openapi: { face: "code" } });
  expect(changed.body).toMatchObject({ version: 2, openapi: { face: "code", operations: 2 } });

  served = documentOf({ "/notes": ["get"], "/tags": ["get", "trace"] });
  const synced = await admin("POST", "/servers/notes/sync");
  expect(synced.body).toMatchObject({
    version: 2,
    openapi: { operations: 2, skipped: 1, face: "code" },
    skippedOperations: ["TRACE /tags: is of a method that is not used"],
    definitions: { new: 2 },
  });

  served = "not a document";
  const failed = await admin("POST", "/servers/notes/sync");
  expect(failed.body).toMatchObject({
    openapi: { operations: 2, error: { code: "document_invalid" } },
    state: { attention: [{ code: "document_invalid" }, { code: "definitions_waiting" }] },
  });

  const pasted = documentOf({ "/notes": ["delete"] });
  const given = await admin("PATCH", "/servers/notes", { openapi: { document: pasted } });
  expect(given.body).toMatchObject({ version: 3, definitions: { new: 1 }, openapi: { operations: 1 } });
  expect((given.body as { openapi: object }).openapi).not.toHaveProperty("url");
  const same = await admin("PATCH", "/servers/notes", { openapi: { document: pasted } });
  expect(same.body).toMatchObject({ version: 3 });
});

test("a document that says that the API is elsewhere now moves nothing, and the admin is told", async () => {
  await admin("POST", "/servers", { slug: "notes", openapi: atDocument(), allowPrivate });
  served = documentOf({ "/notes": ["get"] }, { servers: [{ url: "https://elsewhere.example/v1" }] });
  const synced = await admin("POST", "/servers/notes/sync");
  expect(synced.body).toMatchObject({
    url: `${base}/v1`,
    openapi: { declaredUrl: "https://elsewhere.example/v1" },
    state: { attention: [{ code: "document_moved" }, { code: "definitions_waiting" }] },
  });
  const looked = await admin("PATCH", "/servers/notes", { openapi: atDocument() });
  expect(looked.body).toMatchObject({
    url: `${base}/v1`,
    state: { attention: [{ code: "definitions_waiting" }] },
  });
});

test.each([
  ["neither a document nor a place", { openapi: {} }, "openapi", "must have either url or document"],
  [
    "both",
    { openapi: { url: "https://a.example/", document: "{}" } },
    "openapi",
    "must have either url or document",
  ],
  [
    "a transport",
    { openapi: { url: "https://a.example/" }, transport: "sse" },
    "transport",
    "is of no use to an API",
  ],
  ["nothing", {}, "url", "is required"],
  [
    "no server that can be told",
    { openapi: { document: documentOf({ "/a": ["get"] }) } },
    "url",
    "must say where the API is: no server of the document can be told from it",
  ],
])("an API with %s is refused", async (_, body, field, reason) => {
  const answer = await admin("POST", "/servers", { slug: "notes", ...body });
  expect(answer).toMatchObject({ status: 400, body: { problems: [{ field, reason }] } });
  expect((await admin("GET", "/servers/notes")).status).toBe(404);
});

test("what is wrong with a document is told with its place", async () => {
  const document = JSON.stringify({ openapi: "3.1.0", info: { title: "A", version: "1" }, paths: [] });
  const answer = await admin("POST", "/servers", { slug: "notes", openapi: { document } });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      code: "document_invalid",
      field: "openapi.document",
      problems: [{ field: "openapi.document", place: "/paths", reason: "has to be an object" }],
    },
  });
});

test("an MCP server is no API, and an API has no transport", async () => {
  await admin("POST", "/servers", { slug: "mcp", url: `${base}/mcp`, allowPrivate });
  await admin("POST", "/servers", { slug: "notes", openapi: atDocument(), allowPrivate });
  for (const [slug, change, field] of [
    ["mcp", { openapi: { face: "code" } }, "openapi"],
    ["notes", { transport: "sse" }, "transport"],
  ] as const)
    expect(await admin("PATCH", `/servers/${slug}`, change)).toMatchObject({
      status: 400,
      body: { code: "invalid_input", field },
    });
});

test("an API may not be where nobody allowed, whatever its document says", async () => {
  const document = documentOf({ "/a": ["get"] }, { servers: [{ url: "http://169.254.169.254/latest" }] });
  const answer = await admin("POST", "/servers", { slug: "notes", openapi: { document } });
  expect(answer).toMatchObject({ status: 400, body: { code: "outbound_refused", field: "url" } });
});

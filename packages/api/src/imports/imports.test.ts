import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let api: TestApi;
let upstream: TestUpstream;
let admin: Client;
let host: string;

beforeAll(async () => {
  api = await createTestApi();
  upstream = await startTestUpstream({ authorization: "Bearer k-1" });
  host = new URL(upstream.url).host;
  admin = createClient(api.app, await api.createToken({}));
});

afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** As a registry answers it: two ways in, one with a secret. */
function documentOf(name: string, more: object = {}) {
  return {
    server: {
      $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
      name,
      title: "Acme Weather",
      description: "Forecasts\nand warnings",
      version: "1.2.0",
      websiteUrl: "https://acme.example",
      repository: { url: "https://github.com/acme/weather", source: "github" },
      packages: [{ registryType: "npm", identifier: "@acme/weather", transport: { type: "stdio" } }],
      remotes: [
        { type: "sse", url: `http://${host}/sse` },
        {
          type: "streamable-http",
          url: `http://${host}/{path}`,
          variables: { path: { default: "mcp" } },
          headers: [{ name: "Authorization", value: "Bearer {api_key}", isRequired: true, isSecret: true }],
        },
      ],
      ...more,
    },
    _meta: { "io.modelcontextprotocol.registry/official": { status: "active", isLatest: true } },
  };
}

const post = (body: object) => admin("POST", "/server-imports", body);

test("what a document describes is registered and read, with what the request adds", async () => {
  const { status, body } = await post({
    document: documentOf("io.github.acme/weather"),
    variables: { api_key: "k-1" },
    allowPrivate: [host],
    autoAccept: ["tool", "prompt"],
  });
  expect([status, body]).toMatchObject([
    201,
    {
      slug: "weather",
      title: "Acme Weather",
      description: "Forecasts and warnings",
      url: upstream.url,
      transport: "streamable-http",
      headerNames: ["authorization"],
      autoAccept: ["tool", "prompt"],
      state: { status: "ready" },
      counts: { tools: 2 },
    },
  ]);
  expect(JSON.stringify(body)).not.toContain("k-1");
  expect((await admin("GET", "/servers/weather")).body).toMatchObject({ slug: "weather" });
});

test("the request's own words go before the document's", async () => {
  const { status, body } = await post({
    document: documentOf("io.github.acme/weather"),
    slug: "forecasts",
    title: "Ours",
    description: "",
    transport: "auto",
    headers: { AUTHORIZATION: "Bearer k-1" },
    allowPrivate: [host],
  });
  expect([status, body]).toMatchObject([
    201,
    { slug: "forecasts", title: "Ours", description: "", transport: "auto", headerNames: ["authorization"] },
  ]);
});

test("everything that is missing is named at once, and nothing is registered", async () => {
  const document = documentOf("com.acme/incomplete", {
    remotes: [
      {
        type: "streamable-http",
        url: "https://{tenant}.acme.example/mcp",
        headers: [{ name: "X-API-Key", isRequired: true, isSecret: true }],
      },
    ],
  });
  const { status, body } = await post({ document });
  expect([status, body]).toMatchObject([
    400,
    {
      code: "server_json_incomplete",
      field: "variables.tenant",
      missing: [
        { field: "variables.tenant", isSecret: false },
        { field: "headers.X-API-Key", isSecret: true },
      ],
    },
  ]);
  expect((await admin("GET", "/servers/incomplete")).status).toBe(404);
});

const packagesOnly = { remotes: undefined };
const remote = (more: object) => ({
  remotes: [{ type: "streamable-http", url: "https://acme.example/mcp", ...more }],
});

test.each([
  ["server_json_no_remote", "document.server.remotes", packagesOnly],
  [
    "server_json_secret_in_url",
    "document.server.remotes[0].url",
    remote({ url: "https://acme.example/{k}", variables: { k: { isSecret: true } } }),
  ],
  ["invalid_input", "document.server.remotes[0].url", remote({ url: "javascript:alert(1)" })],
  ["invalid_input", "document.server.remotes[0].type", remote({ type: "stdio" })],
  ["invalid_input", "slug", { ...remote({}), name: "com.acme/天気" }],
  ["invalid_input", "headers.host", remote({ headers: [{ name: "Host", value: "evil.example" }] })],
  ["invalid_input", "headers.x", remote({ headers: [{ name: "x", value: "a\r\nb: c" }] })],
  ["outbound_refused", "url", remote({ url: "http://acme.example/mcp" })],
  ["outbound_refused", "url", remote({ url: "https://169.254.169.254/latest" })],
  ["outbound_refused", "url", remote({ url: "https://127.0.0.1/mcp" })],
])("a document is refused with %s at %s", async (code, field, more) => {
  const { status, body } = await post({ document: documentOf("com.acme/bad", more) });
  expect([status, body]).toMatchObject([400, { code, field }]);
});

test("a slug that is taken, and fields that nobody knows", async () => {
  const document = documentOf("io.github.other/weather", remote({}));
  expect((await post({ document, slug: "forecasts" })).body).toMatchObject({ code: "server_slug_taken" });
  for (const field of ["url", "bearerToken", "version"])
    expect((await post({ document, [field]: "x" })).body).toMatchObject({ code: "invalid_input", field });
  for (const wrong of [undefined, null, "x", []])
    expect((await post({ document: wrong })).body).toMatchObject({
      code: "invalid_input",
      field: "document",
    });
});

test("a document that is too large, and a caller who may not", async () => {
  const huge = documentOf("com.acme/huge", { description: "x".repeat(2 * 1024 * 1024) });
  expect((await post({ document: huge })).status).toBe(413);
  const member = createClient(api.app, await api.createToken({ role: "member" }));
  expect((await member("POST", "/server-imports", { document: {} })).body).toMatchObject({
    code: "permission_required",
  });
});

import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let admin: Client;

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

const fingerprint = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;

beforeAll(async () => {
  house = await createTestApi();
  admin = createClient(house.app, await house.createToken({}));
});
beforeEach(async () => {
  house.errors.length = 0;
  await house.database.query(sql`delete from servers`);
});
afterAll(() => house[Symbol.asyncDispose]());

test("a server is registered, read, shown, synced and removed", async () => {
  await using upstream = await startTestUpstream({ authorization: "Bearer s3cret-of-weather" });
  const added = await admin("POST", "/servers", {
    slug: "weather",
    title: "Weather",
    url: upstream.url,
    bearerToken: "s3cret-of-weather",
    headers: { "X-Team": "blue" },
    allowPrivate: ["127.0.0.1"],
    autoAccept: ["prompt", "tool"],
  });
  const shown = {
    slug: "weather",
    title: "Weather",
    description: "",
    url: upstream.url,
    transport: "auto",
    headerNames: ["x-team", "authorization"],
    headerRefs: {},
    kind: "mcp",
    auth: { kind: "auto" },
    authSecretNames: [],
    authRefs: {},
    allowPrivate: ["127.0.0.1"],
    clientFeatures: [],
    uiHosts: [],
    autoAccept: ["tool", "prompt"],
    limits: {},
    unmatchedLimits: [],
    version: 1,
    createdAt: time,
    updatedAt: time,
    state: {
      status: "ready",
      attention: [],
      attemptedAt: time,
      syncedAt: time,
      latencyMs: expect.any(Number) as number,
      isCircuitOpen: false,
      asksForOAuth: false,
      skipped: [],
      failedLists: [],
      eras: ["legacy", "modern"],
      legacyTransport: "streamable-http",
    },
    counts: { tools: 2, prompts: 1, resources: 0, resourceTemplates: 0 },
    definitions: { fingerprint, approved: 0, accepted: 3, new: 0, changed: 0, rejected: 0 },
  };
  const offered = {
    tools: ["forecast", "alerts"],
    prompts: ["umbrella"],
    resources: [],
    resourceTemplates: [],
  };
  expect([added.status, added.headers.get("etag"), added.body]).toEqual([201, '"1"', { ...shown, offered }]);
  expect([...upstream.seen]).toEqual(["Bearer s3cret-of-weather"]);

  expect((await admin("GET", "/servers")).body).toEqual({ items: [shown] });
  const got = await admin("GET", "/servers/weather");
  expect([got.headers.get("etag"), got.body]).toEqual(['"1"', { ...shown, offered }]);
  expect((await admin("POST", "/servers/weather/sync")).body).toEqual({ ...shown, offered });
  expect(await admin("DELETE", "/servers/weather")).toMatchObject({ status: 204, body: undefined });
  expect(await admin("GET", "/servers/weather")).toMatchObject({
    status: 404,
    body: { code: "server_unknown" },
  });
});

test("what a server offers waits for an admin, and is not offered until then", async () => {
  await using upstream = await startTestUpstream();
  const input = { slug: "weather", url: upstream.url, allowPrivate: ["127.0.0.1"], autoAccept: ["prompt"] };
  expect(await admin("POST", "/servers", input)).toMatchObject({
    status: 201,
    body: {
      state: {
        status: "needs_attention",
        attention: [{ code: "definitions_waiting", message: "2 definitions wait for approval" }],
      },
      counts: { tools: 0, prompts: 1 },
      definitions: { accepted: 1, new: 2 },
      offered: { tools: [], prompts: ["umbrella"] },
    },
  });
  expect(await admin("PATCH", "/servers/weather", { autoAccept: ["tool"] })).toMatchObject({
    status: 200,
    body: {
      version: 2,
      state: { status: "ready", attention: [] },
      definitions: { accepted: 3, new: 0 },
      offered: { tools: ["forecast", "alerts"], prompts: ["umbrella"] },
    },
  });
});

test("what a server may want of clients is nothing, until an admin says so, then or later", async () => {
  const input = { slug: "weather", url: "http://127.0.0.1:1/mcp", allowPrivate: ["127.0.0.1"] };
  const given = {
    clientFeatures: ["sampling", "elicitation_form"],
    uiHosts: ["CDN.example.com:8443", "*.Example.com", "*.example.com"],
  };
  const shown = {
    clientFeatures: ["elicitation_form", "sampling"],
    uiHosts: ["cdn.example.com:8443", "*.example.com"],
  };
  expect(await admin("POST", "/servers", { ...input, ...given })).toMatchObject({ status: 201, body: shown });
  const change = (body: unknown) => admin("PATCH", "/servers/weather", body);
  expect(await change({ title: "Weather" })).toMatchObject({
    status: 200,
    body: { title: "Weather", ...shown },
  });
  expect(await change({ uiHosts: [] })).toMatchObject({ body: { ...shown, uiHosts: [] } });
  expect(await change({ clientFeatures: ["roots"] })).toMatchObject({ body: { clientFeatures: ["roots"] } });
  expect(await admin("GET", "/servers/weather")).toMatchObject({
    body: { title: "Weather", clientFeatures: ["roots"], uiHosts: [] },
  });
});

const long = "x".repeat(1025);

test.each([
  [{}, "body", "must name something to change"],
  [{ slug: "other", title: "Other" }, "slug", "is not known"],
  [{ title: "" }, "title", "must have at least 1 characters"],
  [{ clientFeatures: "all" }, "clientFeatures", "must be an array"],
  [
    { clientFeatures: ["elicitation"] },
    "clientFeatures[0]",
    "must be one of elicitation_form, elicitation_url, sampling, roots",
  ],
  [{ clientFeatures: ["roots", "roots"] }, "clientFeatures", "must not name a feature twice"],
  [
    { uiHosts: ["a.example", "https://a.example"] },
    "uiHosts[1]",
    "must be a host, host:port, or *.example.com for all hosts below it",
  ],
  [{ uiHosts: ["*"] }, "uiHosts[0]", "must be a host, host:port, or *.example.com for all hosts below it"],
  [{ uiHosts: Array.from({ length: 51 }, () => "a.example") }, "uiHosts", "must have at most 50 entries"],
  [{ transport: "stdio" }, "transport", "must be one of auto, streamable-http, sse"],
  [{ description: "a\nb" }, "description", "must hold printable characters only"],
  [{ autoAccept: ["tool", "tool"] }, "autoAccept", "must not name a kind twice"],
  [{ syncIntervalSeconds: 29 }, "syncIntervalSeconds", "must be a whole number from 30 to 604800"],
  [{ limits: { callsPerMinute: 0 } }, "limits.callsPerMinute", "must be a whole number from 1 to 1000000"],
  [{ limits: { concurrency: 1.5 } }, "limits.concurrency", "must be a whole number from 1 to 100000"],
  [{ limits: { timeoutSeconds: "9" } }, "limits.timeoutSeconds", "must be a number"],
  [{ limits: { timeoutSeconds: null } }, "limits.timeoutSeconds", "must be a number"],
  [{ limits: { perPerson: { timeoutSeconds: 1 } } }, "limits.perPerson.timeoutSeconds", "is not known"],
  [
    { limits: { tools: { "a b": { callsPerMinute: 1e9 } } } },
    'limits.tools["a b"].callsPerMinute',
    "must be a whole number from 1 to 1000000",
  ],
  [
    { limits: { tools: { [long]: {} } } },
    `limits.tools.${"x".repeat(64)}`,
    "must be text of 1 to 1024 characters, 2048 bytes at most",
  ],
  [
    { limits: { tools: { "a\0": {} } } },
    String.raw`limits.tools["a\u0000"]`,
    "must be text of 1 to 1024 characters, 2048 bytes at most",
  ],
  [
    { limits: { tools: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`t${n}`, {}])) } },
    "limits.tools",
    "must have at most 500 entries",
  ],
  [{ headers: { "X-A": 1 } }, "headers.X-A", "must be a string"],
  [{ headers: { Host: null } }, "headers.Host", "is set by Castellan and cannot be given"],
  [
    { headers: { Authorization: null }, bearerToken: "t" },
    "bearerToken",
    "is given beside a header Authorization",
  ],
])("a change %j is refused: %s %s", async (body, field, reason) => {
  expect(await admin("PATCH", "/servers/weather", body)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", problems: [{ field, reason }] },
  });
});

test("a server that is not there is not changed", async () => {
  expect(await admin("PATCH", "/servers/nobody", { title: "Nobody" })).toMatchObject({
    status: 404,
    body: { code: "server_unknown" },
  });
});

test("a server that refuses or cannot be reached is registered, and its state says why", async () => {
  const upstream = await startTestUpstream({ authorization: "Bearer right" });
  const unauthorized = "The server refused the credentials it was sent (HTTP 401)";
  const input = { slug: "weather", url: upstream.url, bearerToken: "wrong", allowPrivate: ["127.0.0.1"] };
  expect(await admin("POST", "/servers", input)).toMatchObject({
    status: 201,
    body: {
      state: {
        status: "needs_attention",
        attention: [{ code: "upstream_unauthorized", message: unauthorized }],
        error: { code: "upstream_unauthorized", message: unauthorized, details: { status: 401 } },
      },
    },
  });
  await upstream[Symbol.asyncDispose]();
  expect(await admin("POST", "/servers/weather/sync")).toMatchObject({
    status: 200,
    body: { state: { status: "error", error: { code: "upstream_unreachable" } } },
  });
  expect(await admin("POST", "/servers", input)).toMatchObject({
    status: 409,
    body: { code: "server_slug_taken", field: "slug" },
  });
});

test.each([
  ["http://127.0.0.1:9/mcp", [], "outbound_refused", "url"],
  ["http://localhost:9/mcp", [], "outbound_refused", "url"],
  ["https://[::1]/mcp", [], "outbound_refused", "url"],
  ["https://169.254.169.254/latest", ["10.0.0.0/8"], "outbound_refused", "url"],
  ["file:///etc/passwd", [], "outbound_refused", "url"],
  ["https://user:hunter2@example.com/", [], "outbound_refused", "url"],
  ["not a url", [], "outbound_refused", "url"],
  ["https://example.com/", ["10.0.0.0/8", "10.0.0.0/99"], "outbound_policy_invalid", "allowPrivate[1]"],
])("%s allowing %j is refused with %s before anything is stored", async (url, allowPrivate, code, field) => {
  const answer = await admin("POST", "/servers", { slug: "inside", url, allowPrivate });
  expect(answer).toMatchObject({ status: 400, body: { code, field } });
  expect(JSON.stringify(answer.body)).not.toMatch(/hunter2/);
  expect((await admin("GET", "/servers")).body).toEqual({ items: [] });
});

test("all problems are told at once, each with its field, and no value is repeated", async () => {
  const answer = await admin("POST", "/servers", {
    slug: "Weather",
    title: "a\u202eb",
    headers: {
      Host: "v4lue",
      "Mcp-Session-Id": "v4lue",
      "X Y": "v4lue",
      "X-Line": "v4lue\r\nX-Smuggled: 1",
      "X-Count": 7,
    },
    allowPrivate: "v4lue",
    bearerToken: "v4lue v4lue",
    colour: "v4lue",
  });
  expect(answer.body).toEqual({
    type: "urn:castellan:fault:invalid_input",
    title: "Invalid input",
    status: 400,
    code: "invalid_input",
    detail:
      "slug must be 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter (and 7 more)",
    field: "slug",
    requestId: expect.stringMatching(/^req_/) as string,
    problems: [
      {
        field: "slug",
        reason:
          "must be 1 to 32 characters: lower-case letters, digits and single hyphens, starting with a letter",
      },
      { field: "title", reason: "must hold printable characters only" },
      {
        field: "headers.X-Line",
        reason: "must be visible ASCII characters, with spaces or tabs between them only",
      },
      { field: "headers.X-Count", reason: "must be a string" },
      { field: "bearerToken", reason: "must be visible ASCII characters without spaces" },
      { field: "allowPrivate", reason: "must be an array" },
      { field: "colour", reason: "is not known" },
      { field: "url", reason: "is required" },
    ],
  });
});

test.each([
  [{ Host: "a" }, "headers.Host", "is set by Castellan and cannot be given"],
  [{ "mcp-session-id": "a" }, "headers.mcp-session-id", "is set by Castellan and cannot be given"],
  [{ "Transfer-Encoding": "a" }, "headers.Transfer-Encoding", "is set by Castellan and cannot be given"],
  [{ "X Y": "a" }, 'headers["X Y"]', "is not the name of an HTTP header"],
  [{ "": "a" }, 'headers[""]', "is not the name of an HTTP header"],
  [{ "X-A": "a", "x-a": "b" }, "headers.x-a", "is given twice"],
  [{ Authorization: "a" }, "bearerToken", "is given beside a header Authorization"],
])("headers %j: %s %s", async (headers, field, reason) => {
  const answer = await admin("POST", "/servers", {
    slug: "weather",
    url: "https://example.com/",
    headers,
    bearerToken: "t",
  });
  expect(answer).toMatchObject({
    status: 400,
    body: { code: "invalid_input", problems: [{ field, reason }] },
  });
});

test("what is in the URL of an unknown server changes nothing about the answer's shape", async () => {
  for (const slug of ["%00", "A", "%zz", "a".repeat(40), "__proto__"])
    expect(await admin("GET", `/servers/${slug}`)).toMatchObject({
      status: 400,
      body: { code: "invalid_input", field: "slug" },
    });
  expect(house.errors).toEqual([]);
});

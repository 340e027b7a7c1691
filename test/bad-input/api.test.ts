/** The API names the field and the reason, with a stable code, and does nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { exchange, type Reply, type SentHeaders } from "../fidelity/wire.ts";
import { expectRefusal, startScene, type Refusal, type Scene } from "./scene.ts";

let scene: Scene;
let before: string;
beforeAll(async () => {
  scene = await startScene();
  before = await everything();
});
afterEach(async () => {
  await scene.expectUnharmed();
  expect(await everything()).toBe(before);
});
afterAll(() => scene[Symbol.asyncDispose]());

/** All that an API call could have changed. */
async function everything(): Promise<string> {
  const found = await Promise.all(
    ["/servers", "/portals", "/tokens"].map((path) => scene.house.api<{ items: unknown[] }>("GET", path)),
  );
  return JSON.stringify(found, (key, value: unknown) => (key === "lastUsedAt" ? undefined : value));
}

type Body = object | string | Uint8Array;

function send(method: string, path: string, body?: Body, headers: SentHeaders = {}): Promise<Reply> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  return exchange(`${scene.house.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${scene.house.adminToken}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
  });
}

const invalid = (field: string): Refusal => ({ status: 400, code: "invalid_input", field });
const server = { slug: "new", url: "https://mcp.example.com/mcp" };

const refusedUrl: Refusal = { status: 400, code: "outbound_refused", field: "openapi.url" };
const unfit: Refusal = { status: 400, code: "document_invalid", field: "openapi.document" };
const anApi = (openapi: object) => ({ ...server, openapi });
/** Each level is ten of the one below. */
const aliasBomb = Array.from({ length: 12 }, (_, n) =>
  n === 0 ? "a0: &a0 x" : `a${n}: &a${n} [${`*a${n - 1},`.repeat(10)}]`,
).join("\n");
const spread = JSON.stringify({
  openapi: "3.1.0",
  info: { title: "A", version: "1" },
  paths: { "/a": { $ref: "http://169.254.169.254/latest" } },
});

type Row = readonly [name: string, method: string, path: string, body: Body | undefined, refusal: Refusal];

const rows: readonly Row[] = [
  [
    "a server's slug twice",
    "POST",
    "/servers",
    { ...server, slug: "m" },
    { status: 409, code: "server_slug_taken" },
  ],
  ["a portal's slug twice", "POST", "/portals", { slug: "work" }, { status: 409, code: "portal_slug_taken" }],
  [
    "a token's name twice",
    "POST",
    "/tokens",
    { name: "both", role: "member", portals: [] },
    { status: 409, code: "token_name_taken" },
  ],

  ["a slug that is none", "POST", "/servers", { ...server, slug: "A b" }, invalid("slug")],
  ["an empty slug", "POST", "/servers", { ...server, slug: "" }, invalid("slug")],
  ["a slug too long", "POST", "/servers", { ...server, slug: "s".repeat(200) }, invalid("slug")],
  ["a slug with NUL", "POST", "/servers", { ...server, slug: "a\0" }, invalid("slug")],
  ["a slug as a number", "POST", "/servers", { ...server, slug: 1 }, invalid("slug")],
  ["a slug as a list", "POST", "/portals", { slug: ["work"] }, invalid("slug")],
  ["no slug", "POST", "/portals", {}, invalid("slug")],
  ["no address", "POST", "/servers", { slug: "new" }, invalid("url")],
  ["an address as an object", "POST", "/servers", { ...server, url: {} }, invalid("url")],
  [
    "a long address",
    "POST",
    "/servers",
    { ...server, url: `https://x.example/${"a".repeat(3000)}` },
    invalid("url"),
  ],
  ["an unknown field", "POST", "/servers", { ...server, admin: true }, invalid("admin")],
  ["an unknown field of a portal", "POST", "/portals", { slug: "new", owner: 1 }, invalid("owner")],
  [
    "an unknown field of a token",
    "POST",
    "/tokens",
    { name: "x", role: "member", portals: [], id: 1 },
    invalid("id"),
  ],
  ["a constructor", "POST", "/portals", { slug: "new", constructor: {} }, invalid("constructor")],
  ["a title with NUL", "POST", "/servers", { ...server, title: "a\0b" }, invalid("title")],
  ["a title with a lone surrogate", "POST", "/servers", { ...server, title: "a\ud800" }, invalid("title")],
  ["a title that reads backwards", "POST", "/portals", { slug: "new", title: "\u202ea" }, invalid("title")],
  ["a naming that is none", "POST", "/portals", { slug: "new", naming: "loud" }, invalid("naming")],
  ["servers as a text", "POST", "/portals", { slug: "new", servers: "m" }, invalid("servers")],
  ["a server as a number", "POST", "/portals", { slug: "new", servers: ["m", 1] }, invalid("servers[1]")],
  ["a server named twice", "POST", "/portals", { slug: "new", servers: ["m", "m"] }, invalid("servers")],
  ["a role that is none", "POST", "/tokens", { name: "x", role: "root", portals: [] }, invalid("role")],
  ["neither scopes nor portals", "POST", "/tokens", { name: "x", role: "member" }, invalid("scopes")],
  [
    "a token that has expired",
    "POST",
    "/tokens",
    { name: "x", role: "member", portals: [], expiresAt: "2001-01-01T00:00:00Z" },
    invalid("expiresAt"),
  ],
  [
    "a time that is none",
    "POST",
    "/tokens",
    { name: "x", role: "member", portals: [], expiresAt: "tomorrow" },
    invalid("expiresAt"),
  ],
  [
    "a header with a line break",
    "POST",
    "/servers",
    { ...server, headers: { "x-a": "b\r\nx-c: d" } },
    invalid("headers.x-a"),
  ],
  [
    "a header that is the protocol's",
    "POST",
    "/servers",
    { ...server, headers: { "Mcp-Method": "x" } },
    invalid("headers.Mcp-Method"),
  ],
  [
    "a header's name that is none",
    "POST",
    "/servers",
    { ...server, headers: { "a b": "x" } },
    invalid('headers["a b"]'),
  ],
  ["a token with a space", "POST", "/servers", { ...server, bearerToken: "a b" }, invalid("bearerToken")],
  ["a document of nothing", "POST", "/servers", anApi({ document: "" }), invalid("openapi.document")],
  [
    "a document from two places",
    "POST",
    "/servers",
    anApi({ url: "https://a.example/", document: "{}" }),
    invalid("openapi"),
  ],
  ["a document's address that is none", "POST", "/servers", anApi({ url: "file:///etc/passwd" }), refusedUrl],
  [
    "a document inside of the house",
    "POST",
    "/servers",
    anApi({ url: "http://127.0.0.1:5432/" }),
    refusedUrl,
  ],
  [
    "a document at a cloud's metadata",
    "POST",
    "/servers",
    anApi({ url: "http://169.254.169.254/" }),
    refusedUrl,
  ],
  ["a document with an alias bomb", "POST", "/servers", anApi({ document: aliasBomb }), unfit],
  ["a document nested without end", "POST", "/servers", anApi({ document: "[".repeat(100_000) }), unfit],
  [
    "a document with __proto__",
    "POST",
    "/servers",
    anApi({ document: '{"openapi":"3.1.0","__proto__":{"paths":{}}}' }),
    unfit,
  ],
  ["a document that names others", "POST", "/servers", anApi({ document: spread }), unfit],
  ["a document with NUL", "POST", "/servers", anApi({ document: "openapi: 3.1.0\0" }), unfit],
  [
    "a face that is none",
    "POST",
    "/servers",
    anApi({ url: "https://a.example/", face: "poker" }),
    invalid("openapi.face"),
  ],
  [
    "an exception that is none",
    "POST",
    "/servers",
    { ...server, allowPrivate: ["10.0.0.0/99"] },
    { status: 400, code: "outbound_policy_invalid" },
  ],
  ["a list as the body", "POST", "/servers", [server], invalid("body")],
  ["a text as the body", "POST", "/servers", '"new"', invalid("body")],
  ["null as the body", "POST", "/servers", "null", invalid("body")],

  [
    "a feature that is none",
    "POST",
    "/servers",
    { ...server, clientFeatures: ["all"] },
    invalid("clientFeatures[0]"),
  ],
  ["every host", "POST", "/servers", { ...server, uiHosts: ["*"] }, invalid("uiHosts[0]")],
  [
    "a host that is a policy",
    "POST",
    "/servers",
    { ...server, uiHosts: ["a.example; script-src *"] },
    invalid("uiHosts[0]"),
  ],
  ["a change of nothing", "PATCH", "/servers/m", {}, invalid("body")],
  ["a change of the slug", "PATCH", "/servers/m", { title: "M", slug: "other" }, invalid("slug")],
  [
    "a change to an address that nobody allowed",
    "PATCH",
    "/servers/m",
    { title: "M", url: "https://127.0.0.1:1/" },
    { status: 400, code: "outbound_refused", field: "url" },
  ],
  [
    "a limit of nothing",
    "PATCH",
    "/servers/m",
    { title: "M", limits: { concurrency: 0 } },
    invalid("limits.concurrency"),
  ],
  [
    "a change of no such server",
    "PATCH",
    "/servers/nope",
    { title: "M" },
    { status: 404, code: "server_unknown" },
  ],
  ["no such server", "GET", "/servers/nope", undefined, { status: 404, code: "server_unknown" }],
  ["to remove no such server", "DELETE", "/servers/nope", undefined, { status: 404, code: "server_unknown" }],
  [
    "to read no such server's lists",
    "POST",
    "/servers/nope/sync",
    undefined,
    { status: 404, code: "server_unknown" },
  ],
  ["a slug in a path that is none", "GET", "/servers/A%20b", undefined, invalid("slug")],
  ["a slug in a path with NUL", "GET", "/servers/a%00", undefined, invalid("slug")],
  ["no such portal", "GET", "/portals/nope", undefined, { status: 404, code: "portal_not_found" }],
  [
    "to remove no such portal",
    "DELETE",
    "/portals/nope",
    undefined,
    { status: 404, code: "portal_not_found" },
  ],
  [
    "a portal of no such server",
    "POST",
    "/portals",
    { slug: "new", servers: ["nope"] },
    { status: 404, code: "server_unknown" },
  ],
  [
    "no such server into a portal",
    "PUT",
    "/portals/work/servers/nope",
    {},
    { status: 404, code: "server_unknown" },
  ],
  [
    "a server into no such portal",
    "PUT",
    "/portals/nope/servers/m",
    {},
    { status: 404, code: "portal_not_found" },
  ],
  [
    "a server out of a portal it is not in",
    "DELETE",
    "/portals/elsewhere/servers/m",
    undefined,
    { status: 404, code: "portal_server_not_listed" },
  ],
  [
    "a token for no such portal",
    "POST",
    "/tokens",
    { name: "x", role: "member", portals: ["work", "nope"] },
    { status: 404, code: "portal_not_found", field: "portals[1]" },
  ],
  [
    "no such token",
    "DELETE",
    "/tokens/tok_01a1fc00000070000000000000000000",
    undefined,
    { status: 404, code: "token_not_found" },
  ],
  ["an id that is none", "DELETE", "/tokens/1", undefined, invalid("id")],
  [
    "an id of another kind",
    "DELETE",
    "/tokens/srv_01a1fc00000070000000000000000000",
    undefined,
    invalid("id"),
  ],

  ["a page of nothing", "GET", "/calls?limit=0", undefined, invalid("limit")],
  ["a page of too much", "GET", "/calls?limit=501", undefined, invalid("limit")],
  ["a page of a fraction", "GET", "/calls?limit=1.5", undefined, invalid("limit")],
  ["two limits", "GET", "/calls?limit=1&limit=2", undefined, invalid("limit")],
  ["an unknown filter", "GET", "/calls?where=1%3D1", undefined, invalid("where")],
  ["an outcome that is none", "GET", "/calls?outcome=fine", undefined, invalid("outcome")],
  ["a time without a zone", "GET", "/calls?since=2026-01-01T00:00:00", undefined, invalid("since")],
  ["a cursor that nobody handed out", "GET", "/calls?cursor=nope", undefined, invalid("cursor")],
  ["a target with NUL", "GET", "/calls?target=a%00", undefined, invalid("target")],

  ["a method that is not there", "PUT", "/servers/m", {}, { status: 405, code: "method_not_allowed" }],
  ["a path that is not there", "GET", "/nothing", undefined, { status: 404, code: "route_unknown" }],

  ["half a body", "POST", "/servers", '{"slug":', { status: 400, code: "json_malformed" }],
  ["no body", "POST", "/servers", "", { status: 400, code: "json_malformed" }],
  ["not UTF-8", "POST", "/servers", Buffer.from([0x22, 0xff, 0x22]), { status: 400, code: "json_malformed" }],
  [
    "a key twice",
    "POST",
    "/servers",
    '{"slug":"new","slug":"other"}',
    { status: 400, code: "json_ambiguous" },
  ],
  ["__proto__", "POST", "/servers", '{"__proto__":{"slug":"new"}}', { status: 400, code: "json_ambiguous" }],
  [
    "nested deep",
    "POST",
    "/servers",
    `{"a":${"[".repeat(9999)}${"]".repeat(9999)}}`,
    { status: 400, code: "json_too_deep" },
  ],
  [
    "over a megabyte",
    "POST",
    "/portals",
    `"${"a".repeat(1_100_000)}"`,
    { status: 413, code: "body_too_large" },
  ],
];

test.each(rows.map((row) => [row[0], row] as const))("%s", async (_, row) => {
  const [, method, path, body, refusal] = row;
  expectRefusal(await send(method, path, body), refusal);
});

test("what is so already is said again without harm", async () => {
  expect((await send("PUT", "/portals/work/servers/m")).status).toBe(200);
});

describe("an address that nobody allowed", () => {
  test.each([
    "http://127.0.0.1:1/mcp",
    "http://example.com/mcp",
    "https://127.0.0.1/mcp",
    "https://127.1/mcp",
    "https://2130706433/mcp",
    "https://0x7f000001/mcp",
    "https://0/mcp",
    "https://10.0.0.1/mcp",
    "https://172.16.0.1/mcp",
    "https://192.168.0.1/mcp",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/mcp",
    "https://[::1]/mcp",
    "https://[::]/mcp",
    "https://[fd00::1]/mcp",
    "https://[fe80::1]/mcp",
    "https://[::ffff:127.0.0.1]/mcp",
    "https://[64:ff9b::7f00:1]/mcp",
    "https://user:hush@example.com/mcp",
    "ftp://example.com/mcp",
    "file:///etc/passwd",
    "unix:/run/x.sock",
    "javascript:1",
    "mcp.example.com",
    "//mcp.example.com",
    "",
    "https://",
    "https://exa mple.com/",
  ])("%s", async (url) => {
    const reply = await send("POST", "/servers", { slug: "new", url });
    expectRefusal(reply, { status: 400, code: "outbound_refused", field: "url" });
    expect(reply.text).not.toContain("hush");
  });

  test("an exception for one address is none for another", async () => {
    const allowPrivate = ["127.0.0.2", "127.0.0.1:2"];
    const reply = await send("POST", "/servers", {
      slug: "new",
      url: "http://127.0.0.1:1/mcp",
      allowPrivate,
    });
    expectRefusal(reply, { status: 400, code: "outbound_refused", field: "url" });
  });
});

describe("who asks", () => {
  const calls: [string, string, Body?][] = [
    ["GET", "/servers"],
    ["POST", "/servers", server],
    ["PATCH", "/servers/m", { clientFeatures: ["sampling"] }],
    ["DELETE", "/servers/m"],
    ["POST", "/servers/m/sync"],
    ["GET", "/portals"],
    ["POST", "/portals", { slug: "new" }],
    ["PUT", "/portals/foreign/servers/m", {}],
    ["DELETE", "/portals/work"],
    ["GET", "/tokens"],
    ["POST", "/tokens", { name: "x", role: "admin", portals: [] }],
    ["GET", "/calls"],
    ["GET", "/calls/verify"],
    ["GET", "/status"],
    // What a caller may not do is not discussed with them.
    ["POST", "/servers", "{"],
    ["GET", "/servers/nope"],
  ];
  test.each(calls)("%s %s", async (method, path, body) => {
    for (const token of [scene.token, scene.tokens.nowhere])
      expectRefusal(await send(method, path, body, { authorization: `Bearer ${token}` }), {
        status: 403,
        code: "permission_required",
      });
    for (const [authorization, code] of [
      ["Basic YTpi", "token_missing"],
      ["Bearer nope", "token_invalid"],
      [`Bearer ${scene.tokens.expired}`, "token_expired"],
      [`Bearer ${scene.tokens.revoked}`, "token_invalid"],
    ] as const) {
      const reply = await send(method, path, body, { authorization });
      expectRefusal(reply, { status: 401, code });
      expect(reply.headers["www-authenticate"]).toMatch(/^Bearer/);
    }
  });
});

test("bodies that are not JSON by their type, or packed", async () => {
  expectRefusal(await send("POST", "/servers", server, { "content-type": "text/plain" }), {
    status: 415,
    code: "media_type_unsupported",
    field: "Content-Type",
  });
  expectRefusal(await send("POST", "/servers", server, { "content-encoding": "gzip" }), {
    status: 415,
    code: "content_encoding_unsupported",
    field: "Content-Encoding",
  });
});

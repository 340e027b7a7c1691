/** Who asks, in which session, and under what name: nobody gets further than they may, whatever they call themselves. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SentHeaders } from "../fidelity/wire.ts";
import { expectRefusal, startScene, type Refusal, type Scene } from "./scene.ts";
import { createSender, modernRequest, request } from "./sender.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
afterEach(() => scene.expectUnharmed());

const { legacy, modern } = createSender(() => scene);

describe("sessions", () => {
  const body = request("tools/call", '{"name":"l_echo"}');
  const gone: Refusal = { status: 404, rpc: -32001, code: "session_unknown", field: "Mcp-Session-Id", id: 1 };
  test.each<[string, () => SentHeaders]>([
    ["one that never was", () => ({ "mcp-session-id": "ses_01a1fc00000000000000000000000000" })],
    ["the session of another token", () => ({ "mcp-session-id": scene.sessions.neighbour })],
    ["one's own session at another portal", () => ({ "mcp-session-id": scene.sessions.elsewhere })],
    ["two", () => ({ "mcp-session-id": [scene.sessions.own, scene.sessions.own] })],
    ["a long one", () => ({ "mcp-session-id": "s".repeat(8000) })],
    ["__proto__", () => ({ "mcp-session-id": "__proto__" })],
  ])("%s", async (_, headers) => expectRefusal(await legacy({ body, headers: headers() }), gone));

  const none: Refusal = { status: 400, rpc: -32000, code: "session_required", field: "Mcp-Session-Id" };
  test("none", async () => {
    expectRefusal(await legacy({ body, headers: { "mcp-session-id": [] } }), { ...none, id: 1 });
    const get = { method: "GET", headers: { "mcp-session-id": [], accept: "text/event-stream" } };
    expectRefusal(await legacy(get), none);
    expectRefusal(await legacy({ method: "DELETE", headers: { "mcp-session-id": [] } }), none);
  });

  test("a session is ended once", async () => {
    const hello = await legacy({
      body: request(
        "initialize",
        '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}',
      ),
      headers: { "mcp-session-id": [] },
    });
    const headers = { "mcp-session-id": String(hello.headers["mcp-session-id"]) };
    expect(await legacy({ method: "DELETE", headers })).toMatchObject({ status: 204, text: "" });
    const { id: _id, ...again } = gone;
    expectRefusal(await legacy({ method: "DELETE", headers }), again);
    expectRefusal(await legacy({ method: "GET", headers }), again);
    expectRefusal(await legacy({ body, headers }), gone);
  });

  test("GET: only as an event stream, only by POST's other eras", async () => {
    expectRefusal(await legacy({ method: "GET", headers: { accept: "application/json" } }), {
      status: 406,
      rpc: -32000,
      code: "not_acceptable",
    });
    for (const method of ["GET", "DELETE"]) {
      const reply = await legacy({ method, headers: { "mcp-protocol-version": "2026-07-28" } });
      expectRefusal(reply, { status: 405, rpc: -32000, code: "http_method_unsupported" });
      expect(reply.headers.allow).toBe("POST");
    }
  });

  test("HEAD opens no stream", async () => {
    const reply = await legacy({ method: "HEAD", headers: { accept: "text/event-stream" } });
    expect(reply).toMatchObject({ status: 405, text: "" });
  });
});

describe("who asks", () => {
  const body = request("tools/call", '{"name":"l_echo"}');
  const token = (code: string): Refusal => ({ status: 401, rpc: -32000, code });
  test.each<[string, () => SentHeaders, Refusal]>([
    ["nobody", () => ({ authorization: [] }), token("token_missing")],
    ["by a password", () => ({ authorization: "Basic YTpi" }), token("token_missing")],
    ["by an empty header", () => ({ authorization: "" }), token("token_missing")],
    ["by nothing", () => ({ authorization: "Bearer" }), token("token_invalid")],
    ["by two words", () => ({ authorization: "Bearer a b" }), token("token_invalid")],
    ["by a list", () => ({ authorization: `Bearer ${scene.token},x` }), token("token_invalid")],
    ["by nonsense", () => ({ authorization: "Bearer castellan_nonsense" }), token("token_invalid")],
    [
      "by a token cut short",
      () => ({ authorization: `Bearer ${scene.token.slice(0, -1)}` }),
      token("token_invalid"),
    ],
    [
      "by 10,000 characters",
      () => ({ authorization: `Bearer ${"x".repeat(10_000)}` }),
      token("token_invalid"),
    ],
    [
      "by an expired token",
      () => ({ authorization: `Bearer ${scene.tokens.expired}` }),
      token("token_expired"),
    ],
    [
      "by a revoked token",
      () => ({ authorization: `Bearer ${scene.tokens.revoked}` }),
      token("token_invalid"),
    ],
  ])("%s", async (_, headers, refusal) => {
    for (const method of ["POST", "GET", "DELETE"]) {
      const reply = await legacy({ method, headers: headers(), ...(method === "POST" && { body }) });
      expectRefusal(reply, refusal);
      expect(reply.headers["www-authenticate"]).toMatch(
        refusal.code === "token_missing" ? /^Bearer scope="/ : /^Bearer error="invalid_token", scope="/,
      );
    }
    // Before anyone is known nothing of the request is read.
    expectRefusal(await modern({ body: "{", headers: headers() }), refusal);
  });

  test("a portal that is not given and one that is not there look the same", async () => {
    const refusal = { status: 404, rpc: -32000, code: "portal_unknown" };
    const texts = [];
    for (const slug of ["foreign", "not-there", "__proto__", "WORK", "%00", "%2e%2e", "x".repeat(5000)]) {
      const url = scene.url.replace("/work/", `/${slug}/`);
      expectRefusal(await modern({ url, body: modernRequest("tools/list") }), { ...refusal, id: 1 });
      expectRefusal(await legacy({ url, method: "GET", headers: { accept: "text/event-stream" } }), refusal);
      const reply = await legacy({ url, body });
      expectRefusal(reply, { ...refusal, id: 1 });
      texts.push(reply.text.replaceAll(slug, "SLUG").replaceAll(/req_\w+/g, "REQ"));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test("a token without portals sees none, not even the default one", async () => {
    const refusal = { status: 404, rpc: -32000, code: "portal_unknown", id: 1 };
    const headers = { authorization: `Bearer ${scene.tokens.nowhere}` };
    expectRefusal(await legacy({ body, headers }), refusal);
    expectRefusal(await legacy({ url: `${scene.house.url}/mcp`, body, headers }), refusal);
  });
});

describe("strange text", () => {
  const strange = {
    NUL: String.raw`a\u0000b`,
    "a lone surrogate": String.raw`a\ud800b`,
    "line breaks": String.raw`a\r\nSet-Cookie: x=1\r\n\r\n`,
    "a terminal's commands": String.raw`\u001b[2J\u0007`,
    "right to left": String.raw`\u202etxt.exe`,
    "100 KB": "n".repeat(100_000),
    "100 KB of text that takes room": "漢".repeat(33_000),
  };

  test.each(Object.entries(strange))("as a name: %s", async (_, text) => {
    const refusal = { status: 200, rpc: -32602, code: "tool_unknown", field: "params.name", id: 1 };
    expectRefusal(await legacy({ body: request("tools/call", `{"name":"${text}"}`) }), refusal);
    const name = JSON.parse(`"${text}"`) as string;
    const encoded = `=?base64?${Buffer.from(name).toString("base64")}?=`;
    if (encoded.length > 10_000 || !name.isWellFormed()) return;
    const body = modernRequest("tools/call", `{"name":"${text}"}`);
    expectRefusal(await modern({ body, headers: { "mcp-name": encoded } }), refusal);
  });

  const tooLong: Refusal = {
    status: 200,
    rpc: -32602,
    code: "params_invalid",
    field: "params.clientInfo",
    id: 1,
  };

  test.each(Object.entries(strange))("as a client's name and version: %s", async (_, text) => {
    const info = `{"name":"${text}","version":"${text}"}`;
    const initialize = request(
      "initialize",
      `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":${info}}`,
    );
    const hello = await legacy({ body: initialize, headers: { "mcp-session-id": [] } });
    const modernBody = modernRequest("tools/call", '{"name":"m_echo"}').replace(
      '{"name":"wire","version":"1.0.0"}',
      () => info,
    );
    expect((await modern({ body: modernBody })).status).toBe(200);
    // A session keeps it, and tells each server: there is an end to how long it may be.
    if (text.length > 30_000) return expectRefusal(hello, tooLong);
    expect(hello.status).toBe(200);
    const session = { "mcp-session-id": String(hello.headers["mcp-session-id"]) };
    const called = await legacy({ body: request("tools/call", '{"name":"l_echo"}'), headers: session });
    expect(JSON.parse(called.text)).toMatchObject({ id: 1, result: { content: [] } });
  });

  test.each(Object.entries(strange))("as an id: %s", async (_, text) => {
    if (text.length > 256) return;
    const reply = await legacy({ body: request("tools/call", '{"name":"l_echo"}', `"${text}"`) });
    expect(JSON.parse(reply.text)).toEqual({
      jsonrpc: "2.0",
      id: JSON.parse(`"${text}"`),
      result: { content: [] },
    });
  });

  test.each(["legacy", "modern"] as const)("as a resource's address, to a %s server", async (era) => {
    const uri = String.raw`test://one\r\nX-Evil: 1\u0000é`;
    const encoded = `=?base64?${Buffer.from(JSON.parse(`"${uri}"`) as string).toString("base64")}?=`;
    const body = (make: typeof request) => make("resources/read", `{"uri":"${uri}"}`);
    // The only server is asked for what no list names; a modern one checks that header and body agree.
    const url = scene.urls[era];
    const session = scene.sessions[era === "legacy" ? "elsewhere" : "modern"];
    const replies = [
      await modern({ url, body: body(modernRequest), headers: { "mcp-name": encoded } }),
      await legacy({ url, body: body(request), headers: { "mcp-session-id": session } }),
    ];
    for (const reply of replies)
      expect(JSON.parse(reply.text)).toMatchObject({ id: 1, result: { contents: [] } });
  });

  test.each(Object.entries({ ...strange, "2304 bytes": "n".repeat(2297), "2305 bytes": "n".repeat(2298) }))(
    "as the address of what is subscribed to: %s",
    async (name, text) => {
      const row = (method: string) => ({
        url: scene.urls.legacy,
        body: request(method, `{"uri":"test://${text}"}`),
        headers: { "mcp-session-id": scene.sessions.elsewhere },
      });
      // It is kept: it must be one that PostgreSQL has a text and an index row for.
      const isKept = ["line breaks", "a terminal's commands", "right to left", "2304 bytes"].includes(name);
      for (const method of ["resources/subscribe", "resources/subscribe", "resources/unsubscribe"]) {
        const reply = await legacy(row(method));
        if (isKept) expect(JSON.parse(reply.text)).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
        else expectRefusal(reply, { ...tooLong, field: "params.uri" });
      }
    },
  );
});

test("what was refused is on record, the record is whole, and it can be read", async () => {
  expect(await scene.house.api("GET", "/calls/verify")).toMatchObject({ intact: true });
  const { items } = await scene.house.api<{ items: { outcome: string; code?: string }[] }>(
    "GET",
    "/calls?limit=500",
  );
  const codes = new Set(items.filter(({ outcome }) => outcome === "refused").map(({ code }) => code));
  expect([...codes]).toEqual(expect.arrayContaining(["tool_unknown", "session_unknown", "portal_unknown"]));
});

import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";

const settings = {
  allowedOrigins: ["https://app.example.org"],
  isOwnHost: (host: string) => host === "tools.example.com",
};

function serve(more: object = {}) {
  return serveApp((app) => app.post("/mcp", (c) => c.text("ok")), { ...settings, ...more });
}

test.each([
  "https://mcp.example.com",
  "https://app.example.org",
  "https://tools.example.com",
  "http://localhost:6274",
  "http://127.0.0.1",
])("origin %s may call, and read the answer", async (origin) => {
  await using served = await serve();
  const { status, headers } = await served.send("/mcp", { method: "POST", headers: { origin } });
  expect([status, headers["access-control-allow-origin"], headers["vary"]]).toEqual([200, origin, "Origin"]);
  expect(headers["access-control-expose-headers"]).toBe(
    "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, X-Request-Id, Retry-After",
  );
  expect(headers["access-control-allow-credentials"]).toBeUndefined();
});

test.each([
  "null",
  "",
  "https://evil.example",
  "http://mcp.example.com",
  "https://mcp.example.com:8443",
  "https://mcp.example.com.evil.example",
  "https://mcp.example.com, https://evil.example",
  "http://localhost.evil.example",
  "http://localhost:80@evil.example",
  "file://localhost",
])("origin %j is refused without CORS headers, preflight or not", async (origin) => {
  await using served = await serve();
  for (const method of ["POST", "OPTIONS"]) {
    const answer = await served.send("/mcp", {
      method,
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "origin_not_allowed" });
  }
  expect(served.refused.map(({ code }) => code)).toEqual(["origin_not_allowed", "origin_not_allowed"]);
});

test("loopback origins are strangers when the server listens elsewhere", async () => {
  await using served = await serve({ isLoopback: false });
  const headers = { host: "mcp.example.com", origin: "http://localhost:6274" };
  expect((await served.send("/mcp", { method: "POST", headers })).status).toBe(403);
});

test("a preflight names what an MCP client sends, and the Mcp-Param headers it asks for", async () => {
  await using served = await serve();
  const { status, headers, body } = await served.send("/mcp", {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example.org",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, mcp-param-region, x-evil, Mcp-Param-a\u00e4",
    },
  });
  expect([status, body]).toEqual([204, ""]);
  expect(headers["access-control-allow-methods"]).toBe("GET, POST, DELETE, OPTIONS");
  expect(headers["access-control-max-age"]).toBe("86400");
  expect(headers["access-control-allow-headers"]).toBe(
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, " +
      "Mcp-Session-Id, X-Request-Id, baggage, traceparent, tracestate, mcp-param-region",
  );
});

test("OPTIONS without a preflight is a request like any other", async () => {
  await using served = await serve();
  const { status, headers } = await served.send("/mcp", { method: "OPTIONS" });
  expect([status, headers["allow"]]).toEqual([405, "POST"]);
});

const anyOrigins = ["https://evil.example", "null", "vscode-webview://1a2b", "https://mcp.example.com"];

async function serveOpen() {
  return serveApp(
    (app) => {
      app.get("/v0.1/servers", (c) => c.text("ok"));
      app.post("/v0.1/servers", (c) => c.text("ok"));
      app.get("/v0.10", (c) => c.text("ok"));
      app.post("/oauth/token", (c) => c.text("ok"));
    },
    {
      ...settings,
      openPaths: [
        { path: "/v0.1", methods: ["GET"] },
        { path: "/oauth/token", methods: ["POST"] },
      ],
    },
  );
}

test.each(anyOrigins)("an open path may be read from origin %s", async (origin) => {
  await using served = await serveOpen();
  const { status, headers } = await served.send("/v0.1/servers", { headers: { origin } });
  expect([status, headers["access-control-allow-origin"], headers["vary"]]).toEqual([200, "*", undefined]);
  expect(headers["access-control-allow-credentials"]).toBeUndefined();
  const preflight = await served.send("/v0.1/servers", {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    },
  });
  expect([
    preflight.status,
    preflight.headers["access-control-allow-origin"],
    preflight.headers["access-control-allow-methods"],
    String(preflight.headers["access-control-allow-headers"]).split(", ").includes("Authorization"),
  ]).toEqual([204, "*", "GET, OPTIONS", true]);
});

test.each(anyOrigins)("an open path may be posted to from origin %s, where it says so", async (origin) => {
  await using served = await serveOpen();
  const posted = await served.send("/oauth/token", { method: "POST", headers: { origin } });
  const preflight = await served.send("/oauth/token", {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
  expect(
    [posted, preflight].map(({ status, headers }) => [status, headers["access-control-allow-origin"]]),
  ).toEqual([
    [200, "*"],
    [204, "*"],
  ]);
  expect(preflight.headers["access-control-allow-methods"]).toBe("POST, OPTIONS");
  for (const { headers } of [posted, preflight])
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
});

test("failures at an open path can be read, too", async () => {
  await using served = await serveOpen();
  const { status, headers } = await served.send("/v0.1/nothing", {
    headers: { origin: "https://any.example" },
  });
  expect([status, headers["access-control-allow-origin"]]).toEqual([404, "*"]);
});

test.each([
  ["/v0.1/servers", "POST"],
  ["/oauth/token", "GET"],
  ["/v0.10", "GET"],
  ["/v0.1servers", "GET"],
  ["/V0.1/servers", "GET"],
  ["/x/v0.1/servers", "GET"],
])("%s by %s is not open: the origin is checked as anywhere", async (path, method) => {
  await using served = await serveOpen();
  const origin = "https://evil.example";
  const plain = await served.send(path, { method, headers: { origin } });
  const preflight = await served.send(path, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method },
  });
  for (const { status, headers } of [plain, preflight])
    expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined]);
});

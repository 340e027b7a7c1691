/**
 * Field lesson 22: nobody comes in without a token, by any route that there is, and nothing listens beyond loopback
 * unless it is told to.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createConnection, createServer, type AddressInfo } from "node:net";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../apps/server/src/config/settings.ts";
import { exchange, type Reply } from "../fidelity/wire.ts";
import { startStocked } from "../fixtures/stocked.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";
import { startCastellan } from "../heavy/process/castellan.ts";
import { createHome } from "../heavy/process/home.ts";

const opened = new AsyncDisposableStack();
let house: TestHouse;
let routes: readonly string[];

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const server = opened.use(
    await startStocked("legacy", { tools: [{ name: "t", inputSchema: { type: "object" } }] }),
  );
  await house.addPortal("default", { sealed: server.url });
  await house.api("PATCH", "/portals/default", { hostname: "tools.example.com" });
  await house.api("POST", "/portals", { slug: "shown", servers: ["sealed"], isListed: true });
  // What stands before every route is none.
  const all = house.routes.filter(({ path }) => !path.endsWith("/*"));
  routes = [
    ...new Set(all.flatMap(({ method, path }) => methodsOf(method).map((one) => `${one} ${path}`))),
  ].toSorted();
});
afterAll(() => opened.disposeAsync());

function methodsOf(method: string): readonly string[] {
  return method === "ALL" ? ["GET", "POST", "DELETE", "PUT", "PATCH"] : [method];
}

/** Where people and clients come in: pages and endpoints that are there for whoever is not known yet. */
const waysIn = [
  ".well-known",
  "account",
  "approvals",
  "identity",
  "links",
  "oauth",
  "sign-in",
  "sign-out",
  "welcome",
];

function isWayIn(route: string): boolean {
  return waysIn.some((way) => route.split("/")[1] === way);
}

/** What is told to whoever asks, and why. */
const open = new Map([
  // A load balancer has no token. They tell whether it works, and nothing else.
  ["GET /health/live", { status: 200, body: '{"status":"live"}' }],
  ["GET /health/ready", { status: 200, body: '{"status":"ready","checks":{"database":"ok"}}' }],
  // The same for every installation.
  ["GET /api/v1/openapi.json", { status: 200 }],
  // Clients of registries ask without: they get what an admin has marked as listed.
  ["GET /v0.1/servers", { status: 200 }],
  ["GET /v0.1/servers/:rest{.+}", { status: 404 }],
]);

function ask(route: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(/:rest\{.+\}/, "castellan.test%2Fsealed/versions")
    .replace(":portal", "default")
    .replaceAll(/:\w+(\{[^}]*\})?/g, "sealed");
  return exchange(`${house.url}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    ...(["GET", "DELETE"].includes(method) ? {} : { body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' }),
  });
}

test("the routes are those that are meant here", () => {
  const kinds = new Set(routes.map((route) => route.split("/")[1]));
  expect([...kinds].toSorted()).toEqual([...waysIn, "api", "health", "mcp", "p", "v0.1"].toSorted());
  expect(routes.length).toBeGreaterThan(35);
  for (const route of open.keys()) expect(routes).toContain(route);
});

describe.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ["no token", {}, ["token_missing"]],
  ["an empty one", { authorization: "Bearer " }, ["token_missing", "token_invalid"]],
  [
    "a wrong one",
    { authorization: "Bearer cst_0000000000000000000000000000000000000000" },
    ["token_invalid"],
  ],
  ["another scheme", { authorization: "Basic YWRtaW46YWRtaW4=" }, ["token_missing", "token_invalid"]],
  ["a token elsewhere", { cookie: "token=x", "x-api-key": "x" }, ["token_missing"]],
])("%s", (_, headers, codes) => {
  test("every route refuses, but for those that are open", async () => {
    const answers = await Promise.all(
      routes
        .filter((route) => !open.has(route) && !isWayIn(route))
        .map(async (route) => [route, await ask(route, headers)] as const),
    );
    for (const [route, { status, headers: answered, text }] of answers) {
      expect([route, status, answered["www-authenticate"]]).toEqual([
        route,
        401,
        expect.stringContaining("Bearer"),
      ]);
      expect(codes).toContain(codeOf(text));
      expect(text).not.toMatch(/sealed|"t"/);
    }
  });
});

test.each([...open])(
  "%s is open, and tells nothing that is not meant for everyone",
  async (route, { status, ...rest }) => {
    const answer = await ask(route);
    expect(answer.status).toBe(status);
    const { text } = answer;
    if ("body" in rest) expect(text).toBe(rest.body);
    expect(text).not.toMatch(/default\/mcp|portal\.default/);
    // One who says who they are, and lies, is told so.
    if (route.includes("/v0.1/"))
      expect((await ask(route, { authorization: "Bearer cst_wrong" })).status).toBe(401);
  },
);

test("where one comes in, nobody who is not known is told what is inside, or does anything", async () => {
  for (const route of routes.filter(isWayIn)) {
    const { status, text, headers } = await ask(route);
    expect([route, status < 500]).toEqual([route, true]);
    expect([route, text + JSON.stringify(headers)]).toEqual([
      route,
      expect.not.stringMatching(/sealed:|"t"/),
    ]);
  }
});

test("the registry tells without a token of listed portals only, and not where servers are", async () => {
  const { servers } = JSON.parse((await ask("GET /v0.1/servers")).text) as {
    servers: { server: { remotes: { url: string }[] } }[];
  };
  const urls = servers.flatMap(({ server }) => server.remotes.map(({ url }) => url));
  expect(urls.toSorted()).toEqual([`${house.url}/p/shown/mcp`, `${house.url}/p/shown/mcp?servers=sealed`]);
});

test("a portal's own host is no way in either", async () => {
  for (const path of ["/mcp", "/p/default/mcp", "/api/v1/status"]) {
    const { status, text } = await ask(`POST ${path}`, { host: "tools.example.com" });
    expect([path, status]).toEqual([path, codeOf(text) === "method_not_allowed" ? 405 : 401]);
  }
});

test("by default it is for this machine; to be for others it has to be told two things", () => {
  expect(readConfig({})).toMatchObject({ host: "127.0.0.1", isLoopback: true });
  for (const host of ["0.0.0.0", "::", "10.0.0.1"]) {
    expect(() => readConfig({ CASTELLAN_HOST: host })).toThrow(/CASTELLAN_PUBLIC_URL is required/);
    const config = readConfig({ CASTELLAN_HOST: host, CASTELLAN_PUBLIC_URL: "https://mcp.example.com" });
    expect(config.isLoopback).toBe(false);
  }
});

test("the process listens on 127.0.0.1 and on no other address, metrics too", async () => {
  await using database = await createTestDatabase();
  const { host, port, user, database: name } = database.connection;
  await using home = createHome();
  const metricsPort = await freePort();
  await using castellan = await startCastellan({
    home,
    env: {
      DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
      CASTELLAN_MASTER_KEY: randomBytes(32).toString("base64"),
      CASTELLAN_METRICS_PORT: String(metricsPort),
    },
  });
  for (const own of [Number(new URL(castellan.url).port), metricsPort]) {
    expect(await connects("127.0.0.1", own)).toBe(true);
    // All of 127.0.0.0/8 is this machine: one that listens on every address answers here.
    expect(await connects("127.0.0.2", own)).toBe(false);
    expect(await connects("::1", own)).toBe(false);
  }
  expect((await fetch(`${castellan.url}/api/v1/status`)).status).toBe(401);
});

function codeOf(text: string): string | undefined {
  const { code, error } = JSON.parse(text) as {
    code?: string;
    error?: { data?: { code?: string } };
  };
  return code ?? error?.data?.code;
}

function connects(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection({ host, port });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

import type { NewServer } from "@castellan/calls";
import { isFault } from "@castellan/kernel";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startExoticLegacy } from "../fixtures/exotic.ts";
import { faults, only, startFaulty, type FaultyServer } from "../fixtures/faulty.ts";
import type { Interceptor } from "../fixtures/listener.ts";
import { startRawLegacy, type RawLegacyOptions } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernOptions } from "../fixtures/raw-modern.ts";
import { startRawSse } from "../fixtures/raw-sse.ts";
import { openPortals, type Portals } from "../portal/open-portals.ts";

let house: Portals;

beforeAll(async () => {
  house = await openPortals();
});

afterAll(() => house[Symbol.asyncDispose]());

function own<T extends AsyncDisposable>(server: T): T {
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const tools = (...names: string[]) =>
  `"tools":[${names.map((name) => `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`).join()}]`;
const modernList = (members: string) =>
  `{"resultType":"complete",${members},"ttlMs":0,"cacheScope":"private"}`;
const onlyTools = { capabilities: '{"tools":{}}' };

async function modern(options: RawModernOptions = {}) {
  const script = { "tools/list": () => modernList(tools("one")) };
  return own(await startRawModern({ ...onlyTools, script, ...options }));
}

async function legacy(options: RawLegacyOptions = {}) {
  const script = { "tools/list": () => `{${tools("one")}}` };
  return own(await startRawLegacy({ ...onlyTools, script, ...options }));
}

/** The names that a portal over the server would list, which are the same for callers of either era. */
async function offered(slug: string) {
  const { portals, directory, flush } = house;
  await portals.add({ slug: slug as never, title: slug, naming: "plain", servers: [slug] });
  await flush();
  onTestFinished(() => portals.remove(slug));
  const [legacy, modern] = (["legacy", "modern"] as const).map((era) =>
    directory
      .find(slug)
      ?.scope(era)
      .list("tool")
      .map((text) => (JSON.parse(text) as { name: string }).name),
  );
  expect(legacy).toEqual(modern);
  return legacy;
}

test("a modern server is read, and offered", async () => {
  const server = await modern();
  const { state } = await house.sync("modern", server.url);
  expect(state).toMatchObject({ status: "ready", legacy: undefined, skipped: [] });
  expect(await offered("modern")).toEqual(["one"]);
});

test("a legacy server is read and offered, and the session of the reading ended", async () => {
  const server = await legacy();
  const { state } = await house.sync("legacy", server.url);
  expect(state).toMatchObject({
    status: "ready",
    modern: undefined,
    legacy: { transport: "streamable-http", version: "2025-11-25" },
  });
  expect(await offered("legacy")).toEqual(["one"]);
  expect(server.sessions).toEqual([]);
  expect(
    server.recording.requests.every(({ headers }) => headers.authorization === "Bearer of-the-house"),
  ).toBe(true);
});

test("a server of 2024-11-05 is read", async () => {
  const script = { "tools/list": () => `{${tools("one")}}` };
  const server = own(await startRawSse({ ...onlyTools, script }));
  const { state } = await house.sync("sse", server.url);
  expect(state).toMatchObject({ status: "ready", legacy: { transport: "sse", version: "2024-11-05" } });
  expect(await offered("sse")).toEqual(["one"]);
});

test("definitions and what a server says of itself are kept to the letter", async () => {
  const server = own(await startExoticLegacy());
  const { state } = await house.sync("exotic", server.url);
  expect(state.skipped).toEqual([]);
  expect(state.legacy?.helloText).toContain('"x-unknown":{"build":1234567890123456789}');
});

test("a failure keeps what was found before, and says so", async () => {
  const server = await modern();
  await house.sync("flaky", server.url);
  server.intercept = faults.status(503);
  const failed = await house.sync("flaky");
  expect(failed.state).toMatchObject({
    status: "stale",
    error: {
      code: "upstream_refused",
      message: "The server answered with HTTP 503",
      details: { status: 503 },
    },
  });
  expect(await offered("flaky")).toEqual(["one"]);
  server.intercept = undefined;
  expect((await house.sync("flaky")).state).toMatchObject({ status: "ready", error: undefined });
});

test("a list that fails is kept as it was, and the others are read", async () => {
  const server = await legacy({ capabilities: '{"tools":{},"prompts":{}}' });
  server.script = { ...server.script, "prompts/list": () => '{"prompts":[{"name":"p"}]}' };
  await house.sync("half", server.url);
  server.script = {
    "tools/list": () => `{${tools("two")}}`,
    "prompts/list": () => ({ status: 500, body: "no" }),
  };
  const { status, failedLists } = (await house.sync("half")).state;
  const message = "The server answered with HTTP 500";
  const failed = { kind: "prompt", code: "upstream_refused", message, details: { status: 500 } };
  expect([status, failedLists]).toEqual(["ready", [failed]]);
  expect(await offered("half")).toEqual(["two"]);
});

test("what cannot be used is left out, each with a reason, and the rest is offered", async () => {
  const tool = (name: string, more = '"inputSchema":{"type":"object"}') =>
    `{"name":${JSON.stringify(name)},${more}}`;
  const schema = '"inputSchema": Invalid input: expected object, received undefined';
  const description = '"description": Invalid input: expected string, received null';
  const tooLong = 'has a "name" of more than 1024 characters or 2048 bytes';
  const unusable: readonly [text: string, problem: string][] = [
    ["1", 'has no string "name"'],
    ['{"noname":true}', 'has no string "name"'],
    [tool("open", '"x":1'), `has a bad ${schema}`],
    [tool("null", '"inputSchema":{"type":"object"},"description":null'), `has a bad ${description}`],
    [tool("a\0b"), 'has a "name" that is not text'],
    [tool("x".repeat(2000)), tooLong],
    [tool("漢".repeat(1000)), tooLong],
    [tool("\ud800"), 'has a "name" that is not text'],
  ];
  const texts = [...unusable.map(([text]) => text), tool("good"), tool("good"), tool("last")];
  const server = await legacy({ script: { "tools/list": () => `{"tools":[${texts.join()}]}` } });
  const { state } = await house.sync("messy", server.url);
  expect([state.status, state.skipped]).toEqual([
    "ready",
    [
      ...unusable.map(
        ([text, problem]) => `tool ${JSON.stringify(text.slice(0, 80))}: The definition ${problem}`,
      ),
      'tool "good" is listed twice',
    ],
  ]);
  expect(await offered("messy")).toEqual(["good", "last"]);
});

test("the reasons kept are bounded", async () => {
  const list = `{"tools":[${"1,".repeat(5_000)}1]}`;
  const server = await legacy({ script: { "tools/list": () => list } });
  const { state } = await house.sync("hopeless", server.url);
  expect([state.skipped.length, state.skipped.at(-1)]).toEqual([101, "and 4901 more"]);
});

test("a server's words are kept although PostgreSQL would refuse them", async () => {
  const server = await legacy({
    script: {
      "tools/list": () => ({ status: 200, headers: { "content-type": "application/json" }, body: "" }),
    },
    intercept: only("initialize", ({ request, response }) => {
      const { id } = request.message as { id: number };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"broken\\u0000 \\ud800"}}`);
      return true;
    }),
  });
  const { state } = await house.sync("rude", server.url);
  expect(state).toMatchObject({
    status: "error",
    error: {
      code: "upstream_invalid",
      message: "initialize failed: broken␀ �",
      details: { rpcCode: -1 },
    },
  });
});

test("what a server says went wrong is kept in full, up to a bound", async () => {
  const words = "It is broken in so many ways. ".repeat(50);
  const fail = (message: string) =>
    only("tools/list", ({ request, response }) => {
      const { id } = request.message as { id: number };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_603, message } }));
      return true;
    });
  const server = await modern({ intercept: fail(words) });
  const { state } = await house.sync("wordy", server.url);
  expect(state.error).toEqual({
    code: "upstream_invalid",
    message: `The server's tools/list failed: ${words}`,
    details: { rpcCode: -32_603 },
  });
  server.intercept = fail("x".repeat(10_000));
  expect((await house.sync("wordy")).state.error?.message).toHaveLength(4_000);
});

test("a transport that is set is the only one that is tried", async () => {
  const young = await modern();
  const old = own(await startRawSse({ ...onlyTools, script: { "tools/list": () => `{${tools("one")}}` } }));
  const outcome = async (slug: string, url: string, transport: NewServer["transport"]) => {
    const { status, modern, legacy } = (await house.sync(slug, url, { transport })).state;
    return [status, modern !== undefined, legacy?.transport];
  };
  expect(await outcome("set-http", young.url, "streamable-http")).toEqual(["ready", true, undefined]);
  young.recording.clear();
  expect(await outcome("set-sse", young.url, "sse")).toEqual(["error", false, undefined]);
  expect(young.recording.requests.map(({ httpMethod }) => httpMethod)).toEqual(["GET"]);
  expect(await outcome("old-sse", old.url, "sse")).toEqual(["ready", false, "sse"]);
  old.recording.clear();
  expect(await outcome("old-http", old.url, "streamable-http")).toEqual(["error", false, undefined]);
  expect(new Set(old.recording.requests.map(({ httpMethod }) => httpMethod))).toEqual(new Set(["POST"]));
});

test("a server that is found below its address is read and called there", async () => {
  const server = await modern({
    script: {
      "tools/list": () => modernList(tools("one")),
      "tools/call": () => '{"resultType":"complete","content":[]}',
    },
    intercept: ({ request, response }) => {
      if (request.path === "/mcp") return false;
      response.writeHead(404).end();
      return true;
    },
  });
  const { state } = await house.sync("below", new URL(server.url).origin);
  expect(state).toMatchObject({ status: "ready", foundBelow: "/mcp" });
  const { url, token } = await house.open("below", ["below"], "plain");
  server.recording.clear();
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "one",
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"one","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}',
  });
  expect(await answer.json()).toMatchObject({ result: { content: [] } });
  expect(server.recording.requests.map(({ path, method }) => [path, method])).toEqual([
    ["/mcp", "tools/call"],
  ]);
});

/** One address in front of a server of each era, as a server that speaks both. */
async function both(): Promise<FaultyServer & { forward: Interceptor }> {
  const [old, young] = [await legacy(), await modern()];
  const forward: Interceptor = async ({ request, response }) => {
    const isModern = request.headers["mcp-protocol-version"] === "2026-07-28";
    const { "content-length": _, connection: __, ...headers } = request.headers;
    const reply = await fetch(isModern ? young.url : old.url, {
      method: request.httpMethod,
      headers: headers as Record<string, string>,
      ...(request.httpMethod === "POST" && { body: request.body }),
    });
    const session = reply.headers.get("mcp-session-id");
    response.writeHead(reply.status, {
      "content-type": reply.headers.get("content-type") ?? "text/plain",
      ...(session !== null && { "mcp-session-id": session }),
    });
    response.end(await reply.text());
    return true;
  };
  return Object.assign(own(await startFaulty(forward)), { forward });
}

test.each([
  ["server/discover", "hang", faults.hang()],
  ["server/discover", "reset", faults.reset()],
  ["server/discover", "503", faults.status(503)],
  ["initialize", "reset", faults.reset()],
  ["initialize", "429", faults.status(429)],
] as const)("an era is not lost for one failure that passes: %s, %s", async (method, name, fault) => {
  const server = await both();
  const slug = `both-${method.slice(0, 3)}-${name}`;
  const eras = async (url?: string) => {
    const { state } = await house.sync(slug, url);
    return [state.status, !!state.modern, !!state.legacy];
  };
  expect(await eras(server.url)).toEqual(["ready", true, true]);
  server.intercept = (exchange) =>
    exchange.request.method === method ? fault(exchange) : server.forward(exchange);
  expect(await eras()).toEqual(["ready", true, true]);
  const gone = faults.status(404);
  server.intercept = (exchange) =>
    exchange.request.method === method ? gone(exchange) : server.forward(exchange);
  expect(await eras()).toEqual(["ready", method !== "server/discover", method !== "initialize"]);
});

test("a server that is removed while it is read comes to nothing", async () => {
  const server = await modern();
  await house.sync("leaving", server.url);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  server.script = {
    "tools/list": () => {
      asked.resolve();
      return answer.promise;
    },
  };
  const syncing = house.sync("leaving").then(
    () => "done",
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
  await asked.promise;
  await house.removeServer("leaving");
  answer.resolve(modernList(tools("late")));
  expect(await syncing).toBe("server_unknown");
  await house.flush();
});

test("a login page, a 401 and a dead port are told apart", async () => {
  const codes = [];
  for (const [slug, fault] of [
    ["login", faults.html()],
    ["unauthorized", faults.unauthorized()],
    ["dead", faults.reset()],
  ] as const) {
    const server = own(await startFaulty(fault));
    codes.push((await house.sync(slug, server.url)).state.error?.code);
  }
  expect(codes).toEqual(["upstream_invalid", "upstream_unauthorized", "upstream_unreachable"]);
});

test("an address that no admin allowed is not even connected to", async () => {
  const server = await modern();
  const { state } = await house.sync("forbidden", server.url.replace("127.0.0.1", "127.0.0.2"));
  expect(state.error?.code).toBe("outbound_refused");
});

import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import {
  type SeenRequest,
  answerJson,
  codeOf,
  legacyHello,
  openEvents,
  result,
  rpcError,
  startServer,
} from "../testing.ts";
import type { Channel, ChannelRequest, UpstreamLimits } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import type { LegacyClient } from "./legacy.ts";

const client: LegacyClient = {
  version: "2025-11-25",
  capabilities: '{"sampling":{},"x":1E400}',
  clientInfo: '{"name":"c","version":"1"}',
};
const never = new AbortController().signal;

type Handle = (request: SeenRequest, response: ServerResponse) => void;

/** A server with numbered sessions; `handle` answers what is neither the handshake nor the end. */
async function serve(handle: Handle = ({ id }, response) => answerJson(response, result(id, "{}"))) {
  let sessions = 0;
  const server = await startServer((request, response) => {
    if (request.httpMethod === "DELETE") return void response.writeHead(204).end();
    if (request.method === "initialize")
      return answerJson(response, result(request.id, legacyHello), 200, {
        "mcp-session-id": `session-${++sessions}`,
      });
    if (request.id === undefined || request.method === undefined) return void response.writeHead(202).end();
    return handle(request, response);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function open(server: Awaited<ReturnType<typeof serve>>, limits: Partial<UpstreamLimits> = {}) {
  const channel = await openLegacyHttp(server.target(limits), client, never);
  onTestFinished(() => channel[Symbol.asyncDispose]());
  return channel;
}

function call(channel: Channel, options: Partial<ChannelRequest> = {}) {
  return channel.request({ method: "tools/call", params: '{"name":"a"}', signal: never, ...options });
}

const told = ({ httpMethod, method, headers, body }: SeenRequest) => [
  httpMethod,
  method ?? body,
  headers["mcp-session-id"],
  headers["mcp-protocol-version"],
];

test("a session is opened with the client's own words, used, and ended", async () => {
  const server = await serve();
  const channel = await open(server);
  await call(channel);
  await channel[Symbol.asyncDispose]();
  await channel[Symbol.asyncDispose]();
  expect(server.seen.map(told)).toEqual([
    ["POST", "initialize", undefined, undefined],
    ["POST", "notifications/initialized", "session-1", "2025-11-25"],
    ["POST", "tools/call", "session-1", "2025-11-25"],
    ["DELETE", "", "session-1", "2025-11-25"],
  ]);
  expect(server.seen[0]?.body).toContain(
    '"params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"x":1E400},"clientInfo":{"name":"c","version":"1"}}',
  );
  expect(await codeOf(call(channel))).toBe("upstream_unreachable");
});

const lost: [string, (id: unknown, response: ServerResponse) => void][] = [
  ["404", (_, response) => void response.writeHead(404).end()],
  [
    "404 in JSON-RPC",
    (_, response) => answerJson(response, rpcError(null, -32001, "Session not found"), 404),
  ],
  [
    "400 of the SDK's examples",
    (_, response) =>
      answerJson(response, rpcError(null, -32000, "Bad Request: No valid session ID provided"), 400),
  ],
  [
    "400 of a new transport",
    (_, response) => answerJson(response, rpcError(null, -32000, "Bad Request: Server not initialized"), 400),
  ],
];

test.each(lost)(
  "a session lost with %s is opened anew, once, and the request sent again",
  async (_, lose) => {
    const server = await serve(({ id, headers }, response) =>
      headers["mcp-session-id"] === "session-1"
        ? lose(id, response)
        : answerJson(response, result(id, '{"again":1}')),
    );
    const channel = await open(server);
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(channel)));
    expect(answers.map((answer) => answer.kind === "result" && answer.result)).toEqual(
      Array.from({ length: 8 }, () => ({ again: 1 })),
    );
    expect(server.seen.filter(({ method }) => method === "initialize")).toHaveLength(2);
  },
);

test("a session that is lost again is not opened for ever", async () => {
  const server = await serve((_, response) => void response.writeHead(404).end());
  const channel = await open(server);
  expect(await codeOf(call(channel))).toBe("upstream_refused");
  expect(server.seen.filter(({ method }) => method === "initialize")).toHaveLength(2);
});

test.each([
  ["an argument called session", 400, rpcError(1, -32602, "Invalid argument: session is required")],
  ["an unknown method", 404, rpcError(1, -32601, "Method not found")],
])("%s does not cost the session", async (_, status, text) => {
  const server = await serve((_, response) => answerJson(response, text, status));
  const channel = await open(server);
  expect((await call(channel)).kind).toBe("error");
  expect(server.seen.filter(({ method }) => method === "initialize")).toHaveLength(1);
});

test("who gives up on a lost session does not take the new one from the others", async () => {
  const opened: { id: unknown; response: ServerResponse }[] = [];
  const server = await startServer(({ id, method, headers }, response) => {
    if (method === "initialize") {
      if (opened.push({ id, response }) > 1) return;
      return answerJson(response, result(id, legacyHello), 200, { "mcp-session-id": "one" });
    }
    if (id === undefined) return void response.writeHead(202).end();
    return headers["mcp-session-id"] === "one"
      ? void response.writeHead(404).end()
      : answerJson(response, result(id, "{}"));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await open(server);
  const impatient = new AbortController();
  const first = codeOf(call(channel, { signal: impatient.signal }));
  await server.when(() => opened.length === 2);
  const second = codeOf(call(channel));
  await server.when(({ id }) => id === 4);
  impatient.abort();
  expect(await first).toBe("cancelled");
  const again = opened[1]!;
  answerJson(again.response, result(again.id, legacyHello), 200, { "mcp-session-id": "two" });
  expect(await second).toBe("answered");
});

test("to stop waiting is told in this era (2025-11-25, transports), under the id that was sent", async () => {
  const server = await serve(() => undefined);
  const channel = await open(server);
  const cancel = new AbortController();
  const answer = codeOf(call(channel, { signal: cancel.signal }));
  const { id } = await server.when(({ method }) => method === "tools/call");
  cancel.abort();
  expect(await answer).toBe("cancelled");
  const { params } = await server.when(({ method }) => method === "notifications/cancelled");
  expect(params["requestId"]).toBe(id);
});

test("a request that is given up for silence is cancelled, too", async () => {
  const server = await serve((_, response) => openEvents(response));
  const channel = await open(server, { idleTimeoutMs: 500 });
  expect(await codeOf(call(channel))).toBe("upstream_timeout");
  const { id } = await server.when(({ method }) => method === "tools/call");
  const { params } = await server.when(({ method }) => method === "notifications/cancelled");
  expect(params["requestId"]).toBe(id);
});

test("questions ahead of the answer are handed on, and their answers go back as they are", async () => {
  const question = '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"n":1E400}}';
  const streams: ServerResponse[] = [];
  const server = await serve((_, response) => {
    openEvents(response, question);
    streams.push(response);
  });
  const channel = await open(server);
  const asked = Promise.withResolvers<string>();
  const answer = call(channel, { onMessage: (message) => asked.resolve(message.text) });
  expect(await asked.promise).toBe(question);
  await channel.send('{"jsonrpc":"2.0","id":"q","result":{"n":1E400}}');
  const { id } = await server.when(({ method }) => method === "tools/call");
  streams[0]?.end(`event: message\ndata: ${result(id, "{}")}\n\n`);
  expect((await answer).kind).toBe("result");
  expect(server.seen.at(-1)?.body).toBe('{"jsonrpc":"2.0","id":"q","result":{"n":1E400}}');
});

test.each<[string, string, Handle]>([
  ["401", "upstream_unauthorized", (_, response) => void response.writeHead(401).end()],
  ["500", "upstream_refused", (_, response) => void response.writeHead(500).end()],
  ["an error", "upstream_invalid", ({ id }, response) => answerJson(response, rpcError(id, -32000))],
  [
    "a version that is none",
    "upstream_invalid",
    ({ id }, response) =>
      answerJson(response, result(id, '{"protocolVersion":"2030-01-01","capabilities":{}}')),
  ],
  [
    "a session id that is no header",
    "upstream_invalid",
    ({ id }, response) => {
      response.setHeader("mcp-session-id", Buffer.from("sitzung-für-alle").toString("latin1"));
      answerJson(response, result(id, legacyHello));
    },
  ],
])("initialize answered with %s: %s", async (_, code, handle) => {
  const server = await startServer((request, response) =>
    request.method === "initialize" ? handle(request, response) : void response.writeHead(202).end(),
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  expect(await codeOf(openLegacyHttp(server.target(), client, never))).toBe(code);
});

test("a server without sessions is given none and has none ended", async () => {
  const server = await startServer(({ id, method }, response) => {
    if (id === undefined) return void response.writeHead(202).end();
    return answerJson(response, result(id, method === "initialize" ? legacyHello : "{}"));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await openLegacyHttp(server.target(), client, never);
  await call(channel);
  await channel[Symbol.asyncDispose]();
  expect(server.seen.map(told)).toEqual([
    ["POST", "initialize", undefined, undefined],
    ["POST", "notifications/initialized", undefined, "2025-11-25"],
    ["POST", "tools/call", undefined, "2025-11-25"],
  ]);
});

test("a handshake that hangs at its end can be given up, and its session is ended", async () => {
  const server = await startServer((request, response) => {
    if (request.httpMethod === "DELETE") return void response.writeHead(204).end();
    if (request.method === "initialize")
      return answerJson(response, result(request.id, legacyHello), 200, { "mcp-session-id": "half" });
    // notifications/initialized is never answered.
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const cancel = new AbortController();
  const opening = codeOf(openLegacyHttp(server.target(), client, cancel.signal));
  await server.when(({ method }) => method === "notifications/initialized");
  cancel.abort();
  expect(await opening).toBe("cancelled");
  expect((await server.when(({ httpMethod }) => httpMethod === "DELETE")).headers["mcp-session-id"]).toBe(
    "half",
  );
});

test("a channel that is disposed of while it opens anew leaves no session behind", async () => {
  const opened: { id: unknown; response: ServerResponse }[] = [];
  const server = await startServer(({ id, httpMethod, method }, response) => {
    if (httpMethod === "DELETE") return void response.writeHead(204).end();
    if (method === "initialize") {
      const name = `session-${opened.push({ id, response })}`;
      return answerJson(response, result(id, legacyHello), 200, { "mcp-session-id": name });
    }
    if (id !== undefined) return void response.writeHead(404).end();
    // The second handshake hangs at its end.
    return opened.length === 1 ? void response.writeHead(202).end() : undefined;
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await openLegacyHttp(server.target(), client, never);
  const answer = codeOf(call(channel));
  await server.when(({ method }) => method === "notifications/initialized" && opened.length === 2);
  await server.when(({ headers, method }) => !!method && headers["mcp-session-id"] === "session-2");
  await channel[Symbol.asyncDispose]();
  expect(await answer).toBe("upstream_unreachable");
  const ended = server.seen.filter(({ httpMethod }) => httpMethod === "DELETE");
  expect(ended.map(({ headers }) => headers["mcp-session-id"])).toContain("session-2");
});

import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import {
  type SeenRequest,
  answerJson,
  codeOf,
  legacyHello,
  modernHello,
  openEvents,
  result,
  startServer,
} from "../testing.ts";
import { keepAliveComment, messageEvent, primingEvent } from "../sse/write.ts";
import type { Channel, ChannelRequest, UpstreamLimits } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import { createModernChannel } from "./modern.ts";

const client = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"c","version":"1"}',
} as const;
const never = new AbortController().signal;
const progress = (n: number) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":${n}}}`;

type Say = (response: ServerResponse, callId: unknown, request: SeenRequest) => void;

/** A server that begins the answer as `begin` says, and goes on with the n-th GET as `goOn` says. */
async function open(begin: Say, goOn: Say, limits: Partial<UpstreamLimits> = {}) {
  let callId: unknown;
  const server = await startServer((request, response) => {
    const { httpMethod, id, method } = request;
    if (httpMethod === "GET") return goOn(response, callId, request);
    if (method === "initialize")
      return answerJson(response, result(id, legacyHello), 200, { "mcp-session-id": "s" });
    if (id === undefined) return void response.writeHead(202).end();
    callId = id;
    openEvents(response);
    begin(response, callId, request);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await openLegacyHttp(server.target(limits), client, never);
  onTestFinished(() => channel[Symbol.asyncDispose]());
  const gets = () => server.seen.filter(({ httpMethod }) => httpMethod === "GET");
  return { server, channel, gets };
}

function call(channel: Channel, options: Partial<ChannelRequest> = {}) {
  return channel.request({ method: "tools/call", params: '{"name":"a"}', signal: never, ...options });
}

const closes: Say = (response) => void response.end(primingEvent("1", 0));
const answers: Say = (response, id) => {
  openEvents(response);
  response.end(messageEvent(result(id, "{}"), "9"));
};

test("a stream that the server closes is taken up where it ended, as often as it takes (SEP-1699)", async () => {
  const rest = [
    primingEvent("2", 0) + messageEvent(progress(2), "3"),
    messageEvent(progress(3), "4"),
    keepAliveComment,
  ];
  const { channel, gets } = await open(
    (response) => void response.end(primingEvent("0", 0) + messageEvent(progress(1), "1")),
    (response, id) => {
      openEvents(response);
      response.end(rest.shift() ?? messageEvent(result(id, '{"n":1E400}')));
    },
  );
  const heard: string[] = [];
  const answer = await call(channel, { onMessage: ({ text }) => void heard.push(text) });
  expect(answer.text).toContain('{"n":1E400}');
  expect(heard).toEqual([progress(1), progress(2), progress(3)]);
  expect(
    gets().map(({ headers }) => [
      headers["last-event-id"],
      headers["mcp-session-id"],
      headers["mcp-protocol-version"],
      headers.accept,
      headers.authorization,
    ]),
  ).toEqual(
    ["1", "3", "4", "4"].map((id) => [id, "s", "2025-11-25", "text/event-stream", "Bearer of-the-server"]),
  );
});

test.each<[string, Say]>([
  ["the stream breaks", (response) => void response.write(primingEvent("1", 0), () => response.destroy())],
  [
    "the stream breaks within an event",
    (response) => void response.write(`${primingEvent("1", 0)}id: 2\ndata: {`, () => response.destroy()),
  ],
])("%s after an id: the rest is asked for", async (_, breaks) => {
  const { channel, gets } = await open(breaks, answers);
  expect(await codeOf(call(channel))).toBe("answered");
  expect(gets().map(({ headers }) => headers["last-event-id"])).toEqual(["1"]);
});

test.each<[string, Say]>([
  ["no event has an id", (response) => void response.end(messageEvent(progress(1)))],
  ["the id was taken back", (response) => void response.end(`${primingEvent("1")}id:\n\n`)],
  ["the id is too long to be sent back", (response) => void response.end(primingEvent("x".repeat(5_000)))],
])("%s: the request is lost", async (_, begin) => {
  const { channel, gets } = await open(begin, answers);
  expect(await codeOf(call(channel))).toBe("upstream_unreachable");
  expect(gets()).toEqual([]);
});

test("a server of the modern era is not asked for the rest (2026-07-28, transports)", async () => {
  const { server } = await open(closes, answers);
  const hello = { version: "2026-07-28", capabilities: {}, resultText: modernHello };
  expect(await codeOf(call(createModernChannel(server.target(), hello)))).toBe("upstream_unreachable");
});

test.each<[number, string]>([
  [405, "upstream_unreachable"],
  [404, "upstream_unreachable"],
  [401, "upstream_unauthorized"],
])("the rest is refused with %d: %s, and the call is not made again", async (status, code) => {
  const { server, channel } = await open(closes, (response) => void response.writeHead(status).end());
  expect(await codeOf(call(channel))).toBe(code);
  expect(server.seen.filter(({ method }) => method === "tools/call")).toHaveLength(1);
});

test.each<[string, Say]>([
  ["503", (response) => void response.writeHead(503).end()],
  ["409", (response) => void response.writeHead(409).end()],
  ["a broken connection", (response) => void response.destroy()],
])("the rest is asked for again after %s", async (_, fails) => {
  let tries = 0;
  const { channel } = await open(closes, (response, id, request) =>
    ++tries < 3 ? fails(response, id, request) : answers(response, id, request),
  );
  expect([await codeOf(call(channel)), tries]).toEqual(["answered", 3]);
});

test.each<[string, (n: number) => string]>([
  ["new ids and nothing else", (n) => primingEvent(`${n}`, 0)],
  ["comments", () => keepAliveComment],
  ["events that are no messages", (n) => `id: ${n}\nretry: 0\nevent: ping\ndata: x\n\n`],
])("a server cannot keep us coming back with %s", async (_, text) => {
  let n = 1;
  const say: Say = (response) => {
    openEvents(response);
    response.end(text(++n));
  };
  const { server, channel, gets } = await open(closes, say, { idleTimeoutMs: 1_200 });
  expect(await codeOf(call(channel))).toBe("upstream_timeout");
  // After 0, 125, 375 and 875 ms. Did what it says count, there would be another one a second later.
  expect(gets().length).toBeLessThan(5);
  await server.when(({ method }) => method === "notifications/cancelled");
});

test.each<[string, Say]>([
  ["while we wait to come back", (response) => void response.end(primingEvent("1", 30_000))],
  ["while the rest is asked for", closes],
])("to stop waiting is told %s", async (_, begin) => {
  const { server, channel } = await open(begin, () => undefined);
  const cancel = new AbortController();
  const answer = codeOf(call(channel, { signal: cancel.signal }));
  const { ended, id } = await server.when(({ method }) => method === "tools/call");
  await ended;
  if (begin === closes) await server.when(({ httpMethod }) => httpMethod === "GET");
  cancel.abort();
  expect(await answer).toBe("cancelled");
  const { params } = await server.when(({ method }) => method === "notifications/cancelled");
  expect(params["requestId"]).toBe(id);
});

test("the rest may be silent for as long as it says something now and then", async () => {
  const { channel } = await open(
    closes,
    (response, id) => {
      openEvents(response);
      let n = 0;
      const more = setInterval(() => {
        if (++n < 8) return void response.write(messageEvent(progress(n)));
        clearInterval(more);
        response.end(messageEvent(result(id, "{}")));
      }, 150);
    },
    { idleTimeoutMs: 1_000 },
  );
  expect(await codeOf(call(channel))).toBe("answered");
});

test("an answer to another request is none, in the rest as well", async () => {
  const { channel } = await open(closes, (response, id, request) =>
    answers(response, `${String(id)}`, request),
  );
  expect(await codeOf(call(channel))).toBe("upstream_invalid");
});

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { Agent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import {
  type SeenRequest,
  answerJson,
  codeOf,
  modernHello,
  openEvents,
  result,
  rpcError,
  startServer,
} from "../testing.ts";
import { messageEvent } from "../sse/write.ts";
import type { Channel, ChannelRequest, UpstreamLimits } from "./channel.ts";
import { createModernChannel } from "./modern.ts";

const hello = { version: "2026-07-28", capabilities: {}, resultText: modernHello };

async function open(
  handle: (request: SeenRequest, response: ServerResponse) => void,
  limits: Partial<UpstreamLimits> = {},
) {
  const server = await startServer(handle);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, channel: createModernChannel(server.target(limits), hello) };
}

function call(channel: Channel, options: Partial<ChannelRequest> = {}) {
  return channel.request({
    method: "tools/call",
    params: '{"name":"a"}',
    name: "a",
    signal: new AbortController().signal,
    ...options,
  });
}

class OneConnection extends Agent implements AsyncDisposable {
  constructor() {
    super({ connections: 1 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }
}

test("a request carries the headers that its body demands, and the server's own", async () => {
  const { server, channel } = await open(({ id }, response) => answerJson(response, result(id, "{}")));
  await call(channel, { name: "ü\r\nX-Evil: 1", paramHeaders: { "mcp-param-region": "eu" } });
  expect(server.seen[0]?.headers).toMatchObject({
    accept: "application/json, text/event-stream",
    authorization: "Bearer of-the-server",
    "content-type": "application/json",
    "mcp-method": "tools/call",
    "mcp-name": "=?base64?w7wNClgtRXZpbDogMQ==?=",
    "mcp-param-region": "eu",
    "mcp-protocol-version": "2026-07-28",
  });
  expect(server.seen[0]?.headers).not.toHaveProperty("x-evil");
});

test("the answer is the one that came, to the letter, over JSON and over a stream", async () => {
  const raw = '{ "n":1234567890123456789, "e":1E400 }';
  const { channel } = await open(({ id, params }, response) => {
    if (params["name"] === "a") return answerJson(response, result(id, raw));
    openEvents(response, '{"jsonrpc":"2.0","method":"notifications/progress"}', result(id, raw));
    response.end();
  });
  const heard: string[] = [];
  const onMessage = (message: { text: string }) => void heard.push(message.text);
  expect((await call(channel)).text).toContain(raw);
  expect((await call(channel, { params: '{"name":"b"}', onMessage })).text).toContain(raw);
  expect(heard).toEqual(['{"jsonrpc":"2.0","method":"notifications/progress"}']);
});

test("a connection serves the next call, also after an answer that came as a stream", async () => {
  await using server = await startServer(({ id }, response) => {
    openEvents(response, result(id, "{}"));
    void answered.promise.then(() => response.end());
  });
  // One connection at most, so that the next call waits for it instead of taking another.
  await using dispatcher = new OneConnection();
  const channel = createModernChannel({ ...server.target(), dispatcher }, hello);
  let answered = Promise.withResolvers<void>();
  for (let n = 0; n < 3; n++) {
    answered = Promise.withResolvers<void>();
    await call(channel);
    answered.resolve();
  }
  expect(server.seen.map(({ connection }) => connection)).toEqual([1, 1, 1]);
});

test("a stream that goes on after its answer is cut", async () => {
  const { server, channel } = await open(({ id }, response) => openEvents(response, result(id, "{}")));
  await call(channel);
  expect(await server.seen[0]?.ended).toBe(false);
});

type Handle = (request: SeenRequest, response: ServerResponse) => void;
const flood =
  (head: string): Handle =>
  (_, response) => {
    response.write(head);
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  };

test.each<[string, string, Handle]>([
  ["a reply to another id", "upstream_invalid", (_, r) => answerJson(r, result(77, "{}"))],
  ["a reply to the id as a string", "upstream_invalid", ({ id }, r) => answerJson(r, result(`${id}`, "{}"))],
  [
    "a request in place of an answer",
    "upstream_invalid",
    ({ id }, r) => answerJson(r, JSON.stringify({ jsonrpc: "2.0", id, method: "ping" })),
  ],
  ["malformed JSON", "upstream_invalid", (_, r) => answerJson(r, '{"jsonrpc":')],
  ["an empty body", "upstream_invalid", (_, r) => answerJson(r, "")],
  ["a batch", "upstream_invalid", ({ id }, r) => answerJson(r, `[${result(id, "{}")}]`)],
  ["a key twice", "upstream_invalid", ({ id }, r) => answerJson(r, result(id, '{"a":1,"a":2}'))],
  ["a key __proto__", "upstream_invalid", ({ id }, r) => answerJson(r, result(id, '{"__proto__":{}}'))],
  ["malformed JSON in an event", "upstream_invalid", (_, r) => openEvents(r, "{")],
  [
    "bytes that are no UTF-8",
    "upstream_invalid",
    (_, r) => {
      r.writeHead(200, { "content-type": "application/json" }).end(Buffer.from([0x7b, 0xff, 0x7d]));
    },
  ],
  ["HTML", "upstream_invalid", (_, r) => void r.writeHead(200, { "content-type": "text/html" }).end("<p>")],
  ["no content type", "upstream_invalid", (_, r) => void r.writeHead(200).end("{}")],
  [
    "a redirect, which is not followed",
    "upstream_refused",
    (_, r) => void r.writeHead(302, { location: "/elsewhere" }).end(),
  ],
  ["202 to a request", "upstream_refused", (_, r) => void r.writeHead(202).end()],
  [
    "500 and HTML",
    "upstream_refused",
    (_, r) => void r.writeHead(500, { "content-type": "text/html" }).end("<p>"),
  ],
  ["500 and JSON that is no JSON-RPC", "upstream_refused", (_, r) => answerJson(r, '{"error":"x"}', 500)],
  ["401", "upstream_unauthorized", (_, r) => void r.writeHead(401).end()],
  [
    "403 with an error in JSON-RPC",
    "upstream_unauthorized",
    ({ id }, r) => answerJson(r, rpcError(id, -32000), 403),
  ],
  [
    "a stream that ends without an answer",
    "upstream_unreachable",
    (_, r) => {
      openEvents(r, '{"jsonrpc":"2.0","method":"notifications/message"}');
      r.end();
    },
  ],
  ["a connection that breaks", "upstream_unreachable", (_, r) => r.destroy()],
  [
    "a body that breaks off",
    "upstream_unreachable",
    (_, r) => {
      r.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      r.write("{", () => r.destroy());
    },
  ],
  [
    "a body without end",
    "upstream_too_large",
    (request, r) => {
      r.writeHead(200, { "content-type": "application/json" });
      flood('{"jsonrpc":"2.0","id":1,"result":{"a":"')(request, r);
    },
  ],
  [
    "an event without end",
    "upstream_too_large",
    (request, r) => {
      openEvents(r);
      flood("data: ")(request, r);
    },
  ],
  [
    "an error's body without end",
    "upstream_too_large",
    (request, r) => {
      r.writeHead(500, { "content-type": "application/json" });
      flood("{")(request, r);
    },
  ],
])("%s: %s", async (_, code, handle) => {
  const { server, channel } = await open(handle, { maxMessageBytes: 100_000 });
  expect(await codeOf(call(channel))).toBe(code);
  expect(server.seen).toHaveLength(1);
});

test.each<[string, Handle]>([
  ["nothing at all", () => undefined],
  ["a head and no body", (_, r) => r.writeHead(200, { "content-type": "application/json" }).flushHeaders()],
  ["a stream that falls silent", (_, r) => openEvents(r, '{"jsonrpc":"2.0","method":"x"}')],
])("silence is given up: %s", async (_, handle) => {
  const { server, channel } = await open(handle, { idleTimeoutMs: 100 });
  expect(await codeOf(call(channel))).toBe("upstream_timeout");
  expect(await server.seen[0]?.ended).toBe(false);
});

test("to stop waiting is to hang up (2026-07-28, transports), and nothing more is said", async () => {
  const { server, channel } = await open((_, response) => openEvents(response));
  const cancel = new AbortController();
  const answer = codeOf(call(channel, { signal: cancel.signal }));
  const request = await server.when(({ method }) => method === "tools/call");
  cancel.abort();
  expect([await answer, await request.ended]).toEqual(["cancelled", false]);
  expect(server.seen).toHaveLength(1);
});

test("a deadline of the caller is a time-out, not a cancellation", async () => {
  const { channel } = await open(() => undefined);
  expect(await codeOf(call(channel, { signal: AbortSignal.timeout(50) }))).toBe("upstream_timeout");
});

test("a refusal that is told in JSON-RPC is the answer", async () => {
  const { channel } = await open(({ id }, response) => answerJson(response, rpcError(id, -32601), 404));
  expect(await call(channel)).toMatchObject({ kind: "error", error: { code: -32601, message: "no" } });
});

test("a stream that is wanted for long may be silent, over the dispatcher for streams, until its result", async () => {
  const ack = '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}';
  await using server = await startServer(async ({ id }, response) => {
    openEvents(response, ack);
    await setTimeout(1_000);
    response.end(messageEvent(result(id, "{}")));
  });
  await using streamDispatcher = new OneConnection();
  const refusing = new OneConnection();
  await refusing.destroy();
  const target = { ...server.target({ idleTimeoutMs: 500 }), dispatcher: refusing, streamDispatcher };
  const channel = createModernChannel(target, hello);
  const heard: string[] = [];
  const answer = await call(channel, {
    method: "subscriptions/listen",
    isStream: true,
    onMessage: ({ text }) => void heard.push(text),
  });
  expect([answer.kind, heard]).toEqual(["result", [ack]]);
  expect(await codeOf(call(channel))).toBe("upstream_unreachable");
});

test.each<[string, string, Handle]>([
  ["ends without a result", "upstream_unreachable", (_, r) => (openEvents(r), void r.end())],
  ["breaks", "upstream_unreachable", (_, r) => (openEvents(r), void r.write(":\n", () => r.destroy()))],
  ["is none", "answered", ({ id }, r) => answerJson(r, rpcError(id, -32601), 404)],
])("a stream that is wanted for long %s: %s", async (_, code, handle) => {
  const { channel } = await open(handle);
  expect(await codeOf(call(channel, { method: "subscriptions/listen", isStream: true }))).toBe(code);
});

test("to give up a stream closes it", async () => {
  const { server, channel } = await open((_, response) =>
    openEvents(response, '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}'),
  );
  const stop = new AbortController();
  const onMessage = () => stop.abort();
  const listening = call(channel, { isStream: true, signal: stop.signal, onMessage });
  expect([await codeOf(listening), await server.seen[0]?.ended]).toEqual(["cancelled", false]);
});

test("an answer that comes byte by byte is whole", async () => {
  const raw = JSON.stringify({ text: "ü".repeat(3_000) });
  const { channel } = await open(async ({ id }, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    for (const byte of Buffer.from(result(id, raw)))
      if (!response.write(Buffer.of(byte))) await once(response, "drain");
    response.end();
  });
  expect((await call(channel)).text).toContain(raw);
});

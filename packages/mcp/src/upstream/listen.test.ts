import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { isFault } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import {
  answerJson,
  legacyHello,
  openEvents,
  result,
  rpcError,
  startServer,
  type SeenRequest,
} from "../testing.ts";
import { messageEvent, primingEvent } from "../sse/write.ts";
import type { Channel, ListenOptions, UpstreamLimits } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";

const client = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"c","version":"1"}',
} as const;
const never = new AbortController().signal;
const changed = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';

type Handle = (response: ServerResponse, request: SeenRequest, n: number) => void;
const status =
  (code: number): Handle =>
  (response) =>
    void response.writeHead(code).end();

interface Served {
  /** Answers the n-th GET. */
  readonly get: Handle;
  /** Answers a request; by default with an empty result. */
  readonly post?: Handle;
  readonly sessions?: readonly (string | undefined)[];
  readonly limits?: Partial<UpstreamLimits>;
}

async function open({ get, post, sessions = ["one", "two"], limits }: Served) {
  let [gets, opened] = [0, 0];
  const server = await startServer((request, response) => {
    const { httpMethod, id, method } = request;
    if (httpMethod === "GET") return get(response, request, ++gets);
    if (httpMethod === "DELETE" || id === undefined || method === undefined)
      return void response.writeHead(202).end();
    if (method === "initialize") {
      const session = sessions[opened++];
      return answerJson(
        response,
        result(id, legacyHello),
        200,
        session === undefined ? {} : { "mcp-session-id": session },
      );
    }
    return post ? post(response, request, 0) : answerJson(response, result(id, "{}"));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const channel = await openLegacyHttp(server.target(limits), client, never);
  onTestFinished(() => channel[Symbol.asyncDispose]());
  return { server, channel };
}

function listen(channel: Channel, options: Partial<ListenOptions> = {}): Promise<string> {
  const heard = channel.listen?.({ signal: never, onMessage: () => undefined, ...options });
  return codeOf(heard ?? Promise.reject(new Error("the channel has no listen")));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    return String(await promise);
  } catch (error) {
    return isFault(error) ? error.code : `defect: ${String(error)}`;
  }
}

test("what the server says of its own accord is heard, its answers are not, and it may be silent", async () => {
  const question = '{"jsonrpc":"2.0","id":"q","method":"roots/list"}';
  const { channel, server } = await open({
    limits: { idleTimeoutMs: 500 },
    get: async (response) => {
      openEvents(response, changed, result(1, "{}"), rpcError(null, -32000));
      await setTimeout(1_000);
      response.write(messageEvent(question));
    },
  });
  const heard: string[] = [];
  const asked = Promise.withResolvers<void>();
  const stop = new AbortController();
  let opened = 0;
  const listening = listen(channel, {
    signal: stop.signal,
    onOpen: () => void opened++,
    onMessage: ({ text, kind }) => {
      heard.push(text);
      if (kind === "request") asked.resolve();
    },
  });
  await asked.promise;
  stop.abort();
  expect([await listening, opened, heard]).toEqual(["cancelled", 1, [changed, question]]);
  const { headers, ended } = await server.when(({ httpMethod }) => httpMethod === "GET");
  expect([headers.accept, headers["mcp-session-id"], headers["last-event-id"], await ended]).toEqual([
    "text/event-stream",
    "one",
    undefined,
    false,
  ]);
});

test("a stream that ends or breaks is taken up where it was", async () => {
  const { channel, server } = await open({
    get: (response, _, n) => {
      if (n === 3) return void response.writeHead(503).end();
      if (n === 4) return void response.destroy();
      openEvents(response);
      if (n === 1) response.end(primingEvent("1", 0) + messageEvent(changed, "2"));
      else response.write(messageEvent(changed, `${n}0`), () => n < 5 && response.destroy());
    },
  });
  const stop = new AbortController();
  const resumed: boolean[] = [];
  let heard = 0;
  const listening = listen(channel, {
    signal: stop.signal,
    onOpen: ({ isResumed }) => void resumed.push(isResumed),
    onMessage: () => void (++heard === 3 && stop.abort()),
  });
  expect([await listening, resumed]).toEqual(["cancelled", [false, true, true]]);
  const gets = server.seen.filter(({ httpMethod }) => httpMethod === "GET");
  expect(gets.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2", "20", "20", "20"]);
});

test("a server that closes the stream at once, again and again, is asked less and less often", async () => {
  let asked = 0;
  const { channel } = await open({
    get: (response, _, n) => {
      asked = n;
      openEvents(response);
      response.end(primingEvent(`${n}`, 0));
    },
  });
  // 0, 125, 250 and 500 ms: the sixth would be a second later.
  expect(await listen(channel, { signal: AbortSignal.timeout(1_000) })).toBe("upstream_timeout");
  expect(asked).toBeLessThanOrEqual(5);
});

test("the next message is read when the one before was taken, and a failure ends it", async () => {
  const { channel } = await open({
    get: (response) => openEvents(response, changed, changed, changed),
  });
  const order: string[] = [];
  let n = 0;
  const onMessage = async () => {
    order.push(`begins ${++n}`);
    await setTimeout(5);
    order.push(`ends ${n}`);
    if (n === 2) throw new Error("enough");
  };
  expect(await listen(channel, { onMessage })).toBe("defect: Error: enough");
  expect(order).toEqual(["begins 1", "ends 1", "begins 2", "ends 2"]);
});

test.each<[string, Handle]>([
  ["405", status(405)],
  ["404 of a server without GET, whose session lives", status(404)],
  ["a page", (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>")],
  ["202", status(202)],
])("%s: there is no such stream, and the session stays", async (_, get) => {
  const { channel, server } = await open({ get });
  expect(await listen(channel)).toBe("unsupported");
  await channel.request({ method: "tools/list", params: "{}", signal: never });
  expect(server.seen.filter(({ method }) => method === "initialize")).toHaveLength(1);
});

test("404 of a server without sessions: there is no such stream", async () => {
  const { channel, server } = await open({ get: status(404), sessions: [] });
  expect(await listen(channel)).toBe("unsupported");
  expect(server.seen.filter(({ method }) => method === "ping")).toEqual([]);
});

test.each([
  [401, "upstream_unauthorized"],
  [400, "upstream_refused"],
])("%d: %s", async (code, expected) => {
  const { channel } = await open({ get: status(code) });
  expect(await listen(channel)).toBe(expected);
});

test("a lost session is told, and whoever listens again does so in a new one", async () => {
  const lost = ({ headers }: SeenRequest) => headers["mcp-session-id"] === "one";
  const { channel, server } = await open({
    get: (response, request) =>
      lost(request) ? void response.writeHead(404).end() : openEvents(response, changed),
    post: (response, request) =>
      lost(request) ? void response.writeHead(404).end() : answerJson(response, result(request.id, "{}")),
  });
  expect(await listen(channel)).toBe("upstream_refused");
  const stop = new AbortController();
  expect(await listen(channel, { signal: stop.signal, onMessage: () => stop.abort() })).toBe("cancelled");
  expect(server.seen.filter(({ method }) => method === "initialize")).toHaveLength(2);
});

test("a session that a request finds lost ends the listening in it, too", async () => {
  const { channel } = await open({
    get: (response) => openEvents(response),
    post: (response, { id, headers }) =>
      headers["mcp-session-id"] === "one"
        ? void response.writeHead(404).end()
        : answerJson(response, result(id, "{}")),
  });
  const opened = Promise.withResolvers<void>();
  const listening = listen(channel, { onOpen: () => opened.resolve() });
  await opened.promise;
  await channel.request({ method: "tools/list", params: "{}", signal: never });
  expect(await listening).toBe("upstream_refused");
});

test.each<[string, Handle]>([
  ["open", (response) => openEvents(response)],
  ["not open yet", () => undefined],
  ["closed for the moment", status(503)],
])("a channel that is closed ends the listening: the stream is %s", async (_, get) => {
  const { channel, server } = await open({ get });
  const listening = listen(channel);
  await server.when(({ httpMethod }) => httpMethod === "GET");
  await channel[Symbol.asyncDispose]();
  expect(await listening).toBe("ended");
});

test("what is no message, and an event without end, are the server's faults", async () => {
  const bad = await open({ get: (response) => openEvents(response, "{") });
  expect(await listen(bad.channel)).toBe("upstream_invalid");
  const endless = await open({
    limits: { maxMessageBytes: 10_000 },
    get: (response) => {
      openEvents(response);
      response.write(`data: ${"x".repeat(20_000)}`);
    },
  });
  expect(await listen(endless.channel)).toBe("upstream_too_large");
});

test("a question on the stream stops the clock of the calls under way", async () => {
  const question = '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}';
  let stream: ServerResponse | undefined;
  let answered: (() => void) | undefined;
  const { channel, server } = await open({
    limits: { idleTimeoutMs: 500 },
    get: (response) => {
      openEvents(response);
      stream = response;
    },
    post: (response, { id }) => {
      openEvents(response);
      stream?.write(messageEvent(question));
      answered = () => void response.end(messageEvent(result(id, "{}")));
    },
  });
  const opened = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  void listen(channel, { onOpen: () => opened.resolve(), onMessage: () => asked.resolve() });
  await opened.promise;
  const answer = codeOf(channel.request({ method: "tools/call", params: "{}", signal: never }));
  await asked.promise;
  await setTimeout(1_000);
  await channel.send('{"jsonrpc":"2.0","id":"q","result":{"action":"cancel"}}');
  await server.when(({ body }) => body.includes('"action"'));
  answered?.();
  expect(await answer).toBe("[object Object]");
});

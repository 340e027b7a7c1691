import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import {
  type SeenRequest,
  codeOf,
  legacyHello,
  openEvents,
  result,
  rpcError,
  startServer,
} from "../testing.ts";
import { messageEvent } from "../sse/write.ts";
import type { Channel, ChannelRequest, UpstreamLimits } from "./channel.ts";
import { openLegacySse } from "./legacy-sse.ts";
import type { LegacyClient } from "./legacy.ts";

const client: LegacyClient = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"c","version":"1"}',
};
const never = new AbortController().signal;

interface Options {
  readonly endpoint?: string;
  readonly limits?: Partial<UpstreamLimits>;
  /** Answers what is not the handshake; by default with an empty result. */
  readonly say?: (request: SeenRequest, say: (text: string) => void, stream: ServerResponse) => void;
}

/** A server with one stream at a time. */
async function serve({ endpoint = "/messages?s=1", limits = {}, say }: Options = {}) {
  let stream: ServerResponse | undefined;
  const server = await startServer((request, response) => {
    if (request.httpMethod === "GET") {
      stream = response;
      openEvents(response);
      return void response.write(
        `: hello\n\nevent: other\ndata: x\n\nevent: endpoint\ndata: ${endpoint}\n\n`,
      );
    }
    response.writeHead(202).end("Accepted");
    const { id, method } = request;
    const tell = (text: string) => void stream?.write(messageEvent(text));
    if (method === "initialize") tell(result(id, legacyHello));
    else if (id === undefined || method === undefined) return;
    else if (say && stream) say(request, tell, stream);
    else tell(result(id, "{}"));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const target = server.target(limits, "/sse");
  const open = async (signal = never) => {
    const channel = await openLegacySse(target, client, signal);
    onTestFinished(() => channel[Symbol.asyncDispose]());
    return channel;
  };
  return { server, open, stream: () => stream };
}

function call(channel: Channel, options: Partial<ChannelRequest> = {}) {
  return channel.request({ method: "tools/call", params: '{"name":"a"}', signal: never, ...options });
}

test("messages go to the endpoint that the stream names, answers come on the stream", async () => {
  const raw = '{ "n":1234567890123456789 }';
  const { server, open } = await serve({ say: ({ id }, say) => say(result(id, raw)) });
  const channel = await open();
  expect((await call(channel)).text).toContain(raw);
  expect(server.seen.map(({ httpMethod, path, method }) => [httpMethod, path, method])).toEqual([
    ["GET", "/sse", undefined],
    ["POST", "/messages?s=1", "initialize"],
    ["POST", "/messages?s=1", "notifications/initialized"],
    ["POST", "/messages?s=1", "tools/call"],
  ]);
  expect(server.seen.every(({ headers }) => headers.authorization === "Bearer of-the-server")).toBe(true);
});

test.each(["http://127.0.0.1:1/messages", "//evil.example/messages", "javascript:alert(1)", "http://"])(
  "an endpoint outside of the server's own origin is refused: %s",
  async (endpoint) => {
    const { server, open } = await serve({ endpoint });
    expect(await codeOf(open())).toBe("upstream_invalid");
    expect(await server.seen[0]?.ended).toBe(false);
  },
);

test("answers find their requests, whatever their order", async () => {
  const held: SeenRequest[] = [];
  const { open } = await serve({
    say(request, say) {
      if (held.push(request) === 3)
        for (const { id, params } of held.toReversed()) say(result(id, JSON.stringify(params)));
    },
  });
  const channel = await open();
  const answers = await Promise.all(
    ["a", "b", "c"].map((name) => call(channel, { params: JSON.stringify({ name }) })),
  );
  expect(answers.map((answer) => answer.kind === "result" && answer.result["name"])).toEqual(["a", "b", "c"]);
});

test("an answer that nobody waits for is left aside", async () => {
  const { open } = await serve({
    say({ id }, say) {
      for (const other of [77, "77", `${String(id)}`]) say(result(other, "{}"));
      say(rpcError(null, -32000));
      say(result(id, '{"own":1}'));
    },
  });
  expect(await call(await open())).toMatchObject({ result: { own: 1 } });
});

test.each([
  ["a key twice", (id: unknown) => result(id, '{"a":1,"a":2}')],
  ["no result", (id: unknown) => JSON.stringify({ jsonrpc: "2.0", id })],
])("an answer with %s fails its own request, and no other", async (_, bad) => {
  const { open } = await serve({
    say: ({ id, params }, say) => say(params["name"] === "bad" ? bad(id) : result(id, "{}")),
  });
  const channel = await open();
  const codes = ["good", "bad", "good"].map((name) =>
    codeOf(call(channel, { params: JSON.stringify({ name }) })),
  );
  expect(await Promise.all(codes)).toEqual(["answered", "upstream_invalid", "answered"]);
  expect(channel.isOpen).toBe(true);
});

test("what is no message at all ends the stream, and all that wait on it", async () => {
  const { open } = await serve({ say: (_, say) => say("{") });
  const channel = await open();
  expect(await Promise.all([codeOf(call(channel)), codeOf(call(channel))])).toEqual([
    "upstream_invalid",
    "upstream_invalid",
  ]);
  expect(channel.isOpen).toBe(false);
  expect(await codeOf(call(channel))).toBe("upstream_invalid");
});

test("a stream that ends fails what waits, and the channel says that it is closed", async () => {
  const { open } = await serve({ say: (_, __, stream) => stream.end() });
  const channel = await open();
  expect(await codeOf(call(channel))).toBe("upstream_unreachable");
  expect(channel.isOpen).toBe(false);
});

test("progress goes to the request with its token, everything else to the newest", async () => {
  const progress = (token: string) =>
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token}}}`;
  const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}';
  const held: unknown[] = [];
  const { open } = await serve({
    say({ id }, say) {
      if (held.push(id) < 2) return;
      for (const text of [progress('"b"'), progress("1"), progress("2"), log]) say(text);
      for (const each of held) say(result(each, "{}"));
    },
  });
  const channel = await open();
  const heard: Record<string, string[]> = { one: [], two: [] };
  const ask = (name: string, token: unknown) =>
    call(channel, {
      params: JSON.stringify({ _meta: { progressToken: token } }),
      onMessage: ({ text }) => void heard[name]?.push(text),
    });
  await Promise.all([ask("one", 1), ask("two", "b")]);
  expect(heard).toEqual({ one: [progress("1")], two: [progress('"b"'), log] });
});

test("an idle stream stays open, but an answer that does not come is given up", async () => {
  const { server, open } = await serve({
    limits: { idleTimeoutMs: 500 },
    say: ({ id, params }, say) => (params["name"] === "a" ? say(result(id, "{}")) : undefined),
  });
  const channel = await open();
  const silent = () => codeOf(call(channel, { params: '{"name":"silent"}' }));
  // Twice the idle time passes on the stream without a byte.
  expect([await silent(), await silent()]).toEqual(["upstream_timeout", "upstream_timeout"]);
  expect([channel.isOpen, await codeOf(call(channel))]).toEqual([true, "answered"]);
  const { params } = await server.when(({ method }) => method === "notifications/cancelled");
  expect(params["requestId"]).toBe(server.seen.find(({ method }) => method === "tools/call")?.id);
});

test("to stop waiting is told, under the id that was sent", async () => {
  const { server, open } = await serve({ say: () => undefined });
  const channel = await open();
  const cancel = new AbortController();
  const answer = codeOf(call(channel, { signal: cancel.signal }));
  const { id } = await server.when(({ method }) => method === "tools/call");
  cancel.abort();
  expect(await answer).toBe("cancelled");
  const { params } = await server.when(({ method }) => method === "notifications/cancelled");
  expect(params["requestId"]).toBe(id);
});

test("to dispose of the channel is to hang up", async () => {
  const { server, open } = await serve({ say: () => undefined });
  const channel = await open();
  const answer = codeOf(call(channel));
  await server.when(({ method }) => method === "tools/call");
  await channel[Symbol.asyncDispose]();
  expect(await answer).toBe("upstream_unreachable");
  expect(await server.seen[0]?.ended).toBe(false);
});

test.each<[string, string, (response: ServerResponse) => void]>([
  ["404", "upstream_refused", (response) => response.writeHead(404).end()],
  ["401", "upstream_unauthorized", (response) => response.writeHead(401).end()],
  [
    "JSON",
    "upstream_invalid",
    (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
  ],
  [
    "a stream without endpoint",
    "upstream_invalid",
    (response) => {
      openEvents(response);
      response.end();
    },
  ],
  [
    "an event without end",
    "upstream_too_large",
    (response) => {
      openEvents(response);
      const more = () => {
        while (!response.destroyed && response.write("data: xxxxxxxxxxxxxxxxxxxxxxxx\n"));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    },
  ],
])("GET answered with %s: %s", async (_, code, handle) => {
  const server = await startServer((request, response) => handle(response));
  onTestFinished(() => server[Symbol.asyncDispose]());
  expect(await codeOf(openLegacySse(server.target({ maxMessageBytes: 10_000 }), client, never))).toBe(code);
});

test.each<[string, (response: ServerResponse) => void]>([
  ["no head", () => undefined],
  ["no endpoint", (response) => openEvents(response)],
  [
    "no answer to initialize",
    (response) => {
      openEvents(response);
      response.write("event: endpoint\ndata: /messages\n\n");
    },
  ],
])("an opening that hangs can be given up: %s", async (_, handle) => {
  const server = await startServer((request, response) =>
    request.httpMethod === "GET" ? handle(response) : void response.writeHead(202).end(),
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  const cancel = new AbortController();
  const opening = codeOf(openLegacySse(server.target(), client, cancel.signal));
  await server.when(({ httpMethod }) => httpMethod === "GET");
  cancel.abort();
  expect(await opening).toBe("cancelled");
  expect(await server.seen[0]?.ended).toBe(false);
});

const listChanged = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
const logged = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}';

test("what belongs to no request is heard by who listens", async () => {
  const { open, stream } = await serve({
    say({ id }, say) {
      for (const text of [logged, listChanged, result(id, "{}"), logged]) say(text);
    },
  });
  const channel = await open();
  const heard: Record<string, string[]> = { listener: [], call: [] };
  const all = Promise.withResolvers<void>();
  const listening = channel.listen?.({
    signal: never,
    onMessage: ({ text }) => void (heard["listener"]?.push(text) === 2 && all.resolve()),
  });
  await call(channel, { onMessage: ({ text }) => void heard["call"]?.push(text) });
  await all.promise;
  expect(heard).toEqual({ listener: [listChanged, logged], call: [logged] });
  stream()?.end();
  expect([await listening, channel.isOpen]).toEqual(["ended", false]);
  expect(await channel.listen?.({ signal: never, onMessage: () => undefined })).toBe("ended");
});

test("the newest who listens hears; a failure or an abort ends that one's listening only", async () => {
  const { open, stream } = await serve();
  const channel = await open();
  const listen = (onMessage: () => void | Promise<void>, signal = never) =>
    codeOf(
      (channel.listen?.({ signal, onMessage }) ?? Promise.reject()).then((end) => {
        if (end !== "ended") throw new Error(end);
      }),
    );
  const first = listen(() => undefined);
  const second = listen(() => Promise.reject(new Error("enough")));
  expect(await first).toBe("answered");
  stream()?.write(messageEvent(listChanged));
  expect(await second).toBe("defect: Error: enough");
  const stop = new AbortController();
  const stuck = listen(() => (stop.abort(), new Promise<void>(() => undefined)), stop.signal);
  stream()?.write(messageEvent(listChanged));
  expect([await stuck, await listen(() => undefined, stop.signal)]).toEqual(["cancelled", "cancelled"]);
  expect(await codeOf(call(channel))).toBe("answered");
  const last = listen(() => undefined);
  await channel.end?.();
  expect([await last, channel.isOpen]).toEqual(["answered", false]);
});

test("a session is set up before it is used", async () => {
  const { server } = await serve();
  const channel = await openLegacySse(server.target({}, "/sse"), client, never, {
    afterOpen: async (request) => {
      await request({ method: "logging/setLevel", params: '{"level":"info"}', signal: never });
    },
  });
  await channel[Symbol.asyncDispose]();
  expect(server.seen.at(-1)?.method).toBe("logging/setLevel");
  const failing = openLegacySse(server.target({}, "/sse"), client, never, {
    afterOpen: () => Promise.reject(new Error("enough")),
  });
  expect(await codeOf(failing)).toBe("defect: Error: enough");
  const streams = server.seen.filter(({ httpMethod }) => httpMethod === "GET");
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([false, false]);
});

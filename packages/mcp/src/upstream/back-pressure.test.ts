import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { isFault } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import { answerJson, legacyHello, modernHello, openEvents, result, startServer } from "../testing.ts";
import type { Message } from "../jsonrpc/message.ts";
import { messageEvent } from "../sse/write.ts";
import type { Channel, ChannelRequest, UpstreamLimits } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import { openLegacySse } from "./legacy-sse.ts";
import { createModernChannel } from "./modern.ts";

const client = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"c","version":"1"}',
} as const;
const never = new AbortController().signal;
const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}';
const question = '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}';

/** Long enough for a handshake on a busy machine. */
const idleTimeoutMs = 200;

type Transport = "modern" | "legacy over Streamable HTTP" | "legacy over HTTP+SSE";
const transports: Transport[] = ["modern", "legacy over Streamable HTTP", "legacy over HTTP+SSE"];

/** A server that tells `answer` of each call and of the stream that it may say things on. */
async function open(
  transport: Transport,
  answer: (id: unknown, stream: ServerResponse) => void,
  limits: Partial<UpstreamLimits> = {},
) {
  let line: ServerResponse | undefined;
  const server = await startServer(({ httpMethod, id, method }, response) => {
    if (httpMethod === "GET") {
      line = response;
      openEvents(response);
      return void response.write("event: endpoint\ndata: /mcp\n\n");
    }
    if (httpMethod === "DELETE" || id === undefined || method === undefined)
      return void response.writeHead(202).end();
    if (method === "initialize" && !line) return answerJson(response, result(id, legacyHello));
    if (!line) openEvents(response);
    else response.writeHead(202).end();
    const stream = line ?? response;
    if (method === "initialize") stream.write(messageEvent(result(id, legacyHello)));
    else answer(id, stream);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const target = server.target(limits);
  const hello = { version: "2026-07-28", capabilities: {}, resultText: modernHello };
  const channel =
    transport === "modern"
      ? createModernChannel(target, hello)
      : await (transport === "legacy over HTTP+SSE" ? openLegacySse : openLegacyHttp)(target, client, never);
  onTestFinished(() => channel[Symbol.asyncDispose]());
  return { server, channel };
}

function call(channel: Channel, options: Partial<ChannelRequest> = {}) {
  return channel.request({ method: "tools/call", params: '{"name":"a"}', signal: never, ...options });
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return "answered";
  } catch (error) {
    return isFault(error) ? error.code : error;
  }
}

test.each(transports)("%s: a server is not read on while its message is being taken", async (transport) => {
  const full = Promise.withResolvers<ServerResponse>();
  const { channel } = await open(transport, (id, stream) => {
    const more = async () => {
      // Nobody reads, so the buffers between the two fill up, and no drain comes.
      for (let n = 0; n < 2_000; n++) {
        if (stream.write(messageEvent(`${note.slice(0, -3)}{"data":"${"x".repeat(32_768)}"}}`))) continue;
        const drained = once(stream, "drain");
        if ((await Promise.race([drained, setTimeout(200, "full")])) === "full") full.resolve(stream);
        await drained;
      }
      stream.write(messageEvent(result(id, "{}")));
      if (transport !== "legacy over HTTP+SSE") stream.end();
    };
    void more();
  });
  const ready = Promise.withResolvers<void>();
  let heard = 0;
  const answer = call(channel, {
    onMessage: () => {
      heard++;
      return ready.promise;
    },
  });
  await full.promise;
  expect(heard).toBe(1);
  ready.resolve();
  expect([await codeOf(answer), heard]).toEqual(["answered", 2_000]);
});

test.each(transports)(
  "%s: who is slow to take a message does not make the server late",
  async (transport) => {
    let goOn: (() => void) | undefined;
    const { channel } = await open(
      transport,
      (id, stream) => {
        stream.write(messageEvent(note));
        goOn = () => void stream.write(messageEvent(result(id, "{}")));
      },
      { idleTimeoutMs },
    );
    const onMessage = async () => {
      await setTimeout(2 * idleTimeoutMs);
      goOn?.();
    };
    expect(await codeOf(call(channel, { onMessage }))).toBe("answered");
  },
);

test.each(transports)("%s: silence after the message was taken counts", async (transport) => {
  const { channel } = await open(transport, (_, stream) => void stream.write(messageEvent(note)), {
    idleTimeoutMs,
  });
  expect(await codeOf(call(channel, { onMessage: () => setTimeout(10) }))).toBe("upstream_timeout");
});

test.each(transports)(
  "%s: what the receiver fails with is what the request fails with",
  async (transport) => {
    const problem = new Error("the disk is full");
    const { server, channel } = await open(transport, (_, stream) => void stream.write(messageEvent(note)));
    const failing = [() => Promise.reject(problem), () => void fail(problem)];
    for (const onMessage of failing) expect(await codeOf(call(channel, { onMessage }))).toBe(problem);
    if (transport === "modern") return;
    const calls = server.seen.filter(({ method }) => method === "tools/call").map(({ id }) => id);
    for (const id of calls)
      await server.when(
        ({ method, params }) => method === "notifications/cancelled" && params["requestId"] === id,
      );
  },
);

function fail(problem: Error): never {
  throw problem;
}

test.each(transports)("%s: a receiver that never finishes can be given up", async (transport) => {
  const { channel } = await open(transport, (id, stream) => {
    stream.write(messageEvent(note) + messageEvent(result(id, "{}")));
  });
  const cancel = new AbortController();
  const taking = Promise.withResolvers<void>();
  const stuck = codeOf(
    call(channel, {
      signal: cancel.signal,
      onMessage: () => {
        taking.resolve();
        return new Promise<void>(() => undefined);
      },
    }),
  );
  await taking.promise;
  cancel.abort();
  expect(await stuck).toBe("cancelled");
  // What waits on the same line is read again.
  expect(await codeOf(call(channel))).toBe("answered");
});

test("HTTP+SSE: a line that is closed ends what waits, though a receiver is not ready", async () => {
  const { channel } = await open(
    "legacy over HTTP+SSE",
    (_, stream) => void stream.write(messageEvent(note)),
  );
  const taking = Promise.withResolvers<void>();
  const answer = codeOf(
    call(channel, {
      onMessage: () => {
        taking.resolve();
        return new Promise<void>(() => undefined);
      },
    }),
  );
  await taking.promise;
  await channel[Symbol.asyncDispose]();
  expect(await answer).toBe("upstream_unreachable");
});

test.each(["legacy over Streamable HTTP", "legacy over HTTP+SSE"] as const)(
  "%s: a server may be silent for as long as its question is not answered",
  async (transport) => {
    const told: { id: unknown; stream: ServerResponse }[] = [];
    const { server, channel } = await open(
      transport,
      (id, stream) => {
        stream.write(messageEvent(question));
        told.push({ id, stream });
      },
      { idleTimeoutMs },
    );
    const asked = Promise.withResolvers<void>();
    const answer = codeOf(call(channel, { onMessage: () => asked.resolve() }));
    await asked.promise;
    await setTimeout(2 * idleTimeoutMs);
    await channel.send('{"jsonrpc":"2.0","id":"q","result":{"action":"cancel"}}');
    await server.when(({ body }) => body.includes('"action":"cancel"'));
    for (const { id, stream } of told) stream.write(messageEvent(result(id, "{}")));
    expect(await answer).toBe("answered");
    // Its time runs again when it takes its question back.
    const takenBack = messageEvent(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}',
    );
    const onMessage = ({ kind }: Message) =>
      kind === "request" ? void told.at(-1)?.stream.write(takenBack) : undefined;
    expect(await codeOf(call(channel, { onMessage }))).toBe("upstream_timeout");
  },
);

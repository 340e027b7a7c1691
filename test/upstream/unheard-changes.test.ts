/** What changes at a server while nobody here hears it: clients that listen are told all the same. */
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openEventStream, toEvent } from "../fixtures/event-stream.ts";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import type { RecordedRequest } from "../fixtures/recording.ts";
import { startStocked, type StockedServer } from "../fixtures/stocked.ts";
import type { Caller } from "../harness/callers/caller.ts";
import { LegacyCaller } from "../harness/callers/legacy.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { cells, openCaller } from "../harness/cells.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

let house: TestHouse;
let last = 0;
beforeAll(async () => {
  house = await startTestHouse();
});
afterAll(() => house?.[Symbol.asyncDispose]());

function own<T extends AsyncDisposable>(thing: T): T {
  onTestFinished(() => thing[Symbol.asyncDispose]());
  return thing;
}

const listChanged = "notifications/tools/list_changed";
const offering = (name: string) => ({ tools: [{ name, inputSchema: { type: "object" } }] });

/** Asks for the stream on which a server says that something has changed. */
function isListening({ httpMethod, method, headers }: RecordedRequest): boolean {
  return method === "subscriptions/listen" || (httpMethod === "GET" && "mcp-session-id" in headers);
}

/** The server changes what it offers when it is asked to tell of changes, before it lets anybody listen. */
function changeUnheard(server: StockedServer, name: string): void {
  server.intercept = ({ request }) => {
    if (isListening(request)) server.stock = offering(name);
    return false;
  };
}

async function listen(caller: Caller): Promise<void> {
  if (caller instanceof LegacyCaller) await caller.listen();
  else await (caller as ModernCaller).listen({ toolsListChanged: true });
}

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server: to }) => {
  async function open() {
    const slug = `s${++last}`;
    const server = own(await startStocked(to, offering("old")));
    const door = await house.addPortal(slug, { [slug]: server.url });
    return { server, caller: own(await openCaller(era, door)) };
  }

  async function expectTold(caller: Caller): Promise<void> {
    await caller.inbox.when(listChanged);
    expect((await caller.request("tools/list")).text).toContain('_new"');
  }

  test("before the house listens on behalf of a client", async () => {
    const { server, caller } = await open();
    changeUnheard(server, "new");
    await listen(caller);
    await expectTold(caller);
  });

  test("while the stream is broken", async () => {
    const { server, caller } = await open();
    await listen(caller);
    await expect.poll(() => server.announce(), { timeout: 10_000 }).toBeGreaterThan(0);
    changeUnheard(server, "new");
    server.hangUp();
    await expectTold(caller);
  });
});

const updated = "notifications/resources/updated";
const uriOf = (name: string) => `test://${name}`;

test.each([
  { how: "from where it broke off", place: "id: 1\n", told: ["b"] },
  { how: "anew: what is watched is to be read again", place: "", told: ["a", "b", "b"] },
])("a stream goes on $how", async ({ place, told }) => {
  const streams: ServerResponse[] = [];
  const names = ["a", "b"];
  const changed = { jsonrpc: "2.0", method: updated, params: { uri: uriOf("b") } };
  const server = own(
    await startRawLegacy({
      capabilities: '{"resources":{"subscribe":true}}',
      script: {
        "resources/list": () =>
          JSON.stringify({ resources: names.map((name) => ({ uri: uriOf(name), name })) }),
        "resources/subscribe": (_, { request }) => {
          // The last of those that are said again: the watch is held again after it.
          if (server.recording.of("resources/subscribe").length === 2 * names.length)
            void request.ended.then(() => streams[1]?.write(toEvent(JSON.stringify(changed))));
          return "{}";
        },
      },
      intercept: ({ request, response }) => {
        if (request.httpMethod !== "GET") return false;
        openEventStream(response);
        if (streams.push(response) === 1)
          void server.recording
            .when(isLastSubscribe)
            .then(() => response.end(`${place}retry: 0\ndata: \n\n`));
        return true;
      },
    }),
  );
  const slug = `s${++last}`;
  const caller = own(new ModernCaller(await house.addPortal(slug, { [slug]: server.url })));
  await caller.watch(names.map(uriOf));
  const heard = await caller.inbox.atLeast(told.length, updated);
  expect(heard.map(({ message }) => message["params"].uri).toSorted()).toEqual(told.map(uriOf));
});

describe("a legacy server that keeps the head of its stream back", () => {
  async function watch(subscribe: () => string | Promise<string> = () => "{}") {
    const server = own(
      await startRawLegacy({
        getStream: "silent",
        capabilities: '{"resources":{"subscribe":true}}',
        script: {
          "resources/list": () => JSON.stringify({ resources: [{ uri: uriOf("a"), name: "a" }] }),
          "resources/subscribe": subscribe,
        },
      }),
    );
    const slug = `s${++last}`;
    const caller = own(new ModernCaller(await house.addPortal(slug, { [slug]: server.url })));
    await caller.watch([uriOf("a")]);
    return { server, caller };
  }
  const uris = (heard: Awaited<ReturnType<ModernCaller["inbox"]["atLeast"]>>) =>
    heard.map(({ message }) => message["params"].uri);

  test("has been asked when the client is told that it is heard", async () => {
    const { server, caller } = await watch();
    expect(server.recording.of("resources/subscribe").length).toBe(1);
    server.push(JSON.stringify({ jsonrpc: "2.0", method: updated, params: { uri: uriOf("a") } }));
    expect(uris(await caller.inbox.atLeast(1, updated))[0]).toBe(uriOf("a"));
  });

  test("may have had no stream until then: what is watched is to be read again", async () => {
    const { server, caller } = await watch();
    server.push(
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } }),
    );
    expect(uris(await caller.inbox.atLeast(1, updated))).toEqual([uriOf("a")]);
  });

  test("is not waited for when it does not answer either: what is watched is to be read again", async () => {
    const { promise: answer, resolve } = Promise.withResolvers<string>();
    const { caller } = await watch(() => answer);
    resolve("{}");
    expect(uris(await caller.inbox.atLeast(1, updated))).toEqual([uriOf("a")]);
  });
});

/** Of the first round. */
function isLastSubscribe({ message }: RecordedRequest): boolean {
  return (message as { params?: { uri?: unknown } } | undefined)?.params?.uri === uriOf("b");
}

import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import {
  type SeenRequest,
  answerJson,
  codeOf,
  legacyHello,
  result,
  rpcError,
  startServer,
} from "../testing.ts";
import type { Channel } from "./channel.ts";
import { openLegacyHttp } from "./legacy-http.ts";
import type { KeptSession, LegacyChannelOptions, SessionKeeper } from "./legacy-session.ts";

const client = {
  version: "2025-11-25",
  capabilities: "{}",
  clientInfo: '{"name":"c","version":"1"}',
} as const;
const never = new AbortController().signal;
const kept = (id: string): KeptSession => ({ id, helloText: legacyHello });

/** A server with numbered sessions, that can be made to forget those it has. */
async function serve(
  handle: (request: SeenRequest, response: ServerResponse) => void = ({ id }, response) =>
    answerJson(response, result(id, "{}")),
) {
  const alive = new Set<string>();
  let opened = 0;
  const server = await startServer((request, response) => {
    const session = String(request.headers["mcp-session-id"]);
    if (request.method === "initialize") {
      const id = `s${++opened}`;
      alive.add(id);
      return answerJson(response, result(request.id, legacyHello), 200, { "mcp-session-id": id });
    }
    if (!alive.has(session)) return answerJson(response, rpcError(null, -32001), 404);
    if (request.httpMethod === "DELETE") {
      alive.delete(session);
      return void response.writeHead(204).end();
    }
    if (request.id === undefined || request.method === undefined) return void response.writeHead(202).end();
    return handle(request, response);
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const open = async (options: LegacyChannelOptions) => {
    const channel = await openLegacyHttp(server.target(), client, never, options);
    onTestFinished(() => channel[Symbol.asyncDispose]());
    return channel;
  };
  const sessionsOf = (method: string) =>
    server.seen
      .filter((request) => request.method === method || request.httpMethod === method)
      .map(({ headers }) => headers["mcp-session-id"]);
  return { server, alive, open, sessionsOf };
}

/** Keeps one session for all who share the keeper, as the first says who replaces the one that is there. */
function createKeeper(first?: KeptSession) {
  let held = first;
  const log: string[] = [];
  const keeper: SessionKeeper = {
    async load(lost) {
      log.push(`load ${lost?.id}`);
      return held?.id === lost?.id ? undefined : held;
    },
    async save(opened, lost) {
      log.push(`save ${opened.id} for ${lost?.id}`);
      if (held?.id === lost?.id) held = opened;
      return held ?? opened;
    },
  };
  return { keeper, log, held: () => held };
}

function call(channel: Channel) {
  return channel.request({ method: "tools/call", params: '{"name":"a"}', signal: never });
}

test("the first opens a session, the others take it over without a word to the server", async () => {
  const { server, open } = await serve();
  const { keeper, log, held } = createKeeper();
  const first = await open({ keeper });
  const before = server.seen.length;
  const second = await open({ keeper });
  expect(server.seen.length).toBe(before);
  expect([second.hello, held()]).toEqual([first.hello, kept("s1")]);
  await Promise.all([call(first), call(second)]);
  expect(log).toEqual(["load undefined", "save s1 for undefined", "load undefined"]);
});

test("who shares a session does not end it by leaving; who is told to end it does", async () => {
  const { alive, open, sessionsOf } = await serve();
  const { keeper } = createKeeper();
  const first = await open({ keeper });
  const second = await open({ keeper });
  await first[Symbol.asyncDispose]();
  await first.end?.();
  expect([...alive]).toEqual(["s1"]);
  await second.end?.();
  await second[Symbol.asyncDispose]();
  expect([[...alive], second.isOpen, sessionsOf("DELETE")]).toEqual([[], false, ["s1"]]);
});

test("requests of those who share a session begin at numbers far apart", async () => {
  const { server, open } = await serve();
  const { keeper } = createKeeper(kept("s1"));
  const channels = await Promise.all(Array.from({ length: 8 }, () => open({ keeper })));
  // The server forgot that session: each says so under an id of its own.
  await Promise.all(channels.map(call));
  const ids = server.seen.filter(({ method }) => method === "tools/call").map(({ id }) => Number(id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
  const own = await open({});
  await call(own);
  expect(server.seen.at(-1)?.id).toBe(2);
});

test("a lost session is replaced by the one that another has opened meanwhile, without a handshake", async () => {
  const { alive, open, sessionsOf } = await serve();
  const { keeper, log } = createKeeper();
  const [first, second] = [await open({ keeper }), await open({ keeper })];
  alive.clear();
  await Promise.all(Array.from({ length: 5 }, () => call(first)));
  await Promise.all(Array.from({ length: 5 }, () => call(second)));
  expect(sessionsOf("initialize")).toHaveLength(2);
  expect(log.slice(3)).toEqual(["load s1", "save s2 for s1", "load s1"]);
  expect(sessionsOf("tools/call").filter((id) => id === "s2")).toHaveLength(10);
});

test("when the one that was taken over is lost as well, another is opened", async () => {
  const { alive, open } = await serve();
  const { keeper, held } = createKeeper();
  const [first, second] = [await open({ keeper }), await open({ keeper })];
  alive.clear();
  await call(first);
  alive.clear();
  expect(await codeOf(call(second))).toBe("answered");
  expect(held()).toEqual(kept("s3"));
});

test("of two who open a session at the same time, one ends its own and takes the other's", async () => {
  const { alive, open, sessionsOf } = await serve();
  const { keeper } = createKeeper();
  // Nobody's `save` goes through before both have opened.
  const both = Promise.withResolvers<void>();
  let saving = 0;
  const slow: SessionKeeper = {
    load: keeper.load,
    async save(opened, lost) {
      if (++saving === 2) both.resolve();
      await both.promise;
      return keeper.save(opened, lost);
    },
  };
  const [first, second] = await Promise.all([open({ keeper: slow }), open({ keeper: slow })]);
  expect(alive.size).toBe(1);
  await Promise.all([call(first), call(second)]);
  expect(new Set(sessionsOf("tools/call"))).toEqual(alive);
  expect(sessionsOf("DELETE")).toHaveLength(1);
});

test("a keeper that gives the lost session back is not believed", async () => {
  const { alive, open, sessionsOf } = await serve();
  const keeper: SessionKeeper = { load: async (lost) => lost, save: async (opened) => opened };
  const channel = await open({ keeper });
  alive.clear();
  expect(await codeOf(call(channel))).toBe("answered");
  expect(sessionsOf("initialize")).toHaveLength(2);
});

test("each session that is opened is set up before anyone uses it; one that is taken over is not", async () => {
  const { server, alive, open } = await serve();
  const { keeper, log } = createKeeper();
  const afterOpen: LegacyChannelOptions["afterOpen"] = async (request) => {
    const answer = await request({ method: "logging/setLevel", params: '{"level":"info"}', signal: never });
    log.push(`set up: ${answer.kind}`);
  };
  const first = await open({ keeper, afterOpen });
  await open({ keeper, afterOpen });
  alive.clear();
  await Promise.all([call(first), call(first)]);
  expect(log).toEqual([
    "load undefined",
    "set up: result",
    "save s1 for undefined",
    "load undefined",
    "load s1",
    "set up: result",
    "save s2 for s1",
  ]);
  const inSecond = server.seen.filter(({ headers }) => headers["mcp-session-id"] === "s2");
  expect(inSecond.map(({ method }) => method)).toEqual([
    "notifications/initialized",
    "logging/setLevel",
    "tools/call",
    "tools/call",
  ]);
});

test.each<[string, LegacyChannelOptions]>([
  ["that cannot be set up", { afterOpen: () => Promise.reject(new Error("the disk is full")) }],
  [
    "that cannot be kept",
    {
      keeper: { load: async () => undefined, save: () => Promise.reject(new Error("the disk is full")) },
    },
  ],
])("a session %s is ended, and the failure told as it is", async (_, options) => {
  const { alive, open } = await serve();
  expect(await codeOf(open(options))).toBe("defect: Error: the disk is full");
  expect(alive.size).toBe(0);
});

test("to open can be given up while the keeper is asked", async () => {
  const { server } = await serve();
  const cancel = new AbortController();
  const asked = Promise.withResolvers<void>();
  const keeper: SessionKeeper = {
    load: () => {
      asked.resolve();
      return new Promise(() => undefined);
    },
    save: async (opened) => opened,
  };
  const opening = codeOf(openLegacyHttp(server.target(), client, cancel.signal, { keeper }));
  await asked.promise;
  cancel.abort();
  expect([await opening, server.seen.length]).toEqual(["cancelled", 0]);
});

test("a server without sessions is asked by each on its own, and nothing is kept", async () => {
  const server = await startServer(({ id, method }, response) => {
    if (id === undefined) return void response.writeHead(202).end();
    return answerJson(response, result(id, method === "initialize" ? legacyHello : "{}"));
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { keeper, log } = createKeeper();
  for (let n = 0; n < 2; n++) {
    const channel = await openLegacyHttp(server.target(), client, never, { keeper });
    await call(channel);
    await channel.end?.();
  }
  expect(log).toEqual(["load undefined", "load undefined"]);
  expect(server.seen.filter(({ httpMethod }) => httpMethod === "DELETE")).toEqual([]);
});

/** What was opened with one account at a server serves no other. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as bodyOf } from "node:stream/consumers";
import type { Principal } from "@castellan/access";
import { credentialFaults } from "@castellan/credentials";
import { createId } from "@castellan/kernel";
import { defaultUpstreamLimits } from "@castellan/mcp";
import { createOutbound } from "@castellan/web";
import { expect, onTestFinished, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import { openScene, retryOf, startLegacyServer } from "../conversations/testing.ts";
import type { CallCredentials } from "../credentials/ports.ts";
import { findings, movableCredentials, newServer, openStores, withoutCredentials } from "../testing.ts";
import { createUpstreams } from "./upstreams.ts";
import { watchServer } from "./watch.ts";

test("a line is used again for the same account only, and is closed when there is another", async () => {
  const { credentials, move } = movableCredentials();
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server, { credentials });
  const { call, lines } = await scene.openReplica();
  const session = async () => (await call()).result.session as string;
  const first = await session();
  expect(await session()).toBe(first);
  move("second");
  await server.until(() => server.streams.size === 0);
  expect(lines.size).toBe(0);
  expect(await session()).not.toBe(first);
});

test("a call is recorded with the account that it was made with, also where the server fails it", async () => {
  await using server = await startLegacyServer();
  const accountOf = () => Promise.resolve("acc_hers" as never);
  await using scene = await openScene(server, { credentials: { ...withoutCredentials, accountOf } });
  const { call } = await scene.openReplica();
  await call();
  await call({ params: '"name":"nothing"' });
  await server[Symbol.asyncDispose]();
  await call();
  expect(scene.records.map(({ outcome, stage, accountId }) => [outcome, stage, accountId])).toEqual([
    ["ok", undefined, "acc_hers"],
    ["refused", "resolve", undefined],
    ["error", "dispatch", "acc_hers"],
  ]);
});

test("what a server asked of one account is not answered by another", async () => {
  const { credentials, move } = movableCredentials();
  await using server = await startLegacyServer(async (call) => {
    const { result } = await call.ask(
      "elicitation/create",
      '{"mode":"form","message":"?","requestedSchema":{}}',
    );
    return JSON.stringify(result);
  });
  await using scene = await openScene(server, { credentials });
  const { call } = await scene.openReplica();
  const asked = await call();
  const [key = ""] = Object.keys(asked.result.inputRequests);
  const before = server.seen.length;
  move("second");
  const { error } = await call({ params: retryOf(asked, { [key]: { action: "accept", content: {} } }) });
  expect(error.data.code).toBe("account_changed");
  expect(server.seen.slice(before)).toEqual([]);
});

test("a call that is under way ends as it began, and leaves no line behind", async () => {
  const { credentials, move } = movableCredentials();
  const isThere = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async () => {
    await isThere.promise;
    return "{}";
  });
  await using scene = await openScene(server, { credentials });
  const { call, lines } = await scene.openReplica();
  const calling = call();
  await server.until(() => server.seen.some(({ method }) => method === "tools/call"));
  move("second");
  isThere.resolve();
  expect((await calling).result).toBeDefined();
  await expect.poll(() => lines.size).toBe(0);
});

test("a call whose account is another one when it is to be sent is made on a line of that one, once", async () => {
  const { credentials: all, move } = movableCredentials();
  let isMoved = false;
  const credentials: CallCredentials = {
    ...all,
    of: (target, owner) => ({
      ...all.of(target, owner),
      async headers(request, signal) {
        if (request.method === "tools/call" && !isMoved) {
          isMoved = true;
          move("second");
        }
        return all.of(target, owner).headers(request, signal);
      },
    }),
  };
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server, { credentials });
  const { call } = await scene.openReplica();
  const { result } = await call();
  const of = (method: string) => server.seen.filter((seen) => seen.method === method);
  expect(of("initialize")).toHaveLength(2);
  expect(of("tools/call").map(({ session }) => session)).toEqual([result.session]);
  expect(of("initialize")[1]?.session).toBe(result.session);
});

test("what a modern server had a client keep for one account is not given back with another", async () => {
  const states: unknown[] = [];
  const http = createServer(async (request, response) => {
    const { id, params } = JSON.parse(await bodyOf(request));
    states.push(params.requestState);
    const result =
      params.requestState === undefined
        ? '{"resultType":"input_required","requestState":"of the first","inputRequests":{}}'
        : '{"resultType":"complete","content":[]}';
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
  });
  onTestFinished(() => void http.close());
  await once(http.listen(0, "127.0.0.1"), "listening");
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  const { credentials, move } = movableCredentials();
  await using scene = await openScene({ url }, { credentials, readAsModernAt: url.origin });
  const { call } = await scene.openReplica();
  const [kept, other] = [await call(), await call()];
  expect((await call({ params: retryOf(kept, {}) })).result.resultType).toBe("complete");
  move("second");
  expect((await call({ params: retryOf(other, {}) })).error.data.code).toBe("request_state_invalid");
  expect(states).toEqual([undefined, undefined, "of the first"]);
  http.closeAllConnections();
});

test("callers that their servers are told apart by share no line, though they are one person", async () => {
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server);
  const { call } = await scene.openReplica();
  const session = async (clientId: string, groups: readonly string[]) =>
    (await call({ principal: personWith(clientId, groups) })).result.session as string;
  const first = await session("a", ["dev"]);
  expect(await session("a", ["dev"])).toBe(first);
  expect(await session("b", ["dev"])).not.toBe(first);
  expect(await session("a", [])).not.toBe(first);
});

test("a watch waits where somebody has to sign in, and is held for each account that there is", async () => {
  const held: (string | undefined)[] = [];
  const http = createServer((request, response) => {
    held.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  });
  onTestFinished(() => void http.close());
  await once(http.listen(0, "127.0.0.1"), "listening");
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  await using stores = await openStores();
  const { id } = await stores.servers.add(newServer("s", { url, allowPrivate: ["127.0.0.1"] }));
  await stores.definitions.saveSync(id, findings(["t"]));
  const { catalog } = await stores.openReplica();
  await using outbound = createOutbound();
  const { credentials: all, move } = movableCredentials();
  const asked: string[] = [];
  const credentials: CallCredentials = {
    ...all,
    of: (target, owner) => ({
      ...all.of(target, owner),
      async headers(request, signal) {
        const headers = await all.of(target, owner).headers(request, signal);
        asked.push(headers["authorization"] ?? "");
        if (asked.length === 1) throw credentialFaults.fault("link_required", "sign in first");
        return headers;
      },
    }),
  };
  const identity = { name: "castellan", version: "0" };
  using upstreams = createUpstreams({
    catalog,
    outbound,
    credentials,
    identity,
    limits: defaultUpstreamLimits,
  });
  const stop = new AbortController();
  const defects: unknown[] = [];
  const watching = watchServer(
    {
      server: catalog.servers()[0] as CatalogServer,
      era: "modern",
      owner: () => ({ kind: "public", portal: "main" }),
      lists: true,
      clientInfo: "{}",
      onMessage: () => undefined,
      onError: (error) => defects.push(error),
      signal: stop.signal,
    },
    upstreams,
  );
  await expect.poll(() => asked).toEqual(["Bearer first"]);
  move("second");
  await expect.poll(() => held, { timeout: 5_000 }).toEqual(["Bearer second"]);
  move("third");
  await expect.poll(() => held, { timeout: 5_000 }).toEqual(["Bearer second", "Bearer third"]);
  stop.abort();
  await watching;
  http.closeAllConnections();
  expect(defects).toEqual([]);
});

const personId = createId("user");

function personWith(clientId: string, groups: readonly string[]): Principal {
  return {
    kind: "user",
    id: personId,
    name: "Ada",
    email: "ada@example.com",
    role: "member",
    directory: "workforce",
    groups,
    grantId: undefined,
    clientId,
    provider: undefined,
    amr: [],
    provedAtMs: undefined,
    claims: {},
    scopes: undefined,
  } as Principal;
}

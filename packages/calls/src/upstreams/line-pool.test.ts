import { expect, test } from "vitest";
import { everything, openScene, principalNamed, startLegacyServer } from "../conversations/testing.ts";
import { defaultLineLimits } from "./line-pool.ts";

test("calls one after another share a line, calls at a time have one each", async () => {
  const isThere = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async ({ params, session }) => {
    if (params["name"] === "u") await isThere.promise;
    return JSON.stringify({ session });
  });
  await using scene = await openScene(server);
  const { call, lines } = await scene.openReplica();
  const first = await call();
  expect((await call()).result.session).toBe(first.result.session);
  const both = [call({ params: '"name":"u"' }), call({ params: '"name":"u"' })];
  await server.until(() => server.seen.filter(({ params }) => params?.name === "u").length === 2);
  isThere.resolve();
  const used = new Set((await Promise.all(both)).map(({ result }) => result.session));
  expect([used.size, server.sessions.size, lines.size]).toEqual([2, 2, 2]);
});

test("no line is shared by two callers, two kinds of client or two sets of capabilities", async () => {
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server);
  const { call } = await scene.openReplica();
  const info = (name: string) => `"io.modelcontextprotocol/clientInfo":{"name":"${name}","version":"1"}`;
  const used = [];
  for (const one of [{}, { principal: principalNamed("x") }, { meta: info("c") }, { capabilities: "{}" }])
    used.push((await call(one)).result.session);
  expect(new Set(used).size).toBe(4);
  // What a server is not allowed does not tell clients apart.
  expect((await call({ capabilities: `${everything.slice(0, -1)},"tasks":{}}` })).result.session).toBe(
    used[0],
  );
  const hellos = server.seen.filter(({ method }) => method === "initialize").map(({ params }) => params);
  expect(hellos.map(({ clientInfo, capabilities }) => [clientInfo.name, Object.keys(capabilities)])).toEqual([
    ["unknown", ["elicitation", "sampling", "roots"]],
    ["unknown", ["elicitation", "sampling", "roots"]],
    ["c", ["elicitation", "sampling", "roots"]],
    ["unknown", []],
  ]);
  // Only those who can be asked need a stream to be asked on.
  expect(server.streams.size).toBe(3);
});

test("an idle line is closed after a while, with its session and its stream", async () => {
  await using server = await startLegacyServer();
  await using scene = await openScene(server, { lineLimits: { ...defaultLineLimits, idleMs: 50 } });
  const { call, lines } = await scene.openReplica();
  await call();
  await server.until(() => server.sessions.size === 0 && server.streams.size === 0);
  expect(lines.size).toBe(0);
});

test("a caller has so many lines to a server; idle ones of other clients give way", async () => {
  const isThere = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async ({ params }) => {
    if (params["name"] === "u") await isThere.promise;
    return "{}";
  });
  await using scene = await openScene(server, { lineLimits: { ...defaultLineLimits, maxPerCaller: 2 } });
  const { call, lines } = await scene.openReplica();
  const info = (n: number) => `"io.modelcontextprotocol/clientInfo":{"name":"c${n}","version":"1"}`;
  for (let n = 0; n < 5; n++)
    expect((await call({ meta: info(n) })).result).toEqual({ resultType: "complete" });
  expect(lines.size).toBe(2);
  const busy = [call({ params: '"name":"u"' }), call({ params: '"name":"u"' })];
  await server.until(() => server.seen.filter(({ params }) => params?.name === "u").length === 2);
  expect((await call()).error.data).toMatchObject({ code: "calls_limited", retryable: true });
  expect((await call({ principal: principalNamed("x") })).result).toEqual({ resultType: "complete" });
  isThere.resolve();
  await Promise.all(busy);
  expect((await call()).result).toEqual({ resultType: "complete" });
});

test("there are so many idle lines in all: those that were idle longest are closed", async () => {
  await using server = await startLegacyServer();
  await using scene = await openScene(server, { lineLimits: { ...defaultLineLimits, maxIdle: 3 } });
  const { call, lines } = await scene.openReplica();
  for (let n = 0; n < 6; n++) await call({ principal: principalNamed(`c${n}`) });
  expect(lines.size).toBe(3);
  await server.until(() => server.sessions.size === 3);
});

test("a line on which a server asks while no call is under way is not used again", async () => {
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server);
  const { call } = await scene.openReplica();
  const first = await call();
  const stream = server.streams.get(first.result.session)!;
  stream.write('data: {"jsonrpc":"2.0","id":"p","method":"ping"}\n\n');
  await server.until(() => server.seen.some(({ id, result }) => id === "p" && result !== undefined));
  expect((await call()).result.session).toBe(first.result.session);
  stream.write(
    'data: {"jsonrpc":"2.0","id":"late","method":"elicitation/create","params":{"message":"m"}}\n\n',
  );
  await server.until(() => server.seen.some(({ id }) => id === "late"));
  expect(server.seen.find(({ id }) => id === "late")).toMatchObject({ error: { code: -32000 } });
  expect((await call()).result.session).not.toBe(first.result.session);
  expect(scene.records.filter(({ method }) => method === "elicitation/create")).toEqual([]);
});

test("a server that forgot its sessions is told the log level again", async () => {
  await using server = await startLegacyServer(({ session }) => JSON.stringify({ session }));
  await using scene = await openScene(server);
  const { call } = await scene.openReplica();
  const meta = '"io.modelcontextprotocol/logLevel":"warning"';
  const first = await call({ meta });
  (server.sessions as Set<string>).clear();
  const second = await call({ meta });
  expect(second.result.session).not.toBe(first.result.session);
  const told = server.seen.filter(({ method }) => method === "logging/setLevel");
  expect(told.map(({ session, params }) => [session, params.level])).toEqual([
    [first.result.session, "warning"],
    [second.result.session, "warning"],
  ]);
});

test("a removed server's idle lines are closed, and those in use once they are given back", async () => {
  const isThere = Promise.withResolvers<void>();
  await using server = await startLegacyServer(async ({ params }) => {
    if (params["name"] === "u") await isThere.promise;
    return "{}";
  });
  await using scene = await openScene(server);
  const replica = await scene.openReplica();
  const busy = replica.call({ params: '"name":"u"' });
  await server.until(() => server.seen.some(({ params }) => params?.name === "u"));
  await replica.call();
  expect(replica.lines.size).toBe(2);
  await scene.servers.remove(scene.slug);
  await replica.flush();
  await server.until(() => server.sessions.size === 1);
  isThere.resolve();
  expect((await busy).result).toEqual({ resultType: "complete" });
  await server.until(() => server.sessions.size === 0);
  expect(replica.lines.size).toBe(0);
});

test("a line that is being opened for a caller who hangs up is given up", async () => {
  await using server = await startLegacyServer();
  await using scene = await openScene(server, { lineLimits: { ...defaultLineLimits, maxPerCaller: 1 } });
  const { call, lines } = await scene.openReplica();
  const cancel = new AbortController();
  const hungUp = call({ cancel });
  cancel.abort();
  await hungUp;
  expect(lines.size).toBe(0);
  // Its place is free.
  expect((await call()).result).toEqual({ resultType: "complete" });
});

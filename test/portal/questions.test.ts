import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import type { Call, Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, say, type Door } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let servers: RawLegacyServer[];
let door: Door;
const opened = new AsyncDisposableStack();
const list = { "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}' };

/** Asks under the same id at every server, and answers with what it was told. */
const asks: Script = {
  ...list,
  "tools/call": async function* (_, call: Call) {
    yield call.ask(0, "elicitation/create", '{"message":"who?","n":1E400,"_meta":{"progressToken":"pt"}}');
    yield call.result(JSON.stringify({ content: [], told: await call.answerTo(0) }));
  },
};

beforeAll(async () => {
  house = opened.use(await openPortals());
  servers = [];
  for (const slug of ["a", "b"]) {
    const server = opened.use(await startRawLegacy({ capabilities: '{"tools":{}}', script: asks }));
    await house.sync(slug, server.url, { clientFeatures: ["elicitation_form", "roots"] });
    servers.push(server);
  }
  door = await house.open("main", ["a", "b"]);
});

beforeEach(() => {
  for (const server of servers) {
    server.script = asks;
    server.recording.clear();
  }
});

afterAll(() => opened.disposeAsync());

const capabilities = { elicitation: {} };
const answer = (id: unknown, action: string) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"action":"${action}","n":1E400}}`;

test("a question reaches the client as it was asked, its answer the server as it was given", async () => {
  const client = await openLegacy(door, { capabilities });
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  const question = (await call.next()) ?? "";
  const { id } = parsed(question) as { id?: unknown };
  expect(question).toBe(
    `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"elicitation/create","params":{"message":"who?","n":1E400,"_meta":{"progressToken":"pt"}}}`,
  );
  const taken = await client.send(answer(id, "accept"));
  expect([taken.status, await taken.all]).toEqual([202, []]);
  expect(parsed(await call.next())["result"].told.result.action).toBe("accept");
  expect(servers[0]?.recording.requests.at(-1)?.body).toBe(answer(0, "accept"));
  // A second answer to the same question goes nowhere.
  expect((await client.send(answer(id, "decline"))).status).toBe(202);
  expect(servers[0]?.recording.requests.at(-1)?.body).toBe(answer(0, "accept"));
  await client.end();
});

test("two servers that ask under one id get each their own answer", async () => {
  const client = await openLegacy(door, { capabilities });
  const calls = await Promise.all(
    ["a_t", "b_t"].map((name) => client.send(rpc(name, "tools/call", { name }))),
  );
  const ids = await Promise.all(calls.map(async (call) => parsed(await call.next())["id"]));
  expect(new Set(ids).size).toBe(2);
  await client.send(answer(ids[1], "decline"));
  await client.send(answer(ids[0], "accept"));
  const told = await Promise.all(
    calls.map(async (call) => parsed(await call.next())["result"].told.result.action),
  );
  expect(told).toEqual(["accept", "decline"]);
  await client.end();
});

test("nobody answers for somebody else, whatever id they guess", async () => {
  const [client, stranger] = [
    await openLegacy(door, { capabilities }),
    await openLegacy(door, { capabilities }),
  ];
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  const { id } = parsed(await call.next()) as { id?: unknown };
  for (const guess of [id, 0, "0", "__proto__", "castellan-2"])
    expect((await stranger.send(answer(guess, "stolen"))).status).toBe(202);
  const other = await house.token("main");
  await house.flush();
  const stolen = await say(door.url, {
    token: other,
    headers: { "mcp-session-id": client.session, "mcp-protocol-version": "2025-11-25" },
    body: answer(id, "stolen"),
  });
  expect(stolen.status).toBe(404);
  await client.send(answer(id, "accept"));
  expect(parsed(await call.next())["result"].told.result.action).toBe("accept");
  expect(JSON.stringify(servers[0]?.recording.requests.map(({ body }) => body))).not.toContain("stolen");
  for (const each of [client, stranger]) await each.end();
});

test("an answer that is an error reaches the server as that", async () => {
  const client = await openLegacy(door, { capabilities });
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  const { id } = parsed(await call.next()) as { id?: unknown };
  const refusal = (of: unknown) =>
    `{"jsonrpc":"2.0","id":${JSON.stringify(of)},"error":{"code":-1,"message":"no"}}`;
  await client.send(refusal(id));
  expect(servers[0]?.recording.requests.at(-1)?.body).toBe(refusal(0));
  await call.all;
  await client.end();
});

test("a server may take its own question back, and no other's", async () => {
  const release = Promise.withResolvers<void>();
  if (servers[1])
    servers[1].script = {
      ...list,
      "tools/call": async function* (_, call: Call) {
        yield call.notification("notifications/cancelled", '{"requestId":"castellan-1"}');
        yield call.notification("notifications/cancelled", '{"requestId":0}');
        yield call.result('{"content":[]}');
      },
    };
  if (servers[0])
    servers[0].script = {
      ...list,
      "tools/call": async function* (_, call: Call) {
        yield call.ask(0, "elicitation/create");
        await release.promise;
        yield call.notification("notifications/cancelled", '{ "reason":"late", "requestId" : 0 }');
        yield call.result('{"content":[]}');
      },
    };
  const client = await openLegacy(door, { capabilities });
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  const { id } = parsed(await call.next()) as { id?: unknown };
  expect(await (await client.send(rpc("d", "tools/call", { name: "b_t" }))).all).toHaveLength(1);
  release.resolve();
  expect(await call.next()).toBe(
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{ "reason":"late", "requestId" : ${JSON.stringify(id)} }}`,
  );
  await call.all;
  await client.end();
});

test("what a client reports of a question goes to the server that asked, and to no other", async () => {
  const client = await openLegacy(door, { capabilities });
  // A line to the other server is open as well.
  if (servers[1]) servers[1].script = { ...list, "tools/call": () => '{"content":[]}' };
  await client.call("tools/call", { name: "b_t" });
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  const { id } = parsed(await call.next()) as { id?: unknown };
  const progress = rpc(undefined, "notifications/progress", { progressToken: "pt", progress: 1 });
  await client.send(progress);
  await client.send(rpc(undefined, "notifications/progress", { progressToken: "unknown", progress: 1 }));
  await client.send(rpc(undefined, "notifications/roots/list_changed"));
  await client.send(answer(id, "accept"));
  await call.all;
  const heard = servers.map(({ recording }) =>
    recording.requests
      .map(({ body }) => body)
      .filter((body) => body.includes("notifications/") && !body.includes("initialized")),
  );
  const roots = rpc(undefined, "notifications/roots/list_changed");
  expect(heard).toEqual([[progress, roots], [roots]]);
  await client.end();
});

test("a question to a client that takes no stream is refused to the server at once", async () => {
  const client = await openLegacy(door, { capabilities });
  const headers = { accept: "application/json" };
  const heard = await client.send(rpc("c", "tools/call", { name: "a_t" }), { headers });
  const { told } = parsed((await heard.all)[0])["result"];
  expect(told.error).toMatchObject({ code: -32000 });
  await client.end();
});

test("a client that hung up and cannot come back is not asked any more; its call goes on", async () => {
  const gone = Promise.withResolvers<void>();
  if (servers[0])
    servers[0].script = {
      ...list,
      "tools/call": async function* (_, call: Call) {
        yield call.notification("notifications/message");
        await gone.promise;
        // Until the house has noticed, a question gets no answer at all.
        const answers: Promise<unknown>[] = [];
        for (let n = 0; ; n++) {
          yield call.ask(n, "elicitation/create");
          answers.push(call.answerTo(n));
          const told = await Promise.race([...answers, new Promise((resolve) => setTimeout(resolve, 10))]);
          if (told) return yield call.result(JSON.stringify({ content: [], told }));
        }
      },
    };
  const client = await openLegacy(door, { capabilities, version: "2025-06-18" });
  const call = await client.send(rpc("c", "tools/call", { name: "a_t" }));
  expect(await call.next()).toContain("notifications/message");
  call.leave();
  await call.all;
  gone.resolve();
  const recorded = async () => (await house.records()).findLast(({ method }) => method === "tools/call");
  let record = await recorded();
  while (record?.sessionId !== client.session) record = await recorded();
  expect(record).toMatchObject({ outcome: "ok", target: "a_t" });
  await client.end();
});

test("a flood of questions costs the server its oldest, and it is told", async () => {
  const count = 300;
  if (servers[0])
    servers[0].script = {
      ...list,
      "tools/call": async function* (_, call: Call) {
        for (let n = 0; n < count; n++) yield call.ask(n, "elicitation/create");
        const told = await call.answerTo(0);
        yield call.result(JSON.stringify({ content: [], told }));
      },
    };
  const client = await openLegacy(door, { capabilities });
  const heard = await (await client.send(rpc("c", "tools/call", { name: "a_t" }))).all;
  expect(heard).toHaveLength(count + 1);
  expect(parsed(heard.at(-1))["result"].told.error.code).toBe(-32000);
  await client.end();
});

test("no fault of this house was seen", () => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});

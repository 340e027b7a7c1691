import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { send, type Exchange } from "./callers/wire.ts";
import { startRelay } from "./relay.ts";

/** A replica that answers with its name, and holds what is posted to `/hold` open for the test. */
async function startReplica(name: string) {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream", "x-replica": name });
    response.write(`id: ${name}-1\ndata: ${name}\n\n`);
    if (request.url === "/hold") held.push(response);
    else response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    die: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function at(url: string, httpMethod: "POST" | "GET" = "POST", body = "{}") {
  const texts: string[] = [];
  const first = Promise.withResolvers<string>();
  const onText = (text: string) => {
    texts.push(text);
    first.resolve(text);
  };
  const post = httpMethod === "POST" ? { body } : {};
  const exchange: Exchange = await send(url, { httpMethod, token: "t", headers: {}, onText, ...post });
  return { exchange, texts, first: first.promise };
}

test("POSTs take turns whatever is asked in between; a test says where the rest goes", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using relay = await startRelay([a.url, b.url]);
  const heard: string[] = [];
  for (const method of ["POST", "GET", "POST", "GET", "POST"] as const)
    heard.push(await (await at(relay.url, method)).first);
  expect(heard).toEqual(["a", "a", "b", "b", "a"]);
  relay.aim = ({ httpMethod }) => (httpMethod === "GET" ? 1 : undefined);
  expect([await (await at(relay.url, "GET")).first, await (await at(relay.url, "GET")).first]).toEqual([
    "b",
    "b",
  ]);
  relay.leaveOut(0);
  expect([await (await at(relay.url)).first, await (await at(relay.url)).first]).toEqual(["b", "b"]);
});

test("it knows who got what", async () => {
  await using a = await startReplica("a");
  await using b = await startReplica("b");
  await using relay = await startRelay([a.url, b.url]);
  for (const body of ['{"id":1,"method":"tools/call"}', '{"id":1,"result":{}}', "no json"])
    await (
      await at(`${relay.url}/p/x/mcp?y=1`, "POST", body)
    ).exchange.ended;
  expect(relay.deliveries.map(({ replica, method, path, body }) => [replica, method, path, body])).toEqual([
    [0, "tools/call", "/p/x/mcp?y=1", '{"id":1,"method":"tools/call"}'],
    [1, "response", "/p/x/mcp?y=1", '{"id":1,"result":{}}'],
    [0, undefined, "/p/x/mcp?y=1", "no json"],
  ]);
  expect(await Promise.all(relay.deliveries.map(({ status }) => status))).toEqual([200, 200, 200]);
});

test("events pass as they come, and each side's hanging up is the other's", async () => {
  await using a = await startReplica("a");
  await using relay = await startRelay([a.url]);
  const staying = await at(`${relay.url}/hold`);
  expect(await staying.first).toBe("a");
  a.held[0]?.end("data: end\n\n");
  expect([await staying.exchange.ended, staying.texts, staying.exchange.lastEventId]).toEqual([
    "complete",
    ["a", "end"],
    "a-1",
  ]);

  const leaving = await at(`${relay.url}/hold`);
  await leaving.first;
  const held = a.held[1];
  if (held === undefined) throw new Error("The replica holds no second request");
  const closed = once(held, "close");
  leaving.exchange.leave();
  await closed;

  const dying = await at(`${relay.url}/hold`);
  await dying.first;
  a.die();
  expect(await dying.exchange.ended).toBe("broken");
});

test("a replica that is gone breaks the connection: there is no answer in its place", async () => {
  const a = await startReplica("a");
  await using relay = await startRelay([a.url]);
  await a[Symbol.asyncDispose]();
  await expect(at(relay.url)).rejects.toThrow(/closed|reset|hang up/i);
});

import type { ServerResponse } from "node:http";
import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { aDocument, createTestClients, describes, documentUrl, serveDocuments } from "./testing.ts";
import type { DocumentServer, TestClients } from "./testing.ts";

let served: DocumentServer;
let house: TestClients;

const fresh = describes(aDocument, { "cache-control": "max-age=600" });

beforeAll(async () => {
  served = await serveDocuments();
  house = await createTestClients({ outbound: served.outbound });
});
beforeEach(async () => {
  await house.database.query(sql`delete from oauth_clients`);
  served.answer = fresh;
  served.asked.length = 0;
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

const find = () => house.clients.find(documentUrl);
const fails = (_request: unknown, response: ServerResponse) => void response.writeHead(503).end();

test("a description is read once for all replicas while it is fresh, and anew when that is over", async () => {
  expect(await find()).toMatchObject({
    id: documentUrl,
    kind: "document",
    name: "Example Client",
    version: 1,
  });
  await house.again({}).find(documentUrl);
  house.clock.advance(599_999);
  await find();
  expect(served.asked).toHaveLength(1);
  served.answer = describes({ ...aDocument, client_name: "Renamed" });
  house.clock.advance(1);
  expect(await find()).toMatchObject({ name: "Renamed", version: 2 });
  expect(served.asked).toHaveLength(2);
});

test("what is read anew and is as it was is the same version", async () => {
  const first = await find();
  house.clock.advance(600_000);
  const again = await find();
  expect(again).toEqual({
    ...first,
    readAt: new Date(house.clock.now()),
    freshUntil: new Date(house.clock.now() + 600_000),
  });
});

test("of many who ask at once, one asks the client's server", async () => {
  await Promise.all(Array.from({ length: 20 }, find));
  expect(served.asked).toHaveLength(1);
});

test("while its server is away a client is what it was, for a week at most", async () => {
  await find();
  served.answer = fails;
  house.clock.advance(6 * 86_400_000);
  expect(await find()).toMatchObject({ name: "Example Client" });
  house.clock.advance(86_400_000);
  await expect(find()).rejects.toMatchObject({ code: "client_document_unavailable" });
});

test("a client that withdraws its description is none any more", async () => {
  await find();
  house.clock.advance(600_000);
  served.answer = (_request, response) => response.writeHead(404).end();
  await expect(find()).rejects.toMatchObject({ code: "client_document_invalid" });
});

test("nothing is kept of what could not be used", async () => {
  served.answer = describes({ ...aDocument, client_id: "https://client.example/other.json" });
  await expect(find()).rejects.toMatchObject({ code: "client_document_invalid" });
  expect(await house.clients.store.find(documentUrl)).toBeUndefined();
});

test("a flood of descriptions at one host is not passed on to it", async () => {
  served.answer = fails;
  const codes = new Set<string>();
  for (let at = 0; at < 40; at++)
    await house.clients
      .find(`https://flooded.client.example/${at}.json`)
      .catch((error: Error) => codes.add(error.message));
  expect(served.asked).toHaveLength(30);
  expect([...codes]).toEqual([
    "The client's description could not be read: its server answered 503",
    "The client's description was not read: too many were lately",
  ]);
});

test("with the setting off, no description is read", async () => {
  expect(await house.again({ registration: "off" }).find(documentUrl)).toBeUndefined();
  expect(await house.again({ registration: "documents" }).find(documentUrl)).toMatchObject({
    kind: "document",
  });
  expect(served.asked).toHaveLength(1);
});

test("of its redirect URIs those count that are permitted", async () => {
  const rules = [{ kind: "loopback" } as const];
  expect(await house.again({ redirectRules: rules }).find(documentUrl)).toMatchObject({
    redirectUris: ["http://127.0.0.1/cb"],
  });
  const others = [{ kind: "exact", uri: "https://other.example/cb" } as const];
  expect(await house.again({ redirectRules: others }).find(documentUrl)).toBeUndefined();
});

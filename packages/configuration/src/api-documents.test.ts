import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { faultOf, openInstallation, plainly, toDocument, type TestInstallation } from "./testing.ts";

let house: TestInstallation;
beforeAll(async () => {
  house = await openInstallation();
});
beforeEach(() => house.empty());
afterAll(() => house[Symbol.asyncDispose]());

const text = (name: string) =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Crm", version: "1" },
    paths: { [`/${name}`]: { get: { operationId: name, responses: { 200: { description: "Good" } } } } },
  });
const url = "https://crm.example/v1";
const crm = (openapi: object) => toDocument({ servers: { crm: { url, openapi } } });
const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;

test("an API from a text: applied, planned by digest, exported, and nothing the second time", async () => {
  const { configuration, servers, documents } = house;
  const first = await configuration.apply(crm({ document: text("a") }), plainly);
  expect(first.changes[0]?.fields).toContainEqual({
    path: "openapi",
    after: { document: digest, face: "tools" },
  });
  const { server } = await servers.get("crm");
  expect([server.kind, server.face, first.toSync]).toEqual([
    "openapi",
    "tools",
    [{ id: server.id, slug: "crm" }],
  ]);
  expect((await documents.textOf(server.id))?.text).toBe(text("a"));

  const exported = await configuration.export("main");
  expect(exported.servers).toEqual({ crm: { url, openapi: { document: text("a"), face: "tools" } } });
  expect((await configuration.plan(toDocument(exported), plainly)).changes).toEqual([]);

  const other = crm({ document: text("b"), face: "code" });
  expect((await configuration.plan(other, plainly)).changes).toEqual([
    {
      kind: "server",
      slug: "crm",
      action: "update",
      fields: [
        { path: "openapi.document", before: digest, after: digest },
        { path: "openapi.face", before: "tools", after: "code" },
      ],
    },
  ]);
  const second = await configuration.apply(other, plainly);
  expect(second.toSync).toHaveLength(1);
  expect((await documents.textOf(server.id))?.text).toBe(text("b"));
  expect((await servers.get("crm")).server).toMatchObject({ face: "code", version: 2 });
});

test("an API from an address is fetched after it is applied, and is not forgotten with another face", async () => {
  const { configuration, servers, documents, database } = house;
  const at = { url: "https://crm.example/openapi.json" };
  const { toSync } = await configuration.apply(crm(at), plainly);
  const { server } = await servers.get("crm");
  const [due] = await documents.take({ leaseMs: 1_000, limit: 4 });
  expect([toSync, due?.serverId, due?.sourceUrl]).toEqual([[], server.id, at.url]);
  await database.query({ text: "update api_documents set text = 't', digest = 'd'", values: [] });

  await configuration.apply(crm({ ...at, face: "code" }), plainly);
  expect((await documents.textOf(server.id))?.text).toBe("t");
  const exported = await configuration.export("main");
  expect(exported.servers).toEqual({ crm: { url, openapi: { ...at, face: "code" } } });
  expect((await configuration.plan(toDocument(exported), plainly)).changes).toEqual([]);
});

test.each([
  [{ document: "{}" }, "document_invalid", "servers.crm.openapi.document"],
  [{ file: "crm.yaml" }, "invalid_input", "servers.crm.openapi.file"],
  [{ url: "http://127.0.0.1/openapi.json" }, "outbound_refused", "servers.crm.openapi.url"],
])("%j is refused", async (openapi, code, field) => {
  const fault = await faultOf(house.configuration.plan(crm(openapi), plainly));
  expect([fault.code, fault.field]).toEqual([code, field]);
});

test("what a server is never changes", async () => {
  const { configuration } = house;
  await configuration.apply(crm({ document: text("a") }), plainly);
  const fault = await faultOf(configuration.plan(toDocument({ servers: { crm: { url } } }), plainly));
  expect([fault.code, fault.field]).toEqual(["field_unchangeable", "servers.crm.openapi"]);
});

test.each([
  ["nothing", {}],
  ["two places", { url: "https://a.example/", file: "a.yaml" }],
])("a document from %s is no configuration", (_, openapi) => {
  expect(() => crm(openapi)).toThrow("must have either url, file or document");
});

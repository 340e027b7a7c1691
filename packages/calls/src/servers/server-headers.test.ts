/** What servers are sent with each request: stored sealed, merged, and bound to where it was given for. */
import { sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, newServer, openStores, type TestStores } from "../testing.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

test("headers are merged: set, taken away, kept; and a source stands only by the value that came from it", async () => {
  const { servers } = stores;
  const refs = { "x-a": { secretRef: "env:A" }, "x-b": { secretRef: "file:/b" } };
  const { id } = await servers.add(
    newServer("merged", { headers: { "x-a": "1", "x-b": "2", "x-c": "3" }, headerRefs: refs }),
  );
  const { server } = await servers.change("merged", { headers: { "x-a": "one", "x-c": null, "x-d": "4" } });
  expect([server.headerNames, server.headerRefs]).toEqual([
    ["x-a", "x-b", "x-d"],
    { "x-b": { secretRef: "file:/b" } },
  ]);
  expect(await servers.headersOf(id)).toEqual({ "x-a": "one", "x-b": "2", "x-d": "4" });

  const same = await servers.change("merged", { headers: { "x-d": "4", "x-c": null } });
  expect(same.server).toMatchObject({ version: 2, revision: 2 });
  // Where a value comes from is no line's business.
  const sourced = await servers.change("merged", {
    headerRefs: { ...refs, "x-gone": { secretRef: "env:G" } },
  });
  expect(sourced.server).toMatchObject({ headerRefs: refs, version: 3, revision: 2 });

  const none = await servers.change("merged", { headers: { "x-a": null, "x-b": null, "x-d": null } });
  expect(none.server).toMatchObject({ headerNames: [], headerRefs: {}, version: 4 });
  expect(await servers.headersOf(id)).toEqual({});
});

test("a header that is stored is not sent to another origin: it is given anew, or taken away", async () => {
  const { servers } = stores;
  const { id } = await servers.add(newServer("moving", { headers: { "x-a": "1", "x-b": "2" } }));
  const url = new URL("https://attacker.example/mcp");
  const refused = servers.change("moving", { url, headers: { "x-a": "1" } });
  expect(await refused.catch((error: unknown) => error)).toMatchObject({
    code: "server_headers_required",
    field: "headers",
    message:
      'headers must name x-b: the stored values of server "moving" were given for https://moving.example and are not sent to https://attacker.example',
  });
  expect((await servers.get("moving")).server).toMatchObject({
    url: "https://moving.example/mcp",
    version: 1,
  });

  const samePlace = new URL("https://moving.example/another/path");
  expect((await servers.change("moving", { url: samePlace })).server.url).toBe(samePlace.href);
  await servers.change("moving", { url, headers: { "x-a": "1", "x-b": null } });
  expect(await servers.headersOf(id)).toEqual({ "x-a": "1" });
});

test("headers that cannot be read any more hinder nothing else, and are mended by giving them anew", async () => {
  const { servers, database } = stores;
  const { id } = await servers.add(newServer("broken-seal", { headers: { "x-a": "1", "x-b": "2" } }));
  await database.query(sql`update servers set sealed_headers = 'nonsense' where id = ${id}`);
  expect((await servers.change("broken-seal", { title: "Still there" })).server.title).toBe("Still there");
  expect(await codeOf(servers.change("broken-seal", { headers: { "x-a": "1" } }))).toBe(
    "server_headers_required",
  );
  const mended = await servers.change("broken-seal", { headers: { "x-a": "1", "x-b": null } });
  expect([mended.server.headerNames, await servers.headersOf(id)]).toEqual([["x-a"], { "x-a": "1" }]);
});

test("sealed headers open at their own server only", async () => {
  const { servers, database } = stores;
  const one = await servers.add(newServer("one", { headers: { authorization: "a" } }));
  const two = await servers.add(newServer("two", { headers: { authorization: "b" } }));
  await database.query(sql`
    update servers set sealed_headers = (select sealed_headers from servers where id = ${one.id}) where id = ${two.id}`);
  expect(await codeOf(servers.headersOf(two.id))).toBe("vault_open_failed");
  await servers.remove("two");
});

import { createChangeFeed, sql } from "@castellan/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findings, newServer, openStores, type TestStores } from "../testing.ts";
import { createCatalog, type Catalog } from "./catalog.ts";

let stores: TestStores;

beforeAll(async () => {
  stores = await openStores();
});

afterAll(() => stores[Symbol.asyncDispose]());

const offered = (catalog: Catalog, slug: string) => catalog.find(slug)?.definitions.map(({ name }) => name);

test("what one replica changes, each has", async () => {
  const { servers, definitions } = stores;
  const replicas = [await stores.openReplica(), await stores.openReplica()];
  const heard: (readonly string[])[] = [];
  replicas[1]?.catalog.onChange((ids) => void heard.push(ids));
  const states = async () => {
    await Promise.all(replicas.map(({ flush }) => flush()));
    return replicas.map(({ catalog }) => offered(catalog, "a"));
  };
  const { id } = await servers.add(newServer("a", { headers: { authorization: "x" } }));
  expect(await states()).toEqual([[], []]);
  await definitions.saveSync(id, findings(["one", "two"]));
  expect(await states()).toEqual([
    ["one", "two"],
    ["one", "two"],
  ]);
  await definitions.saveSync(id, findings(["two"]));
  expect(await states()).toEqual([["two"], ["two"]]);
  await servers.remove("a");
  expect(await states()).toEqual([undefined, undefined]);
  const again = await servers.add(newServer("a"));
  expect(await states()).toEqual([[], []]);
  expect(replicas[1]?.catalog.find("a")?.server.id).toBe(again.id);
  expect(heard).toEqual([[id], [id], [id], [id], [again.id]]);
});

test("each change is a new version, and an entry is never altered", async () => {
  const { servers, definitions } = stores;
  const { catalog, flush } = await stores.openReplica();
  const { id } = await servers.add(newServer("b"));
  await flush();
  const [version, entry] = [catalog.version, catalog.find("b")];
  await definitions.saveSync(id, findings(["one"]));
  await flush();
  expect(catalog.version).toBeGreaterThan(version);
  expect(entry?.definitions).toEqual([]);
  expect(offered(catalog, "b")).toEqual(["one"]);
});

test("a change while everything is loaded is not lost to the older picture", async () => {
  const { servers, definitions, database } = stores;
  const { id } = await servers.add(newServer("c"));
  await definitions.saveSync(id, findings(["old"]));
  await using changes = await createChangeFeed({ database });
  const [loaded, release, told] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  let reads = 0;
  const slow = {
    ...definitions,
    async findByServers(ids: readonly string[]) {
      const found = await definitions.findByServers(ids);
      if (reads++ === 0) {
        loaded?.resolve();
        await release?.promise;
      }
      return found;
    },
  };
  const opening = createCatalog({ servers, definitions: slow, changes });
  await loaded?.promise;
  changes.on("servers", () => told?.resolve());
  await definitions.saveSync(id, findings(["new"]));
  const delivered = changes.flush();
  await told?.promise;
  // Time enough for the change to be read, if nothing kept it back.
  for (let n = 0; n < 20; n++) await definitions.findByServers([id]);
  release?.resolve();
  using catalog = await opening;
  await delivered;
  expect(offered(catalog, "c")).toEqual(["new"]);
});

test("a server whose headers cannot be opened does not take the others with it", async () => {
  const { servers, definitions, database } = stores;
  const { id } = await servers.add(newServer("d", { headers: { authorization: "x" } }));
  await servers.add(newServer("e"));
  await database.query(sql`update servers set sealed_headers = 'tampered with' where id = ${id}`);
  await using changes = await createChangeFeed({ database });
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  using catalog = await createCatalog({ servers, definitions, changes, onError });
  expect([catalog.find("d"), catalog.find("e")?.server.slug]).toEqual([undefined, "e"]);
  expect(errors).toMatchObject([{ code: "vault_open_failed" }]);
});

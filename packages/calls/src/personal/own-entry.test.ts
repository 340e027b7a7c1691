import { expect, test } from "vitest";
import type { CatalogServer } from "../catalog/catalog.ts";
import type { Definition } from "../catalog/definition.ts";
import { fingerprintOf } from "../catalog/fingerprint.ts";
import { createScope } from "../catalog/offering.ts";
import { definition, listingServer } from "../catalog/testing.ts";
import { ownEntry } from "./own-entry.ts";
import { listKey, type OwnLists } from "./own-lists.ts";
import { ownScope } from "./own-scope.ts";

/** As a server lists these to somebody. */
function listsOf(listed: readonly Definition[]): OwnLists {
  const found = listed.map((one) => ({ ...one, fingerprint: fingerprintOf(one) }));
  return {
    unread: new Map(),
    resources: found.filter(({ kind }) => kind === "resource"),
    fingerprints: new Map(found.map((one) => [listKey(one), one.fingerprint])),
    digest: "",
    chars: 0,
  };
}

/** The catalog as the house read it: its fingerprints are those of the texts. */
function catalogOf(server: CatalogServer, more: readonly Definition[] = []): CatalogServer {
  const definitions = [...server.definitions, ...more];
  return { ...server, definitions: definitions.map((one) => ({ ...one, fingerprint: fingerprintOf(one) })) };
}

const tool = (name: string, description = "") => definition("a", "tool", { name, description });
const resource = (uri: string, more: Partial<Definition> = {}) => definition("a", "resource", uri, more);

function seen(of: CatalogServer, lists: OwnLists | undefined) {
  const entry = ownEntry(of, lists);
  const scope = createScope({ era: "modern", servers: [entry.server], naming: "prefixed" });
  return ownScope(scope, new Map([[of.server.id, entry]]));
}

const names = (of: CatalogServer, lists: OwnLists | undefined, kind: "tool" | "resource") =>
  seen(of, lists)
    .entries(kind)
    .map(({ name }) => name);

test("tools are those of the catalog that their own list has in the same words", () => {
  const catalog = catalogOf(listingServer("a", {}), [tool("same"), tool("other", "one"), tool("missing")]);
  const lists = listsOf([tool("same"), tool("other", "two"), tool("unseen")]);
  expect(names(catalog, lists, "tool")).toEqual(["same"]);
  const scope = seen(catalog, lists);
  expect(["same", "other", "missing", "unseen"].map((name) => scope.find("tool", `a_${name}`)?.name)).toEqual(
    ["same", undefined, undefined, undefined],
  );
  // Whatever is kept for a server is kept for its entry in the catalog.
  expect(scope.find("tool", "a_same")?.server).toBe(catalog);
  expect(scope.servers).toEqual([catalog]);
});

test("of a list of theirs that could not be read, what was reviewed stays; the others hold", () => {
  const catalog = catalogOf(listingServer("a", { resource: ["doc:admin"] }), [tool("same"), tool("missing")]);
  const known = listsOf([tool("same"), resource("doc:own")]);
  const unread = (how: "as_before" | "unknown") => ({ ...known, unread: new Map([["tool", how]] as const) });
  expect(names(catalog, unread("as_before"), "tool")).toEqual(["same"]);
  expect(names(catalog, unread("unknown"), "tool")).toEqual(["same", "missing"]);
  expect(names(catalog, unread("unknown"), "resource")).toEqual(["doc:own"]);
});

test("who has none of their own is offered what was reviewed, and no resource", () => {
  const catalog = catalogOf(listingServer("a", { tool: ["t"], resource: ["doc:admin"] }));
  expect([names(catalog, undefined, "tool"), names(catalog, undefined, "resource")]).toEqual([["t"], []]);
});

test("resources are theirs, but what a person rejected, and pages that nobody has approved", () => {
  const catalog = catalogOf(listingServer("a", { resource: ["doc:admin", "doc:both", "ui://known"] }), [
    resource("doc:rejected", { review: "rejected" }),
    resource("doc:again", { review: "changed", awaitsPerson: true }),
    resource("ui://waits", { review: "new" }),
  ]);
  const own = ["doc:own", "doc:both", "doc:rejected", "doc:again", "ui://known", "ui://waits", "ui://own"];
  const lists = listsOf(own.map((uri) => resource(uri)));
  expect(names(catalog, lists, "resource")).toEqual(["doc:own", "doc:both", "ui://known"]);
  // By their address neither, though other addresses that no list names may be asked for.
  const scope = seen(catalog, lists);
  const had = ["doc:rejected", "doc:again", "ui://waits", "doc:unlisted"];
  expect(had.map((uri) => scope.find("resource", uri)?.name)).toEqual([
    undefined,
    undefined,
    undefined,
    "doc:unlisted",
  ]);
});

test("the same lists are the same entry until the catalog has another", () => {
  const catalog = catalogOf(listingServer("a", { tool: ["t"] }));
  const [mine, yours] = [listsOf([]), listsOf([])];
  expect(ownEntry(catalog, mine)).toBe(ownEntry(catalog, mine));
  const serials = [mine, yours, undefined].map((lists) => ownEntry(catalog, lists).serial);
  expect(new Set([...serials, ownEntry({ ...catalog }, mine).serial]).size).toBe(4);
});

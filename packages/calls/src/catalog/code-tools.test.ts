import { expect, test } from "vitest";
import type { CatalogServer } from "./catalog.ts";
import { everything } from "./curation.ts";
import { narrowScope } from "./narrow-scope.ts";
import { createOffering } from "./offering.ts";
import { changedKinds } from "./share-changes.ts";
import { listingServer, type Listing } from "./testing.ts";

function api(slug: string, listing: Listing, more: object = {}): CatalogServer {
  const server = listingServer(slug, listing, ["modern"], more);
  return { ...server, server: { ...server.server, kind: "openapi", face: "code" } };
}

function scopeOf(servers: readonly CatalogServer[], options: object = {}) {
  return createOffering({ servers, naming: "prefixed", ...options }).scope("modern");
}

const namesOf = (scope: ReturnType<typeof scopeOf>) => scope.codeTools.map(({ names }) => names);
const toolsOf = (scope: ReturnType<typeof scopeOf>) =>
  scope.entries("tool").map(({ publicName, server, name }) => [publicName, server.server.slug, name]);

test("an API that is shown as code has two names for itself; its operations keep theirs", () => {
  const scope = scopeOf([api("git-hub", { tool: ["repos_list"] }), listingServer("b", { tool: ["x"] })]);
  expect(namesOf(scope)).toEqual([{ search: "git-hub_search", execute: "git-hub_execute" }]);
  expect(toolsOf(scope)).toEqual([
    ["git-hub_repos_list", "git-hub", "repos_list"],
    ["b_x", "b", "x"],
  ]);
  expect(scope.find("tool", "git-hub_search")).toBeUndefined();
});

test("no operation of its own, and no tool of a later server, has one of these names", () => {
  const hub = api("hub", { tool: ["search", "execute"] });
  const other = listingServer("other", { tool: ["hub_search", "hub_execute"] });
  const own = { search: "hub_search", execute: "hub_execute" };
  const plain = scopeOf([hub, other], { naming: "plain" });
  expect(namesOf(plain)).toEqual([own]);
  expect(toolsOf(plain)).toEqual([
    ["search", "hub", "search"],
    ["execute", "hub", "execute"],
    ["other_hub_search", "other", "hub_search"],
    ["other_hub_execute", "other", "hub_execute"],
  ]);
  const prefixed = scopeOf([hub, other]);
  expect(namesOf(prefixed)).toEqual([own]);
  const [search, execute] = toolsOf(prefixed);
  expect(search).toEqual([expect.stringMatching(/^hub_search_[0-9a-f]{8}$/), "hub", "search"]);
  expect(execute).toEqual([expect.stringMatching(/^hub_execute_[0-9a-f]{8}$/), "hub", "execute"]);
});

test("an API that comes later takes no name from a server before it", () => {
  const first = listingServer("first", { tool: ["hub_search"] });
  const scope = scopeOf([first, api("hub", { tool: ["y"] })], { naming: "plain" });
  expect(namesOf(scope)).toEqual([
    { search: expect.stringMatching(/^hub_search_[0-9a-f]{8}$/) as string, execute: "hub_execute" },
  ]);
  expect(toolsOf(scope)).toEqual([
    ["hub_search", "first", "hub_search"],
    ["y", "hub", "y"],
  ]);
});

test("a tool that nobody vouched for is not offered under a name that a reader would take for one of these", () => {
  const servers = [
    api("hub", { tool: ["x"] }),
    listingServer("other", { tool: ["Hub_Search"] }, ["modern"], { review: "new" }),
  ].toReversed();
  const scope = scopeOf(servers, { naming: "plain", autoAccept: ["tool"] });
  expect(toolsOf(scope)).toEqual([["x", "hub", "x"]]);
  expect(scope.withheld("tool").map(({ reason, definition }) => [definition.name, reason])).toEqual([
    ["Hub_Search", "name_of_another"],
  ]);
});

test("an alias that a person gave stays, and the API's tool has another name, the same each time", () => {
  const first = listingServer("first", { tool: ["x"] });
  const hub = api("hub", { tool: ["y"] });
  const curation = {
    ...everything,
    entries: { ...everything.entries, tool: { x: { alias: "hub_search" } } },
  };
  const options = { naming: "plain", curations: new Map([[first.server.id, curation]]) };
  const [names] = namesOf(scopeOf([first, hub], options));
  expect(names).toEqual({
    search: expect.stringMatching(/^hub_search_[0-9a-f]{8}$/) as string,
    execute: "hub_execute",
  });
  expect(namesOf(scopeOf([first, hub], options))).toEqual([names]);
  expect(toolsOf(scopeOf([first, hub], options))[0]).toEqual(["hub_search", "first", "x"]);
});

test("a name that is a portal's own is bent", () => {
  expect(namesOf(scopeOf([api("portal", { tool: ["x"] })]))).toEqual([
    {
      search: expect.stringMatching(/^portal_search_[0-9a-f]{8}$/) as string,
      execute: expect.stringMatching(/^portal_execute_[0-9a-f]{8}$/) as string,
    },
  ]);
});

test("whoever may use nothing of the API, or of whom nothing is approved, has no tools over it", () => {
  const hub = api("hub", { tool: ["x"] });
  const scope = scopeOf([hub]);
  expect(namesOf(narrowScope(scope, ({ server }) => server.slug !== "hub"))).toEqual([]);
  expect(namesOf(narrowScope(scope, (_server, _class, tool) => tool === "y"))).toEqual([]);
  expect(namesOf(narrowScope(scope, () => true))).toHaveLength(1);
  expect(namesOf(scopeOf([api("hub", { tool: ["x"] }, { review: "new" })]))).toEqual([]);
});

test("another face is another list of tools, and other names", () => {
  const hub = api("hub", { tool: ["search"] });
  const asTools: CatalogServer = { ...hub, server: { ...hub.server, face: "tools" } };
  const offering = createOffering({ servers: [hub], naming: "prefixed" });
  expect(namesOf(offering.scope("modern"))).toHaveLength(1);
  const after = offering.withServer(0, asTools);
  expect(namesOf(after.scope("modern"))).toEqual([]);
  expect(toolsOf(after.scope("modern"))).toEqual([["hub_search", "hub", "search"]]);
  expect(changedKinds(offering.share(0), after.share(0))).toEqual(["tool"]);
});

import type { Era } from "@castellan/mcp";
import { expect, test } from "vitest";
import { testDefinition } from "../testing.ts";
import type { CatalogServer } from "./catalog.ts";
import { createScope } from "./offering.ts";
import type { Naming } from "./public-name.ts";
import { listingServer as server } from "./testing.ts";

function scope(servers: readonly CatalogServer[], naming: Naming = "prefixed", era: Era = "modern") {
  return createScope({ era, servers, naming });
}

function names(listed: readonly string[], key: string): unknown[] {
  return listed.map((text) => (JSON.parse(text) as Record<string, unknown>)[key]);
}

function aim(found: ReturnType<ReturnType<typeof scope>["find"]>) {
  return found && [found.server.server.slug, found.name];
}

test("prefixed: every name says its server, and leads back to it", () => {
  const offered = scope([server("a", { tool: ["x", "b_x"] }), server("b", { tool: ["x"] })]);
  expect(names(offered.list("tool"), "name")).toEqual(["a_x", "a_b_x", "b_x"]);
  expect(
    ["a_x", "a_b_x", "b_x", "x", "toString", "__proto__"].map((n) => aim(offered.find("tool", n))),
  ).toEqual([["a", "x"], ["a", "b_x"], ["b", "x"], undefined, undefined, undefined]);
});

test("plain: names are the servers' own; where two have one, the first in the portal's order keeps it", () => {
  const offered = scope([server("a", { tool: ["x", "y"] }), server("b", { tool: ["x"] })], "plain");
  expect(names(offered.list("tool"), "name")).toEqual(["x", "y", "b_x"]);
  expect(["x", "b_x", "a_x"].map((n) => aim(offered.find("tool", n)))).toEqual([
    ["a", "x"],
    ["b", "x"],
    undefined,
  ]);
});

test("plain: a server takes no name from those before it, and no two have one", () => {
  const [a, b] = [server("a", { tool: ["x", "b_x"] }), server("b", { tool: ["x"] })];
  expect(names(scope([a], "plain").list("tool"), "name")).toEqual(["x", "b_x"]);
  const listed = names(scope([a, b], "plain").list("tool"), "name");
  expect(listed).toEqual(["x", "b_x", expect.stringMatching(/^b_x_[0-9a-f]{8}$/)]);
  expect(aim(scope([a, b], "plain").find("tool", String(listed[2])))).toEqual(["b", "x"]);
});

test.each(["x".repeat(65), "with space", "zeile\nzwei", "ü", "a/b"])(
  "plain: a tool's name that model providers refuse is bent: %j",
  (name) => {
    const [listed] = names(scope([server("a", { tool: [name] })], "plain").list("tool"), "name");
    expect(listed).toMatch(/^a_[A-Za-z0-9_-]{1,62}$/);
  },
);

test("only the name is changed in a definition, wherever it stands", () => {
  const text = '{ "n":1E400, "na\\u006de" : "x", "inputSchema":{"properties":{"name":{"const":"x"}}} }';
  const one = server("a", {});
  const definitions = [testDefinition("tool", "x", text, { publicName: "a_x" })];
  expect(scope([{ ...one, definitions }]).list("tool")).toEqual([text.replace(': "x"', ': "a_x"')]);
  expect(scope([{ ...one, definitions }], "plain").list("tool")).toEqual([text]);
});

test("every server is offered to callers of both eras, and spoken to in theirs if it knows it", () => {
  const servers = [
    server("old", { tool: ["x"] }, ["legacy"]),
    server("new", { tool: ["x"] }, ["modern"]),
    server("both", { tool: ["x"] }),
    server("silent", { tool: ["x"] }, []),
  ];
  const spoken = (era: Era) => {
    const offered = scope(servers, "prefixed", era);
    return names(offered.list("tool"), "name").map((name) => [
      name,
      offered.find("tool", String(name))?.upstreamEra,
    ]);
  };
  expect(spoken("legacy")).toEqual([
    ["old_x", "legacy"],
    ["new_x", "modern"],
    ["both_x", "legacy"],
  ]);
  expect(spoken("modern")).toEqual([
    ["old_x", "legacy"],
    ["new_x", "modern"],
    ["both_x", "modern"],
  ]);
});

test("a tool's page is named as callers know it, where that is another URI than the server's", () => {
  const page = (_meta: object) => ({ name: "t", _meta });
  const servers = [
    server("a", { resource: ["ui://page"] }),
    server("b", {
      resource: ["ui://page", "ui://own"],
      tool: [page({ ui: { resourceUri: "ui://page" }, n: 1 })],
    }),
    server("c", { resource: ["ui://page"], tool: [page({ "ui/resourceUri": "ui://page" })] }),
    server("d", { tool: [page({ ui: { resourceUri: "ui://own" } })] }),
  ];
  const offered = scope(servers);
  expect(offered.list("tool").map((text) => (JSON.parse(text) as { _meta: object })._meta)).toEqual([
    { ui: { resourceUri: "gw+b:ui://page" }, n: 1 },
    { "ui/resourceUri": "gw+c:ui://page" },
    // Another server has a page of this URI: shown in its place, that would see what the tool answers.
    { ui: { resourceUri: "gw+d:ui://own" } },
  ]);
  expect(aim(offered.find("resource", "gw+d:ui://own"))).toEqual(["d", "ui://own"]);
  const alone = scope([server("a", { resource: ["x://1"] })]);
  const both = scope([server("a", { resource: ["x://1"] }), server("b", { tool: ["t"] })]);
  const moves = (offered: ReturnType<typeof scope>) => offered.servers.map((one) => offered.movesUris(one));
  expect([moves(alone), moves(both)]).toEqual([[false], [false, true]]);
});

test("a server speaks of its own resources, whatever others have under the same URI", () => {
  const [a, b] = [
    server("a", { resource: ["x://1"], resource_template: ["doc://{id}", "web://{+all}"] }),
    server("b", { resource: ["x://2"] }),
  ];
  const offered = scope([a, b]);
  const uris = ["x://1", "x://2", "x://3", "doc://1", "https://example.com/", "web://x"];
  expect(uris.map((uri) => offered.publicUri(a, uri))).toEqual([
    "x://1",
    "gw+a:x://2",
    "x://3",
    "doc://1",
    "https://example.com/",
    "web://x",
  ]);
  expect(uris.map((uri) => offered.publicUri(b, uri))).toEqual([
    "gw+b:x://1",
    "x://2",
    "x://3",
    "gw+b:doc://1",
    "https://example.com/",
    "gw+b:web://x",
  ]);
});

test.each([
  "codemode://runs/run_1/result",
  "Codemode:x",
  "gw+b:x://1",
  "GW+b:x://1",
  "gw+{server}:{+uri}",
  "gw+{+all}",
  "gw+",
])("a server cannot have %s for its own, nor a template of the like", (uri) => {
  const offered = scope([
    server("a", { resource: [uri], resource_template: [uri] }),
    server("b", { resource: ["x://1"] }),
  ]);
  expect(names(offered.list("resource"), "uri")[0]).toBe(`gw+a:${uri}`);
  expect(names(offered.list("resource_template"), "uriTemplate")[0]).toBe(`gw+a:${uri}`);
  expect(aim(offered.find("resource", "gw+b:x://2"))).toEqual(["b", "x://2"]);
});

test.each(["portal_list_servers", "Portal_list_servers", "PORTAL_QUERY_TOOLS"])(
  "plain: %s is not a name that a server's tool may have",
  (name) => {
    const [listed] = names(scope([server("a", { tool: [name] })], "plain").list("tool"), "name");
    expect(listed).toBe(`a_${name}`);
  },
);

test("a tool whose header marks are unsound is not offered to modern clients (SEP-2243)", () => {
  const tool = (name: string, mark: string) => ({
    name,
    inputSchema: { type: "object", properties: { r: { type: "string", "x-mcp-header": mark } } },
  });
  const one = server("a", { tool: [tool("good", "Region"), tool("bad", "a b")] });
  expect(names(scope([one]).list("tool"), "name")).toEqual(["a_good"]);
  expect(scope([one]).find("tool", "a_bad")).toBeUndefined();
  expect(scope([one]).find("tool", "a_good")?.paramHeaders).toEqual([{ name: "Region", path: ["r"] }]);
  expect(names(scope([one], "prefixed", "legacy").list("tool"), "name")).toEqual(["a_good", "a_bad"]);
  const escaped = one.definitions.map((each) => ({
    ...each,
    text: each.text.replaceAll("x-mcp-h", "x-mcp-\\u0068"),
  }));
  expect(names(scope([{ ...one, definitions: escaped }]).list("tool"), "name")).toEqual(["a_good"]);
});

test("resources keep their URIs; one that two servers have is told apart", () => {
  const offered = scope([
    server("a", { resource: ["file:///x"], resource_template: ["db://{t}"] }),
    server("b", { resource: ["file:///x", "file:///y"], resource_template: ["db://{t}"] }),
  ]);
  expect(names(offered.list("resource"), "uri")).toEqual(["file:///x", "gw+b:file:///x", "file:///y"]);
  expect(names(offered.list("resource_template"), "uriTemplate")).toEqual(["db://{t}", "gw+b:db://{t}"]);
  const uris = [
    "file:///x",
    "gw+b:file:///x",
    "file:///y",
    "db://1",
    "gw+b:db://1",
    "gw+a:db://1",
    "none://",
  ];
  expect(uris.map((uri) => aim(offered.find("resource", uri)))).toEqual([
    ["a", "file:///x"],
    ["b", "file:///x"],
    ["b", "file:///y"],
    ["a", "db://1"],
    ["b", "db://1"],
    ["a", "db://1"],
    undefined,
  ]);
});

test("a server cannot list a URI in the form by which the house tells servers apart", () => {
  const offered = scope([
    server("a", { resource: ["file:///x", "gw+b:file:///x", "gw+b:file:///z"] }),
    server("b", { resource: ["file:///x"] }),
  ]);
  expect(aim(offered.find("resource", "gw+b:file:///x"))).toEqual(["b", "file:///x"]);
  expect(aim(offered.find("resource", "gw+b:file:///z"))).toEqual(["b", "file:///z"]);
  expect(aim(offered.find("resource", "gw+a:gw+b:file:///z"))).toEqual(["a", "gw+b:file:///z"]);
});

test("a URI that no list names goes by template, the closest fit first, or to the only server with resources", () => {
  const both = scope([
    server("a", { resource_template: ["{anything}", "doc://{id}"] }),
    server("b", { resource_template: ["doc://special/{id}"] }),
  ]);
  expect(
    ["doc://special/1", "doc://1", "else://1"].map((uri) => aim(both.find("resource", uri))?.[0]),
  ).toEqual(["b", "a", "a"]);
  const alone = scope([server("a", { resource: ["x://1"] }), server("b", { tool: ["t"] })]);
  expect(aim(alone.find("resource", "ui://widget"))).toEqual(["a", "ui://widget"]);
  expect(scope([server("a", { tool: ["t"] })]).find("resource", "x://1")).toBeUndefined();
});

test("the order of lists follows the portal, and is the same each time", () => {
  const [a, b] = [server("a", { prompt: ["z", "a"] }), server("b", { prompt: ["m"] })];
  expect(names(scope([b, a]).list("prompt"), "name")).toEqual(["b_m", "a_z", "a_a"]);
  expect(scope([b, a]).list("prompt")).toEqual(scope([b, a]).list("prompt"));
});

import type { CapabilityKind } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { CatalogServer } from "./catalog.ts";
import { everything, type Curation, type CurationEntry } from "./curation.ts";
import type { Definition, DefinitionKind } from "./definition.ts";
import { narrowScope } from "./narrow-scope.ts";
import { createScope } from "./offering.ts";
import type { Naming } from "./public-name.ts";
import type { Scope } from "./scope.ts";
import { definition, listingServer as server } from "./testing.ts";

interface Rules {
  readonly naming?: Naming;
  readonly autoAccept?: readonly DefinitionKind[];
  readonly era?: "legacy" | "modern";
}

type Curated = readonly [CatalogServer, Curation?];

function scope(
  servers: readonly Curated[],
  { naming = "prefixed", autoAccept = [], era = "modern" }: Rules = {},
) {
  const curations = new Map(servers.map(([one, curation = everything]) => [one.server.id, curation]));
  return createScope({ era, servers: servers.map(([one]) => one), naming, autoAccept, curations });
}

function curation(
  entries: Partial<Record<CapabilityKind, Readonly<Record<string, CurationEntry>>>>,
  mode: Curation["mode"] = "all",
): Curation {
  return { mode, entries: { ...everything.entries, ...entries } };
}

function names(offered: Scope, kind: CapabilityKind = "tool"): string[] {
  return offered.entries(kind).map(({ publicName }) => publicName);
}

function aims(offered: Scope, kind: CapabilityKind, publicNames: readonly string[]) {
  return publicNames.map((name) => {
    const found = offered.find(kind, name);
    return found && `${found.server.server.slug} ${found.name}`;
  });
}

function reasons(offered: Scope, kind: CapabilityKind = "tool") {
  return Object.fromEntries(
    offered
      .withheld(kind)
      .map(({ server: one, definition: { name }, reason }) => [`${one.server.slug} ${name}`, reason]),
  );
}

/** A server whose definitions have these reviews. */
function reviewed(slug: string, reviews: Readonly<Record<string, Partial<Definition>>>): CatalogServer {
  const one = server(slug, {});
  const definitions = Object.entries(reviews).map(([name, more]) => definition(slug, "tool", name, more));
  return { ...one, definitions };
}

test("what waits is neither listed nor found; what a portal accepts is, but for what was rejected", () => {
  const one = reviewed("a", {
    approved: { review: "approved" },
    accepted: { review: "accepted" },
    new: { review: "new" },
    changed: { review: "changed" },
    rejected: { review: "rejected" },
    reworded: { review: "new", awaitsPerson: true },
  });
  const strict = scope([[one]]);
  expect(names(strict)).toEqual(["a_approved", "a_accepted"]);
  const waiting = ["new", "changed", "rejected", "reworded"];
  expect(
    aims(
      strict,
      "tool",
      waiting.map((name) => `a_${name}`),
    ),
  ).toEqual(waiting.map(() => undefined));
  expect(reasons(strict)).toEqual(Object.fromEntries(waiting.map((name) => [`a ${name}`, "waiting"])));
  const lax = scope([[one]], { autoAccept: ["tool"] });
  expect(names(lax)).toEqual(["a_approved", "a_accepted", "a_new", "a_changed"]);
  expect(names(scope([[one]], { autoAccept: ["prompt"] }))).toEqual(["a_approved", "a_accepted"]);
});

test("tools are switched off by name, and in an allowlist only those switched on are there", () => {
  const one = server("a", { tool: ["x", "y", "toString"] });
  const all = scope([[one, curation({ tool: { x: { enabled: false }, gone: { enabled: false } } })]]);
  expect(names(all)).toEqual(["a_y", "a_toString"]);
  expect(all.find("tool", "a_x")).toBeUndefined();
  expect(reasons(all)).toEqual({ "a x": "switched_off" });
  const listed = curation(
    { tool: { x: { enabled: true }, y: { description: "said, not switched on" } } },
    "allowlist",
  );
  expect(names(scope([[one, listed]]))).toEqual(["a_x"]);
  // One that appears later is not on it.
  const more = { ...one, definitions: [...one.definitions, definition("a", "tool", "later")] };
  expect(names(scope([[more, listed]], { autoAccept: ["tool"] }))).toEqual(["a_x"]);
  expect(reasons(scope([[more, listed]]))).toEqual({
    "a y": "not_switched_on",
    "a toString": "not_switched_on",
    "a later": "not_switched_on",
  });
});

test("an alias stands in the place of the name, a description in that of the server's; the rest keeps its letters", () => {
  const text = '{ "n":1E400, "description" : "long", "name":"x" , "inputSchema":{"description":"kept"}}';
  const one = { ...server("a", {}), definitions: [{ ...definition("a", "tool", "x"), text }] };
  const says = (entry: CurationEntry, naming: Naming) =>
    scope([[one, curation({ tool: { x: entry } })]], { naming }).list("tool")[0];
  expect(says({ alias: "do-it" }, "prefixed")).toBe(text.replace('"x"', '"a_do-it"'));
  expect(says({ alias: "do-it" }, "plain")).toBe(text.replace('"x"', '"do-it"'));
  expect(says({ description: 'short "words"' }, "plain")).toBe(
    text.replace('"long"', String.raw`"short \"words\""`),
  );
  const bare = { ...one, definitions: [{ ...definition("a", "prompt", "p"), text: '{"name":"p"}' }] };
  expect(
    scope([[bare, curation({ prompt: { p: { description: "new" } } })]], { naming: "plain" }).list("prompt"),
  ).toEqual(['{"description":"new","name":"p"}']);
});

test("an alias leads to its tool; the server's own name for it leads nowhere", () => {
  const offered = scope([
    [server("a", { tool: ["x"], prompt: ["p"] }), curation({ tool: { x: { alias: "y" } } })],
  ]);
  expect(aims(offered, "tool", ["a_y", "a_x", "y", "x"])).toEqual(["a x", undefined, undefined, undefined]);
  expect(names(offered, "prompt")).toEqual(["a_p"]);
});

test.each(["prefixed", "plain"] as const)(
  "%s: a definition that later has the name of an alias does not get it, whoever's it is",
  (naming) => {
    const aliased = curation({ tool: { x: { alias: "find" } } });
    const alias = naming === "plain" ? "find" : "b_find";
    const before = server("a", { tool: ["find", "b_find"] });
    const own = server("b", { tool: ["find", "x"] });
    const offered = scope([[before], [own, aliased]], { naming });
    expect(aims(offered, "tool", [alias])).toEqual(["b x"]);
    expect(names(offered).length).toBe(4);
    // Also while what it stands for is not there at all.
    const gone = scope([[before], [server("b", { tool: ["find"] }), aliased]], { naming });
    expect(aims(gone, "tool", [alias])).toEqual([undefined]);
    expect(names(gone).length).toBe(3);
  },
);

test("an alias that would be one of the portal's own tools gets its server's name", () => {
  const offered = scope(
    [[server("a", { tool: ["x"] }), curation({ tool: { x: { alias: "portal_list_servers" } } })]],
    {
      naming: "plain",
    },
  );
  expect(names(offered)).toEqual(["a_portal_list_servers"]);
});

test("plain: a tool that nobody vouches for and that is called like another server's is withheld", () => {
  const known = reviewed("a", { "read-file": {} });
  const shadows = ["read-file", "READ_FILE", "read.file", "ｒead-file", "read\u200b-file", "a_read-file"];
  for (const name of shadows) {
    const stranger = reviewed("b", { [name]: { review: "accepted" }, harmless: { review: "accepted" } });
    for (const servers of [
      [known, stranger],
      [stranger, known],
    ]) {
      const offered = scope(
        servers.map((one) => [one]),
        { naming: "plain" },
      );
      expect(names(offered).toSorted()).toEqual(["harmless", "read-file"]);
      expect(aims(offered, "tool", ["read-file"])).toEqual(["a read-file"]);
      expect(reasons(offered)).toEqual({ [`b ${name}`]: "name_of_another" });
    }
    // Where names say their server nobody is taken for another.
    expect(names(scope([[known], [stranger]])).length).toBe(3);
  }
});

test("prefixed: one whose prefix goes on in another server's name is withheld likewise", () => {
  const known = reviewed("pay-eu", { send: {} });
  const stranger = reviewed("pay", { EU_send: { review: "accepted" }, list: { review: "accepted" } });
  for (const servers of [
    [known, stranger],
    [stranger, known],
  ]) {
    const offered = scope(servers.map((one) => [one]));
    expect(names(offered).toSorted()).toEqual(["pay-eu_send", "pay_list"]);
    expect(reasons(offered)).toEqual({ "pay EU_send": "name_of_another" });
  }
  const vouched = reviewed("pay", { EU_send: {} });
  expect(names(scope([[known], [vouched]]))).toEqual(["pay-eu_send", "pay_EU_send"]);
});

test("plain: one that only the portal accepts is as little vouched for; an alias or a person's approval is a word for it", () => {
  const known = reviewed("a", { x: {} });
  const waiting = reviewed("b", { x: { review: "new" } });
  const rules = { naming: "plain", autoAccept: ["tool"] } as const;
  expect(names(scope([[known], [waiting]], rules))).toEqual(["x"]);
  expect(names(scope([[known], [waiting, curation({ tool: { x: { alias: "other" } } })]], rules))).toEqual([
    "x",
    "other",
  ]);
  expect(names(scope([[known], [reviewed("b", { x: {} })]], rules))).toEqual(["x", "b_x"]);
  // Of two that nobody vouches for it is nobody's.
  expect(names(scope([[reviewed("a", { x: { review: "accepted" } })], [waiting]], rules))).toEqual([]);
  // What waits shadows nobody.
  expect(
    names(scope([[reviewed("a", { x: { review: "accepted" } })], [waiting]], { naming: "plain" })),
  ).toEqual(["x"]);
});

const spellings = [
  "file:///s",
  "file:///s#f",
  "FILE:///s",
  "file:///%73",
  "file:///./s",
  "file:///x/../s",
  "file:///s/",
  "file:///s?",
];

test.each([
  ["a template", { resource: ["file:///s"], resource_template: ["{+any}"] }],
  ["being the only server with resources", { resource: ["file:///s", "file:///t"] }],
])("a resource that is switched off cannot be had by %s, however it is written", (_, listing) => {
  const off = curation({ resource: { "file:///s": { enabled: false } } });
  const open = scope([[server("a", listing)]]);
  const offered = scope([[server("a", listing), off]]);
  expect(aims(open, "resource", ["file:///s", "file:///u", "gw+a:file:///s"])).toEqual([
    "a file:///s",
    "a file:///u",
    "a file:///s",
  ]);
  expect(aims(offered, "resource", ["file:///u"])).toEqual(["a file:///u"]);
  const hidden = [...spellings, ...spellings.map((uri) => `gw+a:${uri}`)];
  expect(aims(offered, "resource", hidden)).toEqual(hidden.map(() => undefined));
});

test("what only a withheld template says cannot be had by another rule, unless a closer template is offered", () => {
  const listing = { resource: ["x://1"], resource_template: ["doc://{id}", "doc://open/{id}", "{+any}"] };
  const off = curation({ resource_template: { "doc://{id}": { enabled: false } } });
  const offered = scope([[server("a", listing), off]]);
  expect(aims(offered, "resource", ["doc://1", "gw+a:doc://1", "doc://open/1", "else://1", "x://1"])).toEqual(
    [undefined, undefined, "a doc://open/1", "a else://1", "a x://1"],
  );
  expect(offered.find("resource_template", "doc://{id}")).toBeUndefined();
  const only = scope([[server("a", { resource: ["x://1"], resource_template: ["doc://{id}"] }), off]]);
  expect(aims(only, "resource", ["doc://1", "else://1"])).toEqual([undefined, "a else://1"]);
});

test("a withheld template is not had by another spelling, nor by a way around through one that is offered", () => {
  const listing = {
    resource_template: ["doc://x/{+any}", "doc://x/secret/{id}", "doc://x/secret/open/{+id}"],
  };
  const off = curation({ resource_template: { "doc://x/secret/{id}": { enabled: false } } });
  const offered = scope([[server("a", listing), off]]);
  const isHad = (uri: string) => offered.find("resource", uri) !== undefined;
  expect(["doc://x/1", "doc://x/secret/open/1", "doc://x/open/../1"].map(isHad)).toEqual([true, true, true]);
  const secret = ["secret/1", "%73ecret/1", "SECRET/1", "open/../secret/1", "secret/open/%2e%2e/1"];
  expect(secret.map((path) => isHad(`doc://x/${path}`))).toEqual(secret.map(() => false));
  const only = curation(
    { resource_template: { "doc://x/secret/open/{+id}": { enabled: true } } },
    "allowlist",
  );
  const listed = scope([[server("a", listing), only]]);
  expect(listed.find("resource", "doc://x/secret/open/1")).toBeDefined();
  expect(listed.find("resource", "doc://x/secret/open/../1")).toBeUndefined();
});

test("of a server that was never read nothing can be read", () => {
  const unread = server("a", {}, []);
  expect(scope([[unread, everything]]).find("resource", "gw+a:file:///etc/passwd")).toBeUndefined();
});

test("of a server with an allowlist there is what is on it, and what its templates on it say", () => {
  const listed = curation(
    { resource: { "x://1": { enabled: true } }, resource_template: { "doc://{id}": { enabled: true } } },
    "allowlist",
  );
  const listing = { resource: ["x://1", "x://2"], resource_template: ["doc://{id}", "{+any}"] };
  const offered = scope([[server("a", listing), listed]]);
  expect(
    aims(offered, "resource", ["x://1", "doc://1", "x://2", "x://3", "gw+a:x://3", "gw+a:doc://1"]),
  ).toEqual(["a x://1", "a doc://1", undefined, undefined, undefined, "a doc://1"]);
});

test("resources that wait say nothing about where others are", () => {
  const waiting = { ...server("b", { resource: ["x://1", "x://3"] }, undefined, { review: "new" }) };
  const offered = scope([[server("a", { resource: ["x://1"] })], [waiting]]);
  expect(aims(offered, "resource", ["x://1", "x://2", "x://3", "gw+b:x://1", "gw+b:x://4"])).toEqual([
    "a x://1",
    "a x://2",
    "a x://3",
    undefined,
    "b x://4",
  ]);
});

test("instructions are told in the era that is spoken, once they are cleared", () => {
  const said = (name: string, review: Definition["review"]) => ({
    ...definition("a", "tool", name),
    kind: "instructions" as const,
    review,
    text: JSON.stringify(name),
  });
  const one = { ...server("a", {}), definitions: [said("legacy", "approved"), said("modern", "new")] };
  const told = (rules: Rules) => scope([[one]], rules).instructions(one);
  expect([
    told({ era: "legacy" }),
    told({ era: "modern" }),
    told({ era: "modern", autoAccept: ["instructions"] }),
  ]).toEqual(['"legacy"', undefined, '"modern"']);
  const old = { ...server("a", {}, ["legacy"]), definitions: one.definitions };
  expect(scope([[old]]).instructions(old)).toBe('"legacy"');
});

test("entries say what is behind each line", () => {
  const one = reviewed("a", { x: { class: "read" } });
  expect(scope([[one, curation({ tool: { x: { alias: "y" } } })]]).entries("tool")).toEqual([
    { publicName: "a_y", text: '{"name":"a_y"}', server: one, name: "x", class: "read" },
  ]);
});

test("a part of a scope has the names of the whole, and what is withheld there", () => {
  const [a, b] = [reviewed("a", { x: {} }), reviewed("b", { x: {}, y: {} })];
  const shadow = reviewed("c", { y: { review: "accepted" } });
  const whole = scope([[a], [b], [shadow]], { naming: "plain" });
  const part = narrowScope(whole, ({ server }) => [b.server.id, shadow.server.id].includes(server.id));
  expect(names(part)).toEqual(["b_x", "y"]);
  expect(aims(part, "tool", ["x", "b_x", "y"])).toEqual([undefined, "b x", "b y"]);
  const alone = narrowScope(whole, ({ server }) => server.id === shadow.server.id);
  expect([names(alone), reasons(alone)]).toEqual([[], { "c y": "name_of_another" }]);
});

test("what is switched off stays so where it is not listed at the moment, and by its template", () => {
  const off = curation({
    resource: { "file:///off": { enabled: false } },
    resource_template: { "secret://{x}": { enabled: false } },
  });
  const offered = scope([[server("a", { resource: ["file:///on"] }), off]]);
  const asked = ["file:///off", "file:///OFF/../off", "secret://1", "file:///other"];
  expect(aims(offered, "resource", asked)).toEqual([undefined, undefined, undefined, "a file:///other"]);
});

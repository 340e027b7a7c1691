/** What somebody may not use is not there for them, in whichever way they ask; what was not granted can be asked for. */
import { portalTools } from "@castellan/portal";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { callersOf } from "./callers.ts";
import { openLegacy, parsed, sayModern, type Door, type Loose } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let callers: ReturnType<typeof callersOf>;
const opened = new AsyncDisposableStack();
/** What the servers were asked for, by method and name. */
const asked: string[] = [];

function tool(name: string, annotations?: object): object {
  return { name, inputSchema: { type: "object" }, ...(annotations && { annotations }) };
}

/** A tool of each class, and one of everything that is for readers. */
function offer(of: string): Script {
  const complete = (result: object) => JSON.stringify({ resultType: "complete", ...result });
  const noted = (result: object) => (params: Loose, call: { method: string }) => {
    asked.push(
      `${call.method} ${params.name ?? params.uri ?? params.ref?.name ?? params.ref?.uri ?? ""}`.trim(),
    );
    return complete(result);
  };
  return {
    "tools/list": () =>
      complete({
        tools: [tool("look", { readOnlyHint: true }), tool("put", { destructiveHint: false }), tool("drop")],
      }),
    "tools/call": noted({ content: [] }),
    "prompts/list": () => complete({ prompts: [{ name: "review" }] }),
    "prompts/get": noted({ messages: [] }),
    "resources/list": () => complete({ resources: [{ uri: `${of}://1`, name: "one" }] }),
    "resources/templates/list": () =>
      complete({ resourceTemplates: [{ uriTemplate: `${of}://all/{id}`, name: "all" }] }),
    "resources/read": noted({ contents: [] }),
    "resources/subscribe": noted({}),
    "completion/complete": noted({ completion: { values: [] } }),
    "acme/do": noted({ done: true }),
  };
}

const capabilities = JSON.stringify({
  tools: {},
  prompts: {},
  resources: { subscribe: true },
  completions: {},
  extensions: { "acme/x": {} },
  experimental: { acme: {} },
});

beforeAll(async () => {
  house = opened.use(await openPortals());
  callers = callersOf(house.database);
  const instructions = '"Told to who may use anything here"';
  const okrs = opened.use(await startRawModern({ capabilities, instructions, script: offer("okr") }));
  const wiki = opened.use(await startRawLegacy({ capabilities, instructions, script: offer("wiki") }));
  await house.sync("okrs", okrs.url);
  await house.sync("wiki", wiki.url);
  for (const name of ["editors", "chiefs"]) await callers.groups.add({ directory: "workforce", name });
  await house.open("work", ["okrs", "wiki"]);
  await house.portals.change("work", {
    access: [
      { who: "user:reader@example.com", classes: ["read"], servers: ["okrs"] },
      { who: "group:editors", classes: ["read", "write"] },
      { who: "group:chiefs", classes: ["read", "write", "destructive"] },
      { who: "user:writer@example.com", classes: ["write"], servers: ["wiki"] },
    ],
  });
  await house.flush();
});

afterEach(() => {
  asked.length = 0;
  expect([house.faults, house.errors]).toEqual([[], []]);
});

afterAll(() => opened.disposeAsync());

const everything = ["portal:work", "portal:work:read", "portal:work:write", "portal:work:destructive"];

/** Somebody whose client was given all that it asked for; what they may not do themselves is no part of that. */
async function come(
  name: string,
  { groups = [], scopes = everything }: { groups?: string[]; scopes?: string[] },
) {
  const user =
    (await callers.people.find("workforce", `${name}@example.com`)) ??
    (await callers.person(name, ...groups));
  const { token } = await callers.grant(user, "work", scopes);
  const door: Door = { url: `${house.server.url}/p/work/mcp`, token };
  return { user, door, ...sayTo(door) };
}

function sayTo(door: Door) {
  const modern = async (method: string, params: Record<string, unknown> = {}, query = "") => {
    const heard = await sayModern({ ...door, url: door.url + query }, method, params);
    return { ...heard, body: parsed((await heard.all).at(-1)) };
  };
  return {
    modern,
    names: async (kind: "tools" | "prompts" | "resources" | "resourceTemplates", query = "") => {
      const method = kind === "resourceTemplates" ? "resources/templates/list" : `${kind}/list`;
      const { body } = await modern(method, {}, query);
      const key = { tools: "name", prompts: "name", resources: "uri", resourceTemplates: "uriTemplate" }[
        kind
      ];
      return (body["result"][kind] as Record<string, string>[])
        .map((one) => one[key] ?? "")
        .filter((name) => portalTools.find(name) === undefined);
    },
  };
}

const outcome = ({ status, body }: { status: number; body: Loose }) => [
  status,
  body.error?.data.code ?? "ok",
];

test.each([
  ["reader", [], ["okrs_look"], ["okrs_review"], ["okr://1"], ["okr://all/{id}"]],
  [
    "editor",
    ["editors"],
    ["okrs_look", "okrs_put", "wiki_look", "wiki_put"],
    ["okrs_review", "wiki_review"],
    ["okr://1", "wiki://1"],
    ["okr://all/{id}", "wiki://all/{id}"],
  ],
  ["writer", [], ["wiki_put"], [], [], []],
])(
  "%s is listed what they may use, in both eras",
  async (name, groups, tools, prompts, resources, templates) => {
    const { names, door } = await come(name, { groups });
    expect([
      await names("tools"),
      await names("prompts"),
      await names("resources"),
      await names("resourceTemplates"),
    ]).toEqual([tools, prompts, resources, templates]);
    const client = await openLegacy(door);
    const listed = parsed(await client.call("tools/list"))["result"].tools as { name: string }[];
    expect(listed.map((one) => one.name).filter((one) => !portalTools.find(one))).toEqual(tools);
    const hello = parsed(client.hello)["result"];
    const servers = [...new Set(tools.map((tool) => tool.split("_")[0]))];
    expect(hello._meta["dev.castellan/servers"].map((one: Loose) => one.server)).toEqual(servers);
  },
);

/** The same question about what is denied and about what does not exist. */
const unknowns: [string, Record<string, unknown>, Record<string, unknown>, string][] = [
  ["tools/call", { name: "wiki_look" }, { name: "wiki_nothing" }, "tool_unknown"],
  ["tools/call", { name: "okrs_put" }, { name: "okrs_nothing" }, "tool_unknown"],
  ["tools/call", { name: "okrs_drop" }, { name: "okrs_nothing" }, "tool_unknown"],
  ["prompts/get", { name: "wiki_review" }, { name: "wiki_nothing" }, "prompt_unknown"],
  ["resources/read", { uri: "wiki://1" }, { uri: "nothing://1" }, "resource_unknown"],
  ["resources/read", { uri: "wiki://all/7" }, { uri: "nothing://all/7" }, "resource_unknown"],
  ["resources/read", { uri: "gw+wiki:wiki://1" }, { uri: "gw+nothing:wiki://1" }, "resource_unknown"],
  [
    "completion/complete",
    { ref: { type: "ref/prompt", name: "wiki_review" }, argument: { name: "a", value: "" } },
    { ref: { type: "ref/prompt", name: "wiki_nothing" }, argument: { name: "a", value: "" } },
    "prompt_unknown",
  ],
  [
    "completion/complete",
    { ref: { type: "ref/resource", uri: "wiki://all/{id}" }, argument: { name: "id", value: "" } },
    { ref: { type: "ref/resource", uri: "nothing://all/{id}" }, argument: { name: "id", value: "" } },
    "resource_unknown",
  ],
];

test.each(unknowns)("%s %j is answered as if it were not there", async (method, denied, absent, code) => {
  const { modern, door } = await come("reader", {});
  const told = async (params: Record<string, unknown>) => {
    const { status, body } = await modern(method, params);
    const { error } = body;
    return [status, error.code, error.data.code, shapeOf(error.message, params)];
  };
  expect(await told(denied)).toEqual(await told(absent));
  expect((await told(denied))[2]).toBe(code);
  const legacy = await openLegacy(door);
  expect(parsed(await legacy.call(method, denied))["error"].data.code).toBe(code);
  expect(asked).toEqual([]);
});

/** The message with what was asked for taken out. */
function shapeOf(message: string, params: Loose): string {
  const aim = params.name ?? params.uri ?? params.ref.name ?? params.ref.uri;
  return message.replace(aim, "…");
}

test("what is denied is not found or called by the portal's own tools", async () => {
  const { modern } = await come("reader", {});
  const query = "?optimize_context=search_and_execute";
  const call = async (name: string, args: object) => modern("tools/call", { name, arguments: args }, query);
  const found = await call("portal_query_tools", { query: "" });
  expect(found.body["result"].structuredContent.tools.map((one: Loose) => one.name)).toEqual(["okrs_look"]);
  const elsewhere = await call("portal_query_tools", { query: "", server: "wiki" });
  expect(elsewhere.body["result"]).toMatchObject({ isError: true });
  for (const name of ["wiki_look", "okrs_put", "okrs_drop"])
    expect(outcome(await call("portal_execute", { name }))).toEqual([200, "tool_unknown"]);
  expect(outcome(await call("portal_execute", { name: "okrs_look" }))).toEqual([200, "ok"]);
  const listed = await call("portal_list_servers", {});
  const { servers } = listed.body["result"].structuredContent;
  expect(servers.map((one: Loose) => [one.slug, one.tools, one.prompts, one.resources, one.waiting])).toEqual(
    [["okrs", 1, 1, 2, 0]],
  );
  expect(JSON.stringify(listed.body)).not.toContain("wiki");
  expect(asked).toEqual(["tools/call look"]);
});

test("a server that is denied cannot be chosen by the address, and is named to nobody", async () => {
  const { modern } = await come("reader", {});
  const told = async (servers: string) => {
    const { status, body } = await modern("tools/list", {}, `?servers=${servers}`);
    return [status, body["error"].message.replace(servers, "…")];
  };
  expect(await told("wiki")).toEqual(await told("none"));
  expect(outcome(await modern("tools/list", {}, "?servers=okrs"))).toEqual([200, "ok"]);
  const hello = await modern("server/discover");
  expect(JSON.stringify(hello.body)).not.toContain("wiki");
});

test("a method that only a server knows is for those who may do anything there", async () => {
  const call = async (who: Awaited<ReturnType<typeof come>>) => {
    const heard = await sayModern(who.door, "acme/do", {}, { meta: { "dev.castellan/server": "okrs" } });
    return outcome({ status: heard.status, body: parsed((await heard.all).at(-1)) });
  };
  expect(await call(await come("editor", { groups: ["editors"] }))).toEqual([404, "method_unknown"]);
  const reading = ["portal:work", "portal:work:read"];
  const chief = await come("chief", { groups: ["chiefs"], scopes: reading });
  expect(await call(chief)).toEqual([403, "insufficient_scope"]);
  expect(await call(await come("chief", {}))).toEqual([200, "ok"]);
  expect(asked).toEqual(["acme/do"]);
});

test("a resource that no list names is not had from a server that is denied, also where no other has any", async () => {
  await house.open("single", ["wiki"]);
  await house.portals.change("single", { access: [{ who: "user:writer@example.com", classes: ["write"] }] });
  await house.flush();
  const user =
    (await callers.people.find("workforce", "writer@example.com")) ?? (await callers.person("writer"));
  const scopes = everything.map((scope) => scope.replace("work", "single"));
  const { token } = await callers.grant(user, "single", scopes);
  const door = { url: `${house.server.url}/p/single/mcp`, token };
  expect(outcome(await sayTo(door).modern("resources/read", { uri: "anything://at/all" }))).toEqual([
    200,
    "resource_unknown",
  ]);
  const client = await openLegacy(door);
  expect(parsed(await client.call("resources/subscribe", { uri: "wiki://1" }))["error"].data.code).toBe(
    "resource_unknown",
  );
  expect(asked).toEqual([]);
});

test("what was not granted is listed, and a call of it says what to ask for", async () => {
  const { modern, names, door } = await come("editor", {
    groups: ["editors"],
    scopes: ["portal:work", "okrs:read"],
  });
  expect(await names("tools")).toEqual(["okrs_look", "okrs_put", "wiki_look", "wiki_put"]);
  const refused = await modern("tools/call", { name: "okrs_put" });
  expect(outcome(refused)).toEqual([403, "insufficient_scope"]);
  expect(refused.body["error"].data.scope).toBe("portal:work okrs:write");
  expect(refused.headers["www-authenticate"]).toBe(
    'Bearer error="insufficient_scope", scope="portal:work okrs:write", resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/p/work/mcp"',
  );
  const needs = async (method: string, params: Record<string, unknown>) => {
    const { status, body } = await modern(method, params);
    return [status, body["error"]?.data.scope];
  };
  expect(await needs("tools/call", { name: "okrs_look" })).toEqual([200, undefined]);
  expect(await needs("prompts/get", { name: "wiki_review" })).toEqual([403, "portal:work wiki:read"]);
  expect(await needs("resources/read", { uri: "wiki://1" })).toEqual([403, "portal:work wiki:read"]);
  expect(await needs("resources/read", { uri: "wiki://all/1" })).toEqual([403, "portal:work wiki:read"]);
  // What they may not do themselves is no question of scopes.
  expect(outcome(await modern("tools/call", { name: "okrs_drop" }))).toEqual([200, "tool_unknown"]);
  const client = await openLegacy(door);
  expect(parsed(await client.call("tools/call", { name: "wiki_put" }))["error"].data).toMatchObject({
    code: "insufficient_scope",
    scope: "portal:work wiki:write",
  });
  expect(parsed(await client.call("resources/subscribe", { uri: "wiki://1" }))["error"].data.scope).toBe(
    "portal:work wiki:read",
  );
  expect(asked).toEqual(["tools/call look"]);
  const records = await house.records();
  expect(
    records.find((one) => one.code === "insufficient_scope" && one.principalName === "editor"),
  ).toMatchObject({
    outcome: "refused",
    stage: "authorize",
    principalKind: "user",
    principalName: "editor",
    target: "okrs_put",
  });
});

test("resources that were not granted are not listened to", async () => {
  const { door } = await come("editor", { groups: ["editors"], scopes: ["portal:work", "okrs:read"] });
  const heard = await sayModern(door, "subscriptions/listen", {
    notifications: { resourceSubscriptions: ["okr://1", "wiki://1"], toolsListChanged: true },
  });
  expect(parsed(await heard.next())["params"].notifications).toEqual({
    toolsListChanged: true,
    resourceSubscriptions: ["okr://1"],
  });
  heard.leave();
  await heard.all;
});

test("a token is good at its own portal only, and for the one that it names", async () => {
  await house.open("other", ["okrs"]);
  await house.portals.change("other", { access: [{ who: "everyone", classes: ["read"] }] });
  await house.flush();
  const user = await callers.person("guest");
  const scopes = ["portal:other", "portal:other:read", "portal:work", "okrs:read"];
  const { token } = await callers.grant(user, "other", scopes);
  const at = (slug: string, secret: string) => ({ url: `${house.server.url}/p/${slug}/mcp`, token: secret });
  expect(outcome(await sayTo(at("other", token)).modern("tools/list"))).toEqual([200, "ok"]);
  expect(outcome(await sayTo(at("work", token)).modern("tools/list"))).toEqual([401, "token_invalid"]);
  // Whoever may use nothing of a portal is not told that there is one.
  const { token: useless } = await callers.grant(user, "work", everything);
  expect(outcome(await sayTo(at("work", useless)).modern("tools/list"))).toEqual([404, "portal_unknown"]);
  const { token: ofApi } = await callers.grant(user, undefined, ["api"]);
  expect(outcome(await sayTo(at("other", ofApi)).modern("tools/list"))).toEqual([401, "token_invalid"]);
  const { token: unentered } = await callers.grant(user, "other", ["okrs:read"]);
  const refused = await sayTo(at("other", unentered)).modern("tools/list");
  expect([...outcome(refused), refused.body["error"].data.scope]).toEqual([
    403,
    "insufficient_scope",
    "portal:other",
  ]);
  const own = await callers.ofClient("cli_1", "other", ["portal:other", "okrs:read"]);
  expect(await sayTo(at("other", own)).names("tools")).toEqual(["okrs_look"]);
});

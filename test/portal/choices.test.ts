/** People choose among the servers of a portal, for one client of theirs, and are told of new ones once. */
import type { User } from "@castellan/access";
import type { Account } from "@castellan/credentials";
import { accountKey } from "@castellan/credentials";
import { createId, parseSlug } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { metaKeys } from "../fixtures/modern-rules.ts";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { callersOf } from "./callers.ts";
import { openLegacy, parsed, sayModern, type Door, type Heard, type Loose } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

const page = "http://127.0.0.1/links";
const opensPages = { elicitation: { url: {} } };
const own = ["portal_list_servers", "portal_toggle_servers", "portal_toggle_single_server"];
const scopes = ["portal:main", "portal:main:read", "portal:main:write", "portal:main:destructive"];

let house: Portals;
let beside: Portals;
let upstream: RawLegacyServer;
let ann: User;
/** By way of the client that she lets in, on either replica. */
let door: Door;
let elsewhere: Door;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await openPortals());
  upstream = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{}}',
      script: {
        "tools/list": () => '{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}',
        "tools/call": (params: unknown) => JSON.stringify({ content: [], called: params }),
      },
    }),
  );
  for (const slug of ["a", "b"]) await house.sync(slug, upstream.url);
  await house.sync("keyed", upstream.url, { auth: { kind: "own_key", header: "x-api-key" } });
  beside = opened.use(await openPortals({ beside: house }));
  await house.portals.add({
    slug: parseSlug("main", "slug"),
    title: "Main",
    naming: "prefixed",
    servers: ["a", "b", "keyed"],
    access: [{ who: "everyone", classes: ["read", "write", "destructive"] }],
  });
  await flush();
});
afterAll(() => opened.disposeAsync());

let people = 0;
beforeEach(async () => {
  const callers = callersOf(house.database);
  ann = await callers.person(`ann${people++}`);
  door = await doorBy("desk");
  elsewhere = { ...door, url: `${beside.server.url}/p/main/mcp` };
  upstream.recording.clear();
});

async function doorBy(client: string): Promise<Door> {
  const { token } = await callersOf(house.database).grant(ann, "main", scopes, `https://${client}.example/c`);
  return { url: `${house.server.url}/p/main/mcp`, token };
}

async function flush(): Promise<void> {
  await Promise.all([house.flush(), beside.flush()]);
}

const last = async (heard: Promise<Heard>) => parsed((await (await heard).all).at(-1))["result"];

const able = (capabilities: object) => ({ meta: { [metaKeys.clientCapabilities]: capabilities } });

function callTool(at: Door, name: string, args: object = {}, capabilities: object = {}, more: object = {}) {
  return last(sayModern(at, "tools/call", { name, arguments: args, ...more }, able(capabilities)));
}

async function toolsAt(at: Door): Promise<string[]> {
  const { tools } = await last(sayModern(at, "tools/list"));
  return tools.map(({ name }: Loose) => name);
}

const toggle = (at: Door, slug: string, action: "toggle" | "untoggle", capabilities: object = {}) =>
  callTool(at, "portal_toggle_single_server", { server_id: slug, action }, capabilities);

/** Anybody's first visit is over. */
async function visit(at: Door): Promise<void> {
  const told = Promise.withResolvers<void>();
  const stop = house.choices.onChange((id) => id === ann.id && told.resolve());
  await toolsAt(at);
  await told.promise;
  stop();
}

test("what is switched off is gone for that client, on each replica, and comes back", async () => {
  const all = ["a_t", "b_t", "keyed_t", ...own];
  const mobile = await doorBy("mobile");
  expect(await toolsAt(door)).toEqual(all);
  expect(await toggle(door, "a", "untoggle")).toEqual({
    resultType: "complete",
    content: [{ type: "text", text: "a is off for this client." }],
    structuredContent: { server: "a", isOn: false },
  });
  await flush();
  for (const at of [door, elsewhere]) {
    expect(await toolsAt(at)).toEqual(all.slice(1));
    const [answer] = await (await sayModern(at, "tools/call", { name: "a_t" })).all;
    expect(parsed(answer)["error"]).toMatchObject({ data: { code: "tool_unknown" } });
  }
  expect(await toolsAt(mobile)).toEqual(all);
  const { structuredContent } = await callTool(door, "portal_list_servers");
  expect(structuredContent.servers.map(({ slug, isOn, tools }: Loose) => [slug, isOn, tools])).toEqual([
    ["a", false, 1],
    ["b", true, 1],
    ["keyed", true, 1],
  ]);
  await toggle(elsewhere, "a", "toggle");
  expect(await toolsAt(elsewhere)).toEqual(all);
});

test("everything may be switched off: what is left are the portal's own tools, to get back", async () => {
  for (const slug of ["a", "b", "keyed"]) await toggle(door, slug, "untoggle");
  expect(await toolsAt(door)).toEqual(own);
  await toggle(door, "b", "toggle");
  expect(await toolsAt(door)).toEqual(["b_t", ...own]);
});

test("streams on each replica hear that the lists are others", async () => {
  const legacy = (await openLegacy(door)).at(elsewhere);
  const stream = await legacy.stream();
  const listening = await sayModern(elsewhere, "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  expect(parsed(await listening.next())["method"]).toBe("notifications/subscriptions/acknowledged");
  await toggle(door, "b", "untoggle");
  for (const heard of [stream, listening]) {
    expect(parsed(await heard.next())["method"]).toBe("notifications/tools/list_changed");
    heard.leave();
  }
  const { tools } = parsed(await legacy.call("tools/list"))["result"];
  expect(tools.map(({ name }: Loose) => name)).toEqual(["a_t", "keyed_t", ...own]);
});

test("programs have nothing to choose and are not shown how", async () => {
  const at = { url: door.url, token: await house.token("main") };
  expect(await toolsAt(at)).toEqual(["a_t", "b_t", "keyed_t", "portal_list_servers"]);
  const [answer] = await (await sayModern(at, "tools/call", { name: "portal_toggle_servers" })).all;
  expect(parsed(answer)["error"]).toMatchObject({ data: { code: "tool_unknown" } });
});

test.each([
  [{ server_id: "zzz", action: "toggle" }, /^There is no server "zzz" here/],
  [{ server_id: "a", action: "on" }, /^"action" must be/],
  [{ server_id: 1, action: "toggle" }, /^"server_id" must be a string/],
  [{ server_id: "a", action: "toggle", all: true }, /not "all"$/],
])("%j is told to be wrong", async (args, message) => {
  const { isError, content } = await callTool(door, "portal_toggle_single_server", args);
  expect([isError, content[0].text]).toEqual([true, expect.stringMatching(message)]);
});

test("the page is told, and opened where the client opens pages", async () => {
  const done = {
    resultType: "complete",
    content: [{ type: "text", text: `Servers are switched on and off, and accounts linked, at ${page}` }],
    structuredContent: { url: page },
  };
  expect(await callTool(door, "portal_toggle_servers")).toEqual(done);
  const asked = await callTool(door, "portal_toggle_servers", {}, opensPages);
  expect(asked).toEqual({
    resultType: "input_required",
    inputRequests: {
      castellan_servers: {
        method: "elicitation/create",
        params: {
          mode: "url",
          message: "Choose the servers of Main that you use here, and link your accounts.",
          url: page,
        },
      },
    },
  });
  for (const action of ["accept", "decline"]) {
    const inputResponses = { castellan_servers: { action } };
    expect(await callTool(door, "portal_toggle_servers", {}, opensPages, { inputResponses })).toEqual(done);
  }
  const legacy = await openLegacy(door, { capabilities: opensPages });
  const heard = await legacy.send(
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"portal_toggle_servers"}}',
  );
  const question = parsed(await heard.next());
  expect(question["params"]).toMatchObject({ mode: "url", url: page, elicitationId: expect.any(String) });
  expect(parsed(await heard.next())).toMatchObject({ id: 7, result: { structuredContent: { url: page } } });
  const late = await legacy.send(
    JSON.stringify({ jsonrpc: "2.0", id: question["id"], result: { action: "accept" } }),
  );
  expect(late.status).toBe(202);
});

test("where an account is wanting, it says so and where it is linked", async () => {
  const wanting = { slug: "keyed", account: "not_linked", link: page };
  const listed = async () => {
    const { structuredContent } = await callTool(door, "portal_list_servers");
    return structuredContent.servers.map(({ slug, account, link }: Loose) => ({ slug, account, link }));
  };
  expect(await listed()).toEqual([{ slug: "a" }, { slug: "b" }, wanting]);
  expect(await toggle(door, "keyed", "toggle")).toMatchObject({
    content: [
      { text: `keyed is on for this client. You have not linked your account at keyed yet. Open ${page}` },
    ],
    structuredContent: { server: "keyed", isOn: true, account: "not_linked", link: page },
  });
  expect(await toggle(door, "keyed", "toggle", opensPages)).toMatchObject({
    inputRequests: { castellan_servers: { params: { url: page } } },
  });
  const server = house.directory.find("main")?.servers.find((one) => one.server.slug === "keyed")?.server;
  const owner = { kind: "person", id: ann.id } as const;
  const account = { id: createId("account"), targetId: server?.id ?? "", owner, state: "linked" };
  house.accounts.set(accountKey(account.targetId, owner), account as Account);
  expect(await listed()).toEqual([{ slug: "a" }, { slug: "b" }, { slug: "keyed", account: "linked" }]);
  house.accounts.set(accountKey(account.targetId, owner), { ...account, state: "needs_sign_in" } as Account);
  expect(await listed()).toEqual([
    { slug: "a" },
    { slug: "b" },
    { slug: "keyed", account: "needs_sign_in", link: page },
  ]);
});

describe("a server that comes", () => {
  let added = 0;
  let slug: string;

  async function arrive(): Promise<void> {
    slug = `new${added++}`;
    await house.sync(slug, upstream.url);
    const { servers = [] } = (await house.portals.get("main")) ?? {};
    await house.portals.change("main", { servers: [...servers, slug] });
    await flush();
  }

  const announcement = () => ({
    mode: "url",
    message: `New in Main: The ${slug} server. Open the page to choose what you use, and to link your accounts.`,
    url: page,
  });

  test("nothing is announced on the first visit, and nothing where nothing is new", async () => {
    for (let call = 0; call < 3; call++)
      expect(await callTool(door, "a_t", {}, opensPages)).toMatchObject({ resultType: "complete" });
  });

  test("modern: the next call is met with it once, and any answer goes on", async () => {
    await visit(door);
    await arrive();
    const asked = await callTool(door, "a_t", { n: 1 }, opensPages);
    expect(asked).toEqual({
      resultType: "input_required",
      inputRequests: { castellan_announcement: { method: "elicitation/create", params: announcement() } },
    });
    expect(upstream.recording.of("tools/call")).toEqual([]);
    const inputResponses = { castellan_announcement: { action: "cancel" } };
    const done = await callTool(door, "a_t", { n: 1 }, opensPages, { inputResponses });
    expect(done.called).toMatchObject({ name: "t", arguments: { n: 1 } });
    expect(done.called.inputResponses).toBeUndefined();
    await flush();
    for (const at of [door, elsewhere, await doorBy("mobile")])
      expect(await callTool(at, "b_t", {}, opensPages)).toMatchObject({ resultType: "complete" });
  });

  test("two replicas at the same moment: one of them announces", async () => {
    await visit(door);
    await arrive();
    const answers = await Promise.all(
      [door, elsewhere, door, elsewhere].map((at) => callTool(at, "a_t", {}, opensPages)),
    );
    const asked = answers.filter(({ resultType }) => resultType === "input_required");
    expect(asked.length).toBe(1);
  });

  test("legacy: it is said on the stream of the call, which does not wait", async () => {
    const legacy = await openLegacy(door, { capabilities: opensPages });
    await visit(door);
    await arrive();
    const text = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a_t"}}';
    const heard = await legacy.send(text);
    expect(parsed(await heard.next())).toMatchObject({
      method: "elicitation/create",
      params: { ...announcement(), elicitationId: expect.any(String) },
    });
    expect(parsed(await heard.next())).toMatchObject({ id: 7, result: { called: { name: "t" } } });
    expect((await (await legacy.send(text)).all).length).toBe(1);
  });

  test("who cannot be asked, and whoever calls that very server, is not: it is marked in the list, once", async () => {
    await visit(door);
    await arrive();
    expect(await callTool(door, "a_t")).toMatchObject({ resultType: "complete" });
    const news = async () => {
      const { structuredContent, content } = await callTool(door, "portal_list_servers");
      const marked = structuredContent.servers.filter(({ isNew }: Loose) => isNew === true);
      return [marked.map((one: Loose) => one.slug), content[0].text.includes(`- new: ${slug} (`)];
    };
    expect([await news(), await news()]).toEqual([
      [[slug], true],
      [[], false],
    ]);
    await arrive();
    expect(await callTool(door, `${slug}_t`, {}, opensPages)).toMatchObject({ resultType: "complete" });
    expect(await callTool(door, "a_t", {}, opensPages)).toMatchObject({ resultType: "complete" });
  });

  test("who has named the servers that they want is told of no others", async () => {
    await visit(door);
    await arrive();
    const narrow = { ...door, url: `${door.url}?servers=a` };
    expect(await callTool(narrow, "a_t", {}, opensPages)).toMatchObject({ resultType: "complete" });
    expect(await callTool(door, "a_t", {}, opensPages)).toMatchObject({ resultType: "input_required" });
  });
});

test("nothing went wrong unnoticed", () => {
  expect([house.errors, house.faults, beside.errors, beside.faults]).toEqual([[], [], [], []]);
});

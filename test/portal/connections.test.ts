/** The options in the address of a portal: read with each request, the same in both eras. */
import { portalTools } from "@castellan/portal";
import { everything } from "@castellan/calls";
import { parseSlug } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { openLegacy, parsed, rpc, say, sayModern, type Door, type Loose } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let legacy: RawLegacyServer;
let modern: RawModernServer;
let door: Door;
const opened = new AsyncDisposableStack();

const tool = String.raw`{"name":"t","title":"T","description":"Does \u0074his","icons":[{"src":"https://example.com/i.png"}],"inputSchema":{"type":"object","properties":{"id":{"type":"integer","x-mcp-header":"Id"}}},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"n":1E400},"_meta":{"k":-0}}`;
const minimized = (name: string) =>
  `{"name":"${name}","title":"T","icons":[{"src":"https://example.com/i.png"}],"inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"n":1E400},"_meta":{"k":-0}}`;
const script: Script = {
  "tools/list": () =>
    `{"resultType":"complete","tools":[${tool},{"name":"off","inputSchema":{"type":"object"}}]}`,
  "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
  "resources/subscribe": () => "{}",
  "resources/unsubscribe": () => "{}",
  "tools/call": () => '{"resultType":"complete","content":[],"structuredContent":{"n":1E400}}',
};
const curation = {
  mode: "all",
  entries: { ...everything.entries, tool: { off: { enabled: false } } },
} as const;

beforeAll(async () => {
  house = opened.use(await openPortals());
  legacy = opened.use(await startRawLegacy({ script }));
  modern = opened.use(await startRawModern({ script, headerParams: { t: { Id: ["id"] } } }));
  await house.sync("old", legacy.url);
  await house.sync("new", modern.url);
  await house.sync("strict", legacy.url, { autoAccept: [] });
  const servers = [{ server: "old", curation }, { server: "new", curation }, "strict"];
  const base = { title: "Main", naming: "prefixed" } as const;
  await house.portals.add({
    ...base,
    slug: parseSlug("main", "slug"),
    servers,
    hostname: "tools.example.com",
  });
  await house.portals.add({ ...base, slug: parseSlug("other", "slug"), servers: ["strict"] });
  await house.flush();
  door = { url: `${house.server.url}/p/main/mcp`, token: await house.token("main", "other") };
});
beforeEach(() => {
  for (const server of [legacy, modern]) server.recording.clear();
});
afterAll(() => opened.disposeAsync());

const at = (query: string, path = "/p/main/mcp"): Door => ({
  ...door,
  url: `${house.server.url}${path}?${query}`,
});

/** One request in an era; the whole answer. */
async function ask(era: "legacy" | "modern", to: Door, method: string, params: object = {}): Promise<Loose> {
  if (era === "modern") return parsed((await (await sayModern(to, method, { ...params })).all).at(-1));
  const client = await openLegacy(to);
  const answer = parsed(await client.call(method, params));
  await client.end();
  return answer;
}

async function toolNames(era: "legacy" | "modern", to: Door): Promise<string[]> {
  const { result } = await ask(era, to, "tools/list");
  return result.tools.map(({ name }: { name: string }) => name);
}

const last = async () => (await house.records()).at(-1);

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  test.each([
    ["", ["old_t", "new_t", "portal_list_servers"]],
    ["optimize_context=minimize_tools", ["old_t", "new_t", "portal_query_tools", "portal_list_servers"]],
    ["optimize_context=search_and_execute", ["portal_query_tools", "portal_execute", "portal_list_servers"]],
    ["servers=new", ["new_t", "portal_list_servers"]],
    ["servers=new,old&utm_source=x", ["old_t", "new_t", "portal_list_servers"]],
    ["servers=strict&optimize_context=minimize_tools", ["portal_query_tools", "portal_list_servers"]],
  ])("?%s lists %j", async (query, names) => {
    expect(await toolNames(era, at(query))).toEqual(names);
  });

  test("minimised tools are as they were, but for what fills a context", async () => {
    const to = at("optimize_context=minimize_tools");
    const send = async () => {
      if (era === "modern") return (await (await sayModern(to, "tools/list")).all)[0];
      const client = await openLegacy(to);
      const text = await client.call("tools/list");
      await client.end();
      return text;
    };
    const own = portalTools.definitions("minimize_tools");
    const tools = [minimized("old_t"), minimized("new_t"), ...own].join(",");
    expect(await send()).toContain(`"tools":[${tools}]`);
  });

  test.each([
    ["optimize_context=all", "optimize_context"],
    ["servers=elsewhere", "servers"],
    ["servers=old&servers=new", "servers"],
  ])("?%s is refused, and on record", async (query, field) => {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    };
    const heard =
      era === "modern"
        ? await sayModern(at(query), "tools/list")
        : await say(at(query).url, { token: door.token, body: rpc(1, "initialize", params) });
    const [text] = await heard.all;
    expect([heard.status, parsed(text)["error"].data.code, parsed(text)["error"].data.field]).toEqual([
      400,
      "invalid_input",
      field,
    ]);
    expect(await last()).toMatchObject({
      portal: "main",
      outcome: "refused",
      stage: "enter",
      code: "invalid_input",
    });
  });

  test("a narrowed connection has nothing of the others", async () => {
    const to = at("servers=new");
    const unknown = { error: { data: { code: "tool_unknown" } } };
    expect(await ask(era, to, "tools/call", { name: "old_t" })).toMatchObject(unknown);
    expect(await ask(era, to, "tools/call", { name: "new_t" })).toHaveProperty("result");
    const { result } = await ask(era, to, "tools/call", { name: "portal_list_servers" });
    expect(result.structuredContent).toMatchObject({
      isNarrowed: true,
      servers: [{ slug: "new", tools: 1 }],
    });
    const hello = await ask(era, to, era === "modern" ? "server/discover" : "ping");
    if (era === "modern")
      expect(hello.result._meta["dev.castellan/servers"].map((one: Loose) => one.server)).toEqual(["new"]);
  });

  test("what waits is counted, and no more is told of it", async () => {
    const { result } = await ask(era, door, "tools/call", { name: "portal_list_servers" });
    expect(result.structuredContent.servers[2]).toMatchObject({ slug: "strict", tools: 0, waiting: 3 });
  });

  test("portal_query_tools tells what was left out", async () => {
    const to = at("optimize_context=search_and_execute");
    const params = { name: "portal_query_tools", arguments: { query: "DOES THIS", server: "new" } };
    const { result } = await ask(era, to, "tools/call", params);
    expect(result.structuredContent).toEqual({
      tools: [
        {
          name: "new_t",
          title: "T",
          description: "Does this",
          inputSchema: JSON.parse(tool).inputSchema,
          outputSchema: { type: "object" },
          annotations: { readOnlyHint: true, n: Infinity },
          server: "new",
          class: "read",
        },
      ],
    });
    const hidden = { name: "portal_query_tools", arguments: { query: "off|strict" } };
    expect((await ask(era, to, "tools/call", hidden)).result.structuredContent).toEqual({ tools: [] });
    expect(await ask(era, door, "tools/call", params)).toMatchObject({
      error: { data: { code: "tool_unknown" } },
    });
  });

  test.each(["(a+)+$", "((((a{9}){9}){9}){9})", "(", "x".repeat(1_000_000)])(
    "portal_query_tools with a hostile pattern (case %#) answers",
    async (query) => {
      const to = at("optimize_context=minimize_tools");
      const { result } = await ask(era, to, "tools/call", {
        name: "portal_query_tools",
        arguments: { query },
      });
      expect(result.isError ?? result.structuredContent.tools.length === 0).toBe(true);
    },
  );

  test.each([
    ["old", () => legacy],
    ["new", () => modern],
  ] as const)("portal_execute is the call of the tool of %s", async (server, upstream) => {
    const to = at("optimize_context=search_and_execute");
    const params = { name: "portal_execute", arguments: { name: `${server}_t`, arguments: { id: 3 } } };
    const { result } = await ask(era, to, "tools/call", params);
    expect(result.structuredContent).toEqual({ n: Infinity });
    const [call] = upstream().recording.of("tools/call");
    expect(call?.message).toMatchObject({ params: { name: "t", arguments: { id: 3 } } });
    const records = (await house.records()).filter(({ method }) => method === "tools/call");
    expect(records.at(-1)).toMatchObject({
      target: `${server}_t`,
      server,
      via: "portal_execute",
      outcome: "ok",
    });
  });

  test("a tool can be called by its name where it is not listed", async () => {
    const to = at("optimize_context=search_and_execute");
    expect(await ask(era, to, "tools/call", { name: "old_t" })).toHaveProperty("result.structuredContent");
    const records = (await house.records()).filter(({ method }) => method === "tools/call");
    expect(records.at(-1)).not.toHaveProperty("via");
  });

  test("portal_execute of what is off, waits or never was, is one answer", async () => {
    const to = at("optimize_context=search_and_execute");
    for (const name of ["old_off", "strict_t", "nowhere_t", "", "T".repeat(600)]) {
      const call = (params: object) => ask(era, to, "tools/call", params);
      const { error } = await call({ name: "portal_execute", arguments: { name } });
      const { data, ...direct } = (await call({ name })).error;
      expect(error).toEqual({ ...direct, data: { ...data, requestId: error.data.requestId } });
      expect([error.message, error.data.code]).toEqual([
        `Unknown tool: ${name.slice(0, 128)}`,
        "tool_unknown",
      ]);
    }
    const records = (await house.records()).filter(({ via }) => via !== undefined);
    expect(records.at(-1)).toMatchObject({ stage: "resolve", code: "tool_unknown", outcome: "refused" });
  });

  test("portal_execute of a tool of the portal is for the model to mend", async () => {
    const to = at("optimize_context=search_and_execute");
    for (const inner of ["portal_execute", "portal_query_tools", "portal_list_servers"]) {
      const params = { name: "portal_execute", arguments: { name: inner, arguments: { name: "old_t" } } };
      const { result } = await ask(era, to, "tools/call", params);
      expect([result.isError, result.content[0].text]).toEqual([
        true,
        `${inner} is a tool of the portal itself: call it directly`,
      ]);
    }
    expect(legacy.recording.of("tools/call")).toEqual([]);
  });

  test.each(["", "optimize_context=minimize_tools"])("portal_execute is unknown at ?%s", async (query) => {
    const params = { name: "portal_execute", arguments: { name: "old_t" } };
    expect(await ask(era, at(query), "tools/call", params)).toMatchObject({
      error: { message: "Unknown tool: portal_execute", data: { code: "tool_unknown" } },
    });
  });
});

const mismatch = { error: { data: { code: "header_mismatch", field: "Mcp-Param-Id" } } };

test.each([
  ["", {}, mismatch, undefined],
  ["optimize_context=minimize_tools", {}, { result: {} }, "3"],
  ["optimize_context=minimize_tools", { "mcp-param-id": "3" }, { result: {} }, "3"],
  ["optimize_context=minimize_tools", { "mcp-param-id": "4" }, mismatch, undefined],
  ["optimize_context=search_and_execute", {}, { result: {} }, "3"],
])("at ?%s a marked argument with headers %j", async (query, headers, answer, arrived) => {
  const params = { name: "new_t", arguments: { id: 3 } };
  const [text] = await (await sayModern(at(query), "tools/call", params, { headers })).all;
  expect(parsed(text)).toMatchObject(answer);
  expect(modern.recording.requests.at(-1)?.headers["mcp-param-id"]).toBe(arrived);
});

test("what portal_execute calls is held to the headers that are there, and the server gets its own", async () => {
  const to = at("optimize_context=search_and_execute");
  const params = { name: "portal_execute", arguments: { name: "new_t", arguments: { id: 3 } } };
  const send = async (headers: Record<string, string>) =>
    parsed((await (await sayModern(to, "tools/call", params, { headers })).all)[0]);
  expect(await send({})).toHaveProperty("result");
  expect(modern.recording.requests.at(-1)?.headers).toMatchObject({ "mcp-name": "t", "mcp-param-id": "3" });
  expect(await send({ "mcp-param-id": "4" })).toMatchObject(mismatch);
  expect(await send({ "mcp-name": "new_t" })).toMatchObject({ error: { data: { code: "header_mismatch" } } });
});

test("a session may be used with other options, and with ones that are refused by GET and DELETE too", async () => {
  const client = await openLegacy(door);
  const names = async (query: string) => {
    const { result } = parsed(await client.at(at(query)).call("tools/list"));
    return result.tools.map(({ name }: Loose) => name);
  };
  expect(await names("servers=old")).toEqual(["old_t", "portal_list_servers"]);
  expect(await names("")).toEqual(["old_t", "new_t", "portal_list_servers"]);
  const headers = { "mcp-session-id": client.session, "mcp-protocol-version": "2025-11-25" };
  for (const method of ["GET", "DELETE"] as const) {
    const heard = await say(at("servers=x").url, { method, token: door.token, headers });
    expect([heard.status, parsed((await heard.all)[0])["error"].data.code]).toEqual([400, "invalid_input"]);
  }
  expect(await client.end()).toBe(204);
});

test("what one connection of a session subscribed to, a narrower one can unsubscribe from", async () => {
  const client = await openLegacy(door);
  const narrow = client.at(at("servers=new"));
  const params = { uri: "x://1" };
  expect(parsed(await client.call("resources/subscribe", params))).toMatchObject({ result: {} });
  expect(parsed(await narrow.call("resources/unsubscribe", params))).toMatchObject({ result: {} });
  expect(legacy.recording.of("resources/unsubscribe").map(({ message }) => message)).toMatchObject([
    { params },
  ]);
  expect(parsed(await narrow.call("resources/subscribe", params))).toMatchObject({
    error: { data: { code: "resource_unknown" } },
  });
  await client.end();
});

test("who has a stream of a narrowed connection hears that its lists have changed", async () => {
  const to = at("servers=old&optimize_context=minimize_tools");
  const client = await openLegacy(to);
  const stream = await client.stream();
  const params = { notifications: { toolsListChanged: true } };
  const listen = await sayModern(to, "subscriptions/listen", params, { id: "l" });
  expect(parsed(await listen.next())["method"]).toBe("notifications/subscriptions/acknowledged");
  legacy.script = {
    ...script,
    "tools/list": () => '{"tools":[{"name":"more","inputSchema":{"type":"object"}}]}',
  };
  await house.sync("old");
  expect(parsed(await stream.next())["method"]).toBe("notifications/tools/list_changed");
  expect(parsed(await listen.next())["method"]).toBe("notifications/tools/list_changed");
  expect(await toolNames("legacy", to)).toEqual(["old_more", "portal_query_tools", "portal_list_servers"]);
  legacy.script = script;
  await house.sync("old");
  stream.leave();
  listen.leave();
  await client.end();
});

describe("a portal's own host", () => {
  const send = async (host: string, path: string) => {
    const to = { ...door, url: `${house.server.url}${path}` };
    const heard = await sayModern(to, "tools/list", {}, { headers: { host } });
    const [text] = await heard.all;
    const { result, error, code } = parsed(text);
    return [heard.status, result?.tools.length ?? error?.data.code ?? code];
  };

  test.each([
    ["tools.example.com", "/mcp", 200, 3],
    ["TOOLS.Example.COM", "/mcp", 200, 3],
    ["tools.example.com:80", "/mcp", 200, 3],
    ["tools.example.com", "/mcp?servers=old", 200, 2],
    ["tools.example.com", "/p/main/mcp", 200, 3],
    ["tools.example.com", "/p/other/mcp", 404, "portal_unknown"],
    ["tools.example.com", "/p/nowhere/mcp", 404, "portal_unknown"],
    ["127.0.0.1", "/p/other/mcp", 200, 1],
    ["127.0.0.1", "/mcp", 404, "portal_unknown"],
    ["tools.example.com:8080", "/mcp", 421, "host_not_allowed"],
    ["tools.example.com.", "/mcp", 421, "host_not_allowed"],
    ["other.example.com", "/mcp", 421, "host_not_allowed"],
  ])("%s%s: %i %s", async (host, path, status, answer) => {
    expect(await send(host, path)).toEqual([status, answer]);
  });

  test("is nothing to who was not given the portal", async () => {
    const to = { url: `${house.server.url}/mcp`, token: await house.token("other") };
    const heard = await sayModern(to, "tools/list", {}, { headers: { host: "tools.example.com" } });
    expect([heard.status, parsed((await heard.all)[0])["error"].data.code]).toEqual([404, "portal_unknown"]);
  });

  test("serves a legacy session from its beginning to its end", async () => {
    const headers = { host: "tools.example.com" };
    const url = `${house.server.url}/mcp`;
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    };
    const hello = await say(url, { token: door.token, headers, body: rpc(1, "initialize", params) });
    await hello.all;
    const session = { ...headers, "mcp-session-id": String(hello.headers["mcp-session-id"]) };
    const list = await say(url, { token: door.token, headers: session, body: rpc(2, "tools/list") });
    expect(parsed((await list.all)[0])["result"].tools).toHaveLength(3);
    expect((await say(url, { method: "DELETE", token: door.token, headers: session })).status).toBe(204);
  });

  test("is no longer one when the portal has another", async () => {
    await house.portals.change("main", { hostname: "new.example.com" });
    await house.flush();
    expect(await send("tools.example.com", "/mcp")).toEqual([421, "host_not_allowed"]);
    expect(await send("new.example.com", "/mcp")).toEqual([200, 3]);
  });
});

test("nothing here was a failure of the house", () => {
  expect([house.faults, house.errors]).toEqual([[], []]);
});

/** A portal in Code Mode, as clients of either era find it: what is listed, what is there, whose results are read. What runs code is a port. */
import type { Answer } from "@castellan/calls";
import { sql } from "@castellan/database";
import { parseSlug } from "@castellan/kernel";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CodeSeat, CodeTool, CodemodePort } from "@castellan/portal";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import { openLegacy, parsed, sayModern, type Door, type Loose } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let upstream: RawModernServer;
let door: Door;
const opened = new AsyncDisposableStack();

const definition = (name: string) => JSON.stringify({ name, inputSchema: { type: "object" } });
const info = { name: "real", version: "1" };
const uriOf = (run: string) => `codemode://runs/${run}/result`;
const contents = (run: string) =>
  `[{"uri":"${uriOf(run)}","mimeType":"application/json","text":"{\\"n\\":1E400}"}]`;

/** Whose result it is, by principal. */
const results = new Map<string, string>();
const seated: { readonly tool: CodeTool; readonly seat: CodeSeat }[] = [];

/** Runs nothing: answers with which tool was called, and keeps where from. */
const codemode: CodemodePort = {
  toolNames: { search: "portal_codemode_search", execute: "portal_codemode_execute" },
  definitions: () => [definition("portal_codemode_search"), definition("portal_codemode_execute")],
  apiDefinitions: (_, { search, execute }) => [definition(search), definition(execute)],
  ownTool: (tool, seat) => ({
    name: tool.name,
    call(): Answer {
      seated.push({ tool, seat });
      return { kind: "result", text: JSON.stringify({ content: [], does: tool.does }), outcome: "ok" };
    },
  }),
  ownResource: async (uri, { id }) => (uri === results.get(id) ? contents(uri.slice(16, -7)) : undefined),
};

const tools = ["search", "list", "execute"].map((name) => ({
  name,
  description: "An operation",
  inputSchema: { type: "object" },
}));

beforeAll(async () => {
  house = opened.use(await openPortals({ codemode }));
  upstream = opened.use(
    await startRawModern({
      script: {
        "tools/list": () => JSON.stringify({ resultType: "complete", tools }),
        "resources/list": () => '{"resources":[{"uri":"x://1","name":"1"}]}',
        "resources/read": () => '{"contents":[]}',
      },
    }),
  );
  await house.sync("tools", upstream.url);
  await house.sync("hub", upstream.url);
  await house.database.query(sql`update servers set kind = 'openapi', face = 'code' where slug = 'hub'`);
  await house.sync("hub");
  const base = { title: "A portal", naming: "prefixed", servers: ["tools", "hub"] } as const;
  await house.portals.add({ ...base, slug: parseSlug("main", "slug") });
  await house.portals.add({ ...base, slug: parseSlug("forced", "slug"), codeMode: "forced" });
  await house.portals.add({ ...base, slug: parseSlug("forbidden", "slug"), codeMode: "forbidden" });
  await house.flush();
  door = { url: "", token: await house.token("main", "forced", "forbidden") };
});
beforeEach(() => {
  upstream.recording.clear();
  seated.length = 0;
});
afterAll(() => opened.disposeAsync());

const at = (portal: string, query = "", token = door.token): Door => ({
  token,
  url: `${house.server.url}/p/${portal}/mcp?${query}`,
});
const inCode = "codemode=search_and_execute";
const two = ["portal_codemode_search", "portal_codemode_execute"];
const own = /^hub_(search|execute)_[0-9a-f]{8}$/;

async function ask(era: "legacy" | "modern", to: Door, method: string, params: object = {}): Promise<Loose> {
  if (era === "modern") return parsed((await (await sayModern(to, method, { ...params })).all).at(-1));
  const client = await openLegacy(to);
  const answer = parsed(await client.call(method, params));
  await client.end();
  return answer;
}

async function toolNames(era: "legacy" | "modern", to: Door): Promise<string[]> {
  const { result } = await ask(era, to, "tools/list");
  return result.tools.map(({ name }: Loose) => name);
}

const last = async () => (await house.records()).findLast(({ method }) => method !== "initialize");

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  test.each([
    ["main", inCode],
    ["main", `${inCode}&servers=tools`],
    ["forced", ""],
    ["forced", inCode],
  ])("%s?%s lists two tools and nothing else", async (portal, query) => {
    expect(await toolNames(era, at(portal, query))).toEqual(two);
  });

  test("resources are listed as ever", async () => {
    const uris = async (query: string) =>
      (await ask(era, at("main", query), "resources/list")).result.resources;
    expect(await uris(inCode)).toEqual(await uris(""));
    expect(await uris(inCode)).toHaveLength(2);
  });

  test.each([
    ["main", `${inCode}&optimize_context=minimize_tools`, "invalid_input", "optimize_context"],
    ["main", "codemode=execute", "invalid_input", "codemode"],
    ["forced", "optimize_context=search_and_execute", "invalid_input", "optimize_context"],
    ["forbidden", inCode, "codemode_forbidden", "codemode"],
  ])("%s?%s is refused: %s of %s", async (portal, query, code, field) => {
    const heard = await sayModern(at(portal, query), "tools/list");
    const { error } = parsed((await heard.all)[0]) as Loose;
    expect([heard.status, error.code, error.data.code, error.data.field]).toEqual([400, -32600, code, field]);
    expect(await last()).toMatchObject({ portal, outcome: "refused", stage: "enter", code });
  });

  test("real clients show their user why the portal lets them in with no Code Mode", async () => {
    const { url, token } = at("forbidden", inCode);
    const headers = { authorization: `Bearer ${token}` };
    const saidBy = (connecting: Promise<void>) =>
      connecting.then(
        () => "connected",
        (error: unknown) => String(error),
      );
    const init = { requestInit: { headers } };
    const clients =
      era === "legacy"
        ? [
            new ClientV1(info).connect(new TransportV1(new URL(url), init) as never),
            new ClientV2(info, { versionNegotiation: { mode: "legacy" } }).connect(
              new TransportV2(new URL(url), init),
            ),
          ]
        : [
            new ClientV2(info, { versionNegotiation: { mode: "auto" } }).connect(
              new TransportV2(new URL(url), init),
            ),
          ];
    for (const said of await Promise.all(clients.map(saidBy)))
      expect(said).toContain("does not allow Code Mode: leave codemode out of the address");
  });

  test("each of the two is told where it is called from", async () => {
    const { result } = await ask(era, at("main", `${inCode}&servers=tools`), "tools/call", { name: two[1] });
    expect(result).toMatchObject({ does: "execute" });
    const [one] = seated;
    expect(one?.tool).toEqual({ name: two[1], does: "execute", api: undefined });
    expect([one?.seat.portal.slug, one?.seat.narrowedTo]).toEqual(["main", ["tools"]]);
    expect(
      one?.seat
        .scope(era)
        .entries("tool")
        .map(({ publicName }) => publicName),
    ).toEqual(["tools_search", "tools_list", "tools_execute"]);
    expect(await last()).toMatchObject({ target: two[1], outcome: "ok" });
    expect(await last()).not.toHaveProperty("server");
  });

  test("in Code Mode the portal has none of its other tools, and elsewhere not these", async () => {
    const unknown = { error: { data: { code: "tool_unknown" } } };
    for (const name of ["portal_list_servers", "portal_query_tools", "portal_execute", "hub_search"])
      expect(await ask(era, at("main", inCode), "tools/call", { name })).toMatchObject(unknown);
    for (const query of ["", "optimize_context=minimize_tools", "optimize_context=search_and_execute"])
      for (const name of two)
        expect(await ask(era, at("main", query), "tools/call", { name })).toMatchObject(unknown);
    expect(seated).toEqual([]);
  });

  test.each([
    ["", ["portal_list_servers"]],
    ["optimize_context=minimize_tools", ["portal_query_tools", "portal_list_servers"]],
  ])("?%s lists an API by two tools in the place of its operations", async (query, portals) => {
    expect(await toolNames(era, at("main", query))).toEqual([
      "tools_search",
      "tools_list",
      "tools_execute",
      "hub_search",
      "hub_execute",
      ...portals,
    ]);
    const { result } = await ask(era, at("main", query), "tools/call", { name: "hub_execute" });
    expect(result).toMatchObject({ does: "execute" });
    expect(seated.map(({ tool }) => [tool.name, tool.api?.server.slug])).toEqual([["hub_execute", "hub"]]);
    expect(upstream.recording.of("tools/call")).toEqual([]);
  });

  test("operations of an API are found, under names that nothing else has", async () => {
    const params = { name: "portal_query_tools", arguments: { query: "", server: "hub" } };
    const to = at("main", "optimize_context=search_and_execute");
    const { result } = await ask(era, to, "tools/call", params);
    const names = result.structuredContent.tools.map(({ name }: Loose) => name);
    expect(names).toEqual([expect.stringMatching(own), "hub_list", expect.stringMatching(own)]);
    expect(await toolNames(era, at("main", "servers=tools"))).not.toContain("hub_search");
    const hidden = await ask(era, at("main", "servers=tools"), "tools/call", { name: "hub_search" });
    expect(hidden).toMatchObject({ error: { data: { code: "tool_unknown" } } });
  });

  test("what a run came to is read by its caller, in any listing, and is the portal's own", async () => {
    const uri = uriOf(`run_${"1".repeat(32)}`);
    results.set(await principal(door.token), uri);
    for (const query of ["", inCode]) {
      const client = await read(era, at("main", query), uri);
      expect(client).toContain(`"contents":${contents(`run_${"1".repeat(32)}`)}`);
      if (era === "modern") expect(client).toContain('"ttlMs":0,"cacheScope":"private"');
    }
    expect(await last()).toMatchObject({ method: "resources/read", target: uri, outcome: "ok" });
    expect(await last()).not.toHaveProperty("server");
    expect(upstream.recording.of("resources/read")).toEqual([]);
  });

  test("to others, and of runs that are not kept, it is as unknown as anything", async () => {
    const uri = uriOf(`run_${"1".repeat(32)}`);
    results.set(await principal(door.token), uri);
    const other = await house.token("main");
    const nowhere = await ask(era, at("main"), "resources/read", { uri: "nowhere://1" });
    for (const [token, asked] of [
      [other, uri],
      [door.token, uriOf("run_2")],
      [door.token, "codemode://runs"],
    ] as const) {
      const { error } = await ask(era, at("main", inCode, token), "resources/read", { uri: asked });
      const { message, data, ...same } = nowhere.error;
      expect(error).toEqual({
        ...same,
        message: message.replace("nowhere://1", asked),
        data: { ...data, uri: asked, requestId: error.data.requestId },
      });
    }
    expect(upstream.recording.of("resources/read")).toEqual([]);
  });
});

async function read(era: "legacy" | "modern", to: Door, uri: string): Promise<string> {
  if (era === "modern") return (await (await sayModern(to, "resources/read", { uri })).all).at(-1) ?? "";
  const client = await openLegacy(to);
  const text = await client.call("resources/read", { uri });
  await client.end();
  return text;
}

/** Who the token is of, as the record says. */
async function principal(token: string): Promise<string> {
  await ask("modern", at("main", "", token), "tools/list");
  return (await last())?.principalId ?? "";
}

test("a portal that comes to force Code Mode says that its tools are others, and has them at once", async () => {
  const listen = await sayModern(at("main"), "subscriptions/listen", {
    notifications: { toolsListChanged: true },
  });
  expect(parsed(await listen.next())["method"]).toBe("notifications/subscriptions/acknowledged");
  await house.portals.change("main", { codeMode: "forced" });
  await house.flush();
  expect(parsed(await listen.next())["method"]).toBe("notifications/tools/list_changed");
  expect(await toolNames("modern", at("main"))).toEqual(two);
  listen.leave();
  await house.portals.change("main", { codeMode: "allowed" });
  await house.flush();
});

test("where nothing runs code, no portal is in Code Mode, and operations are listed as tools", async () => {
  await using plain = await openPortals();
  await plain.sync("hub", upstream.url);
  await plain.database.query(sql`update servers set kind = 'openapi', face = 'code' where slug = 'hub'`);
  await plain.sync("hub");
  const to = await plain.open("main", ["hub"]);
  expect(await toolNames("modern", to)).toEqual([
    expect.stringMatching(own),
    "hub_list",
    expect.stringMatching(own),
    "portal_list_servers",
  ]);
  expect(await ask("modern", { ...to, url: `${to.url}?${inCode}` }, "tools/list")).toMatchObject({
    error: { data: { code: "codemode_forbidden" } },
  });
});

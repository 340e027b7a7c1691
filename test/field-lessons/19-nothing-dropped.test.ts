/**
 * Field lesson 19: what a server says of itself, of what it offers and in its answers arrives, in each cell, through a
 * portal over servers of both eras. As real clients see it; to the letter it is held in `test/eras/fidelity.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import * as exotic from "../fixtures/exotic.ts";
import { type Cell, cells, openCaller } from "../harness/cells.ts";
import { LegacyCaller } from "../harness/callers/legacy.ts";
import { startTestHouse, type TestPortal } from "../harness/house.ts";
import { kinds, type RealClient } from "./sdk.ts";

type Loose = Readonly<Record<string, unknown>>;

const opened = new AsyncDisposableStack();
let both: TestPortal;
let single: Readonly<Record<Era, TestPortal>>;

beforeAll(async () => {
  const house = opened.use(await startTestHouse());
  const old = opened.use(await exotic.startExoticLegacy());
  const young = opened.use(await exotic.startExoticModern());
  both = await house.addPortal("both", { old: old.url, new: young.url });
  single = {
    legacy: await house.addPortal("single-old", { "single-old": old.url }),
    modern: await house.addPortal("single-new", { "single-new": young.url }),
  };
});
afterAll(() => opened.disposeAsync());

const parse = (text: string) => JSON.parse(text) as Loose;
const slugs = { legacy: "old", modern: "new" } as const;

/** What this text says; of what clients check, unknown members aside. */
const known = (text: string, ...members: string[]): Loose =>
  Object.fromEntries(Object.entries(parse(text)).filter(([name]) => members.includes(name)));

async function find(listed: Promise<Loose>, list: string, name: string): Promise<Loose | undefined> {
  return ((await listed)[list] as Loose[]).find((item) => item["name"] === name || item["uri"] === name);
}

const clients = cells.flatMap((cell) =>
  kinds.filter(({ era }) => era === cell.caller).map((kind) => ({ ...cell, ...kind })),
);

describe.each(clients)("$cell: $kind, $server server", ({ server, open }: Cell & (typeof kinds)[number]) => {
  const prefix = slugs[server];
  /** Of two servers with one URI the second one's has an alias. */
  const publicUri = (uri: string) => (server === "legacy" ? uri : `gw+new:${uri}`);
  let client: RealClient;
  beforeAll(async () => {
    client = await open(both);
  });
  afterAll(() => client?.[Symbol.asyncDispose]());

  test("title, description, icons, schemas, annotations and _meta of a tool", async () => {
    const name = `${prefix}_exotic_definition`;
    const said = exotic.exoticTools.exotic_definition;
    const tool = await find(client.listTools(), "tools", name);
    expect(tool).toMatchObject({
      name,
      ...known(said, "title", "description", "inputSchema", "outputSchema"),
    });
    expect(tool?.["_meta"]).toMatchObject({
      "com.example/owner": { team: "a" },
      ui: { resourceUri: publicUri("ui://exotic/view"), visibility: ["model", "app"] },
    });
    expect(tool?.["annotations"]).toMatchObject({
      title: "Annotated",
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    });
    expect(tool?.["icons"]).toMatchObject([{ mimeType: "image/svg+xml", sizes: ["16x16", "any"] }]);
  });

  test("structuredContent, which the client checks against the outputSchema, and _meta of a result", async () => {
    await client.listTools();
    const name = `${prefix}_exotic_definition`;
    const result = await client.callTool({ name, arguments: {} });
    expect(result.structuredContent).toEqual({ n: 1 });
    expect(result._meta).toMatchObject({ "com.example/trace": "abc", n: 100 });
  });

  test("annotations, icons, links, embedded resources and _meta of contents", async () => {
    const { content, _meta } = await client.callTool({ name: `${prefix}_exotic_content`, arguments: {} });
    expect(content).toMatchObject([
      {
        type: "text",
        annotations: { audience: ["user", "assistant"], priority: 0.5, lastModified: "2026-01-01T00:00:00Z" },
        _meta: { a: 1 },
      },
      { type: "image", mimeType: "image/png" },
      { type: "audio", mimeType: "audio/wav" },
      { type: "resource_link", uri: "exotic://link", icons: [{ src: "https://example.com/i.png" }] },
      { type: "resource", resource: { uri: "exotic://embedded", text: "in here", _meta: { x: 1 } } },
    ]);
    expect(_meta).toMatchObject({ "com.example/cost": { usd: 0.1 } });
  });

  test("a tool's failure, with its structuredContent and _meta", async () => {
    const result = await client.callTool({ name: `${prefix}_exotic_tool_error`, arguments: {} });
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: "It did not work: try 2" }],
      structuredContent: { code: "no_luck" },
      _meta: { "com.example/incident": "i-1" },
    });
  });

  test("titles, icons and _meta of prompts, of their arguments and of what they give", async () => {
    const name = `${prefix}_exotic_prompt`;
    expect(await find(client.listPrompts(), "prompts", name)).toMatchObject({
      title: "P",
      description: "d",
      icons: [{ src: "https://example.com/p.png" }],
      arguments: [{ name: "a", required: true }],
      _meta: { n: 1 },
    });
    const got = await client.getPrompt({ name, arguments: { a: "" } });
    expect(got).toMatchObject({ description: "d", _meta: { a: 1 } });
    expect(got.messages).toMatchObject([{ role: "user", content: { text: "t", _meta: { n: 100 } } }]);
  });

  test("titles, annotations, icons and _meta of resources, templates and what is read", async () => {
    const uri = publicUri("exotic://one");
    expect(await find(client.listResources(), "resources", uri)).toMatchObject({
      name: "one",
      title: "One",
      mimeType: "text/plain;charset=utf-8",
      annotations: { priority: 0.1 },
      icons: [{ src: "https://example.com/r.png" }],
      _meta: { n: 1 },
    });
    const { contents } = await client.readResource({ uri });
    expect(contents).toMatchObject([
      { mimeType: "text/plain", text: "one" },
      { mimeType: "application/octet-stream", blob: "AAEC/w==" },
    ]);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates[0]).toMatchObject({ name: "all", title: "All", _meta: { n: 1 } });
  });

  test("instructions of both servers, under their names, and their extensions", () => {
    const words = JSON.parse(exotic.exoticInstructions) as string;
    expect(client.getInstructions()).toBe(
      ["old", "new"].map((slug) => `# ${slug} (${slug})\n\n${words}`).join("\n\n"),
    );
    expect(client.getServerCapabilities().extensions).toMatchObject({
      "com.example/holograms": { versions: [1, 2] },
      "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] },
    });
    expect(client.getServerVersion()).toMatchObject({ name: "castellan", title: expect.any(String) });
  });
});

describe.each(cells)("$cell: $caller caller, $server server", ({ caller: era, server }) => {
  async function hello(portal: TestPortal): Promise<{ text: string; result: Loose }> {
    await using caller = await openCaller(era, portal);
    const { text, message } =
      caller instanceof LegacyCaller ? caller.hello : await caller.request("server/discover");
    return { text, result: message.result as Loose };
  }

  test("a server's serverInfo and capabilities stand whole in the portal's hello", async () => {
    const { text, result } = await hello(both);
    const servers = (result["_meta"] as Loose)["dev.castellan/servers"] as Loose[];
    expect(servers.map((each) => each["server"])).toEqual(["old", "new"]);
    expect(servers[server === "legacy" ? 0 : 1]).toMatchObject({
      serverInfo: parse(exotic.exoticServerInfo),
      capabilities: parse(exotic.exoticCapabilities),
    });
    expect(text.split(exotic.exoticServerInfo).length).toBe(3);
    expect(text.split(exotic.exoticCapabilities).length).toBe(3);
  });

  test("the one server's instructions are the portal's, to the letter", async () => {
    const { text } = await hello(single[server]);
    expect(text).toContain(`"instructions":${exotic.exoticInstructions}`);
  });

  /** The one item of a list's text, without its brackets and its name. */
  const definition = (list: string, name: string) => {
    const item = list.slice(list.indexOf("[{") + 2, list.lastIndexOf("}]"));
    return item.split('},{"uri"')[0]?.replace(name, "") ?? "";
  };

  test.each([
    ["prompts/list", exotic.exoticPrompts, '"name":"exotic_prompt",'],
    ["resources/list", exotic.exoticResources, ""],
    ["resources/templates/list", exotic.exoticTemplates, ""],
  ])("%s: definitions, to the letter", async (method, list, name) => {
    await using caller = await openCaller(era, single[server]);
    const { text } = await caller.request(method);
    const expected = definition(list, name);
    expect(expected.length).toBeGreaterThan(60);
    expect(text).toContain(expected);
  });
});

/** A server that cannot give one of its lists keeps the others, and what it listed there before. */
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPortals, type Portals } from "../portal/open-portals.ts";
import { startListing, type Failing, type ListMethod } from "./listing-servers.ts";

let house: Portals;

beforeAll(async () => {
  // What hangs is waited for so long.
  house = await openPortals({ syncTimeoutMs: 4_000 });
});
afterAll(() => house[Symbol.asyncDispose]());

const eras = ["legacy", "modern"] as const;

async function listing(era: (typeof eras)[number]) {
  const server = await startListing(era);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** How the reading ended, and what is offered of each kind. */
async function read(slug: string, url?: string) {
  const { state } = await house.sync(slug, url);
  return { ...(await offered(slug)), failed: failedOf(state), status: state.status };
}

function failedOf({ failedLists = [] }: Awaited<ReturnType<Portals["sync"]>>["state"]) {
  return failedLists.map(({ kind, code, details }) => [kind, code, details?.rpcCode]);
}

async function offered(slug: string) {
  const { portals, directory, flush } = house;
  await portals.add({ slug: slug as never, title: slug, naming: "plain", servers: [slug] });
  await flush();
  const scope = directory.find(slug)?.scope("legacy");
  const names = (kind: "tool" | "prompt" | "resource" | "resource_template") =>
    scope?.list(kind).map((text) => (JSON.parse(text) as { name: string }).name);
  const found = {
    tools: names("tool"),
    prompts: names("prompt"),
    resources: names("resource"),
    templates: names("resource_template"),
  };
  await portals.remove(slug);
  return found;
}

const whole = {
  tools: ["query"],
  prompts: ["summary"],
  resources: ["accounts"],
  templates: ["table"],
  failed: [],
  status: "ready",
};
const member = { "tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources" } as const;
const kindOf = { "tools/list": "tool", "prompts/list": "prompt", "resources/list": "resource" } as const;

const throws: Failing = () => {
  throw new Error("no database");
};
const garbage: Failing = () => ({ resources: "none", tools: "none", prompts: "none" });
const hangs: Failing = () => new Promise(() => undefined);
const unknown: Failing = () => {
  throw Object.assign(new Error("Method not found"), { code: -32_601 });
};

test.each(
  eras.flatMap((era) =>
    (["tools/list", "prompts/list", "resources/list"] as const).map((method) => [era, method] as const),
  ),
)(
  "%s: %s fails, and the others are read; what it gave before stays; it is read when it works",
  async (era, method) => {
    const slug = `${era}-${member[method]}`;
    const server = await listing(era);
    const failed = { status: "ready", failed: [[kindOf[method], "upstream_invalid", -32_603]] };
    server.failing = { [method]: throws };
    expect(await read(slug, server.url)).toEqual({ ...whole, [member[method]]: [], ...failed });
    server.failing = {};
    expect(await read(slug)).toEqual(whole);
    server.failing = { [method]: throws };
    expect(await read(slug)).toEqual({ ...whole, ...failed });
    // What is said of it is in the server's words, with the code.
    const [stored] = (await house.sync(slug)).state.failedLists ?? [];
    expect(stored?.message).toMatch(/^The server's \w+\/list failed: .*no database$/);
    server.failing = {};
    expect(await read(slug)).toEqual(whole);
  },
);

test.each(eras)("%s: a list that is none fails by itself", async (era) => {
  const server = await listing(era);
  server.failing = { "resources/list": garbage };
  const { failed, ...rest } = await read(`${era}-garbage`, server.url);
  expect(rest).toEqual({ ...whole, resources: [], failed: undefined });
  expect(failed.map(([kind, code]) => [kind, code])).toEqual([["resource", "upstream_invalid"]]);
});

test("a list that hangs delays none of the others beyond what a reading may take", async () => {
  const outcomes = eras.map(async (era) => {
    const server = await listing(era);
    server.failing = { "prompts/list": hangs };
    return read(`${era}-hangs`, server.url);
  });
  const expected = { ...whole, prompts: [], failed: [["prompt", "upstream_timeout", undefined]] };
  expect(await Promise.all(outcomes)).toEqual([expected, expected]);
});

test.each(eras)("%s: a list that the server does not know is none, unless it knew it before", async (era) => {
  const slug = `${era}-unknown`;
  const server = await listing(era);
  const none: Partial<Record<ListMethod, Failing>> = {
    "prompts/list": unknown,
    "resources/templates/list": unknown,
  };
  server.failing = none;
  expect(await read(slug, server.url)).toEqual({ ...whole, prompts: [], templates: [] });
  server.failing = {};
  expect(await read(slug)).toEqual(whole);
  server.failing = none;
  // Templates are no capability of their own: that there is no list of them contradicts nothing.
  const failed = [["prompt", "upstream_invalid", -32_601]];
  expect(await read(slug)).toEqual({ ...whole, templates: [], failed });
  const { prompts: _, ...rest } = server.capabilities;
  server.capabilities = rest;
  server.failing = {};
  expect(await read(slug)).toEqual({ ...whole, prompts: [] });
});

test.each(eras)("%s: a server that can give no list at all could not be read", async (era) => {
  const slug = `${era}-none`;
  const server = await listing(era);
  await read(slug, server.url);
  server.failing = {
    "tools/list": throws,
    "prompts/list": throws,
    "resources/list": throws,
    "resources/templates/list": unknown,
  };
  expect(await read(slug)).toEqual({ ...whole, status: "stale" });
  const { error } = (await house.sync(slug)).state;
  expect([error?.code, error?.details]).toEqual(["upstream_invalid", { rpcCode: -32_603 }]);
});

test("callers have the tools, and are told which list is missing", async () => {
  const server = await listing("legacy");
  server.failing = { "resources/list": throws };
  await house.sync("told", server.url);
  const { url, token } = await house.open("over-told", ["told"]);
  const client = new ClientV1({ name: "v1", version: "1" });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new TransportV1(new URL(url), { requestInit: { headers } }) as never);
  onTestFinished(() => client.close());
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
    "told_query",
    "portal_list_servers",
  ]);
  expect((await client.listResources()).resources).toEqual([]);
  expect(await client.callTool({ name: "told_query" })).toMatchObject({ content: [{ text: "one row" }] });
  const { structuredContent, content } = await client.callTool({ name: "portal_list_servers" });
  expect(structuredContent).toMatchObject({
    servers: [
      {
        slug: "told",
        status: "ready",
        tools: 1,
        failedLists: [{ list: "resources", code: "upstream_invalid" }],
      },
    ],
  });
  expect(JSON.stringify(content)).toContain(
    "Its resources could not be read anew: It does not answer as an MCP server should (upstream_invalid).",
  );
  expect(JSON.stringify(content)).not.toContain("no database");
});

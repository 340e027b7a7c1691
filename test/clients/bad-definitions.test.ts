/** A server that lists what clients cannot read costs nobody the lists of the others. */
import type { DetailedServer } from "@castellan/api";
import { toLegacyTool, toLegacyToolResult } from "@castellan/mcp";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawLegacy } from "../fixtures/raw-legacy.ts";
import { startRawModern } from "../fixtures/raw-modern.ts";
import type { Script } from "../fixtures/script.ts";
import { startTestHouse, type TestHouse } from "../harness/house.ts";

type Kind = "tools" | "prompts" | "resources" | "resourceTemplates";

const schema = '"inputSchema":{"type":"object"}';
const good: Readonly<Record<Kind, string>> = {
  tools: `{"name":"good",${schema}}`,
  prompts: '{"name":"good"}',
  resources: '{"name":"good","uri":"a:good"}',
  resourceTemplates: '{"name":"good","uriTemplate":"a:{good}"}',
};

/** Members of a definition that none of the clients reads, or that one of them does not. */
const unreadable: readonly (readonly [Kind, string])[] = [
  ["tools", '"description":"no schema"'],
  ["tools", '"inputSchema":{}'],
  ["tools", '"inputSchema":{"type":"object","properties":{"a":null}}'],
  ["tools", '"inputSchema":{"type":"object","properties":{"a":{"maximum":1E400}}}'],
  ["tools", '"inputSchema":{"type":"object","required":"a"}'],
  ["tools", `${schema},"outputSchema":null`],
  ["tools", `${schema},"outputSchema":{"type":"object","properties":[]}`],
  ["tools", `${schema},"title":null`],
  ["tools", `${schema},"description":1`],
  ["tools", `${schema},"annotations":{"readOnlyHint":"yes"}`],
  ["tools", `${schema},"execution":{"taskSupport":true}`],
  ["tools", `${schema},"icons":[{"src":1}]`],
  ["tools", `${schema},"_meta":[]`],
  ["prompts", '"arguments":[{"description":"no name"}]'],
  ["prompts", '"description":null'],
  ["resources", '"size":"1","uri":"a:bad"'],
  ["resources", '"annotations":{"priority":2},"uri":"a:bad"'],
  ["resources", '"annotations":{"lastModified":"today"},"uri":"a:bad"'],
  ["resourceTemplates", '"mimeType":null,"uriTemplate":"a:{bad}"'],
];

const opened = new AsyncDisposableStack();
const capabilities = '{"tools":{},"prompts":{},"resources":{}}';

function listing(extra: readonly (readonly [Kind, string])[], hints = ""): Script {
  const list = (kind: Kind) => () => {
    const bad = extra.filter(([of]) => of === kind).map(([, text], n) => `{"name":"bad${n}",${text}}`);
    return `{${hints}"${kind}":[${[...bad, good[kind]].join()}]}`;
  };
  return {
    "tools/list": list("tools"),
    "prompts/list": list("prompts"),
    "resources/list": list("resources"),
    "resources/templates/list": list("resourceTemplates"),
    "tools/call": () => `{"resultType":"complete","content":[],"structuredContent":["a",1]}`,
  };
}

interface AnyClient {
  listTools(): Promise<{ tools: { name: string; outputSchema?: unknown }[] }>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>;
  callTool(params: { name: string; arguments: object }): Promise<{ structuredContent?: unknown }>;
  close(): Promise<void>;
}

interface Door {
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function v1({ url, headers }: Door): Promise<AnyClient> {
  const client = new ClientV1({ name: "v1", version: "1" });
  await client.connect(new TransportV1(new URL(url), { requestInit: { headers } }) as never);
  return client as never;
}

function v2(mode: "legacy" | "modern"): typeof v1 {
  return async ({ url, headers }) => {
    const versionNegotiation = { mode: mode === "modern" ? { pin: "2026-07-28" } : mode };
    const client = new ClientV2({ name: "v2", version: "2" }, { versionNegotiation } as never);
    await client.connect(new TransportV2(new URL(url), { requestInit: { headers } }));
    return client as never;
  };
}

const clients: [string, "legacy" | "modern", typeof v1][] = [
  ["SDK 1.32", "legacy", v1],
  ["SDK 2.4, legacy", "legacy", v2("legacy")],
  ["SDK 2.4, modern", "modern", v2("modern")],
];

/** Everything that the client can list, by kind; what it throws, where it throws the list away. */
async function listsOf(client: AnyClient): Promise<Record<Kind, readonly string[]>> {
  try {
    return {
      tools: (await client.listTools()).tools.map(({ name }) => name),
      prompts: (await client.listPrompts()).prompts.map(({ name }) => name),
      resources: (await client.listResources()).resources.map(({ uri }) => uri),
      resourceTemplates: (await client.listResourceTemplates()).resourceTemplates.map(
        ({ uriTemplate }) => uriTemplate,
      ),
    };
  } finally {
    await client.close();
  }
}

let house: TestHouse;
let portal: Door;
/** Read by clients of 2026-07-28 only. */
const newer: readonly (readonly [Kind, string])[] = [
  ["tools", `${schema},"outputSchema":{"type":"array","items":{"type":["string","integer"]}}`],
  ["tools", '"inputSchema":{"type":"object","properties":{"a":true,"b":false}}'],
];
const hints = '"resultType":"complete","ttlMs":0,"cacheScope":"private",';

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const old = opened.use(await startRawLegacy({ capabilities, script: listing(unreadable) }));
  const young = opened.use(await startRawModern({ capabilities, script: listing(newer, hints) }));
  portal = await house.addPortal("work", { old: old.url, young: young.url });
});
afterAll(() => opened.disposeAsync());

/** What each client makes of such a server without a portal between. */
async function direct(extra: readonly (readonly [Kind, string])[]) {
  await using old = await startRawLegacy({ capabilities, script: listing(extra) });
  await using young = await startRawModern({ capabilities, script: listing(extra, hints) });
  const listed = clients.map(async ([, era, open]) =>
    listsOf(await open({ url: era === "legacy" ? old.url : young.url, headers: {} })),
  );
  return (await Promise.allSettled(listed)).map(({ status }) => status);
}

test("a server that lists nothing else is read by all of them", async () => {
  expect(await direct([])).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
});

test.each(unreadable)("of %s with %s a client throws the whole list away", async (kind, members) => {
  expect(await direct([[kind, members]])).toContain("rejected");
});

test.each(clients)("%s lists all the rest through a portal", async (_, _era, open) => {
  const lists = await listsOf(await open(portal));
  expect(lists).toEqual({
    tools: ["old_good", "young_bad0", "young_bad1", "young_good", "portal_list_servers"],
    prompts: ["old_good", "young_good"],
    resources: ["a:good", "gw+young:a:good"],
    resourceTemplates: ["a:{good}", "gw+young:a:{good}"],
  });
});

test("what was left out is told, each with its reason", async () => {
  const { state } = await house.api<DetailedServer>("GET", "/servers/old");
  expect([state.status, state.skipped.length]).toEqual(["ready", unreadable.length]);
  expect(state.skipped.every((reason) => /^\w+ ".*": The definition has a bad ".+": /s.test(reason))).toBe(
    true,
  );
  expect((await house.api<DetailedServer>("GET", "/servers/young")).state.skipped).toEqual([]);
});

test.each(clients)("%s calls a tool that answers with a list", async (_, era, open) => {
  const client = await open(portal);
  try {
    const { tools } = await client.listTools();
    const { structuredContent } = await client.callTool({ name: "young_bad0", arguments: {} });
    const list = { type: "array", items: { type: ["string", "integer"] } };
    expect([tools.find(({ name }) => name === "young_bad0")?.outputSchema, structuredContent]).toEqual(
      era === "modern"
        ? [list, ["a", 1]]
        : [{ type: "object", properties: { result: list }, required: ["result"] }, { result: ["a", 1] }],
    );
  } finally {
    await client.close();
  }
});

test("whatever a modern server's schema allows its tool to answer, a legacy client's schema allows", () => {
  const types = ["object", "array", "string", "number", "boolean", "null"];
  const type = fc.constantFrom(...types);
  const property = fc.oneof(fc.boolean(), fc.constant({ type: "string" }));
  const schemas = fc.record(
    {
      type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1 })),
      properties: fc.dictionary(fc.constantFrom("a", "b"), property),
      required: fc.uniqueArray(fc.constantFrom("a", "b"), { minLength: 1 }),
      not: fc.constant({ type: "null" }),
    },
    { requiredKeys: [] },
  );
  const accepts = (of: object, value: unknown) =>
    new AjvJsonSchemaValidator().getValidator(of as never)(value).valid;
  fc.assert(
    fc.property(schemas, fc.jsonValue({ maxDepth: 2 }), (outputSchema, structuredContent) => {
      const tool = JSON.parse(toLegacyTool(JSON.stringify({ outputSchema }), "modern")) as {
        outputSchema: { type: string };
      };
      const result = JSON.parse(toLegacyToolResult(JSON.stringify({ structuredContent }))) as {
        structuredContent: unknown;
      };
      expect(tool.outputSchema.type).toBe("object");
      if (accepts(outputSchema, structuredContent))
        expect(accepts(tool.outputSchema, result.structuredContent)).toBe(true);
    }),
  );
});

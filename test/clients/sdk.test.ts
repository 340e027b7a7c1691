/** Real clients against the portal with real servers behind it. */
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startEverything, startEverythingSse, startExample } from "../harness/upstreams.ts";

let house: TestHouse;
let portal: TestPortal;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  const [everything, oldTransport, invoices, okrs] = await Promise.all([
    startEverything(),
    startEverythingSse(),
    startExample("invoices"),
    startExample("okrs"),
  ]);
  for (const server of [everything, oldTransport, invoices, okrs]) opened.use(server);
  portal = await house.addPortal("work", {
    everything: everything.url,
    old: oldTransport.url,
    invoices: invoices.url,
    okrs: okrs.url,
  });
});
afterAll(() => opened.disposeAsync());

interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  getServerVersion(): { name: string } | undefined;
  close(): Promise<void>;
}

const requestInit = () => ({ headers: portal.headers });

async function v1(): Promise<AnyClient> {
  const client = new ClientV1({ name: "v1", version: "1.32.2" });
  await client.connect(new TransportV1(new URL(portal.url), { requestInit: requestInit() }) as never);
  return client as never;
}

function v2(mode: "legacy" | "auto" | "modern"): () => Promise<AnyClient> {
  return async () => {
    const versionNegotiation = { mode: mode === "modern" ? { pin: "2026-07-28" } : mode };
    const client = new ClientV2({ name: `v2-${mode}`, version: "2.4.0" }, { versionNegotiation } as never);
    await client.connect(new TransportV2(new URL(portal.url), { requestInit: requestInit() }));
    return client as never;
  };
}

const clients: [string, () => Promise<AnyClient>][] = [
  ["SDK 1.32", v1],
  ["SDK 2.4, legacy", v2("legacy")],
  ["SDK 2.4, auto", v2("auto")],
  ["SDK 2.4, modern", v2("modern")],
];

test.each(clients)("%s: lists, calls, gets and reads through the portal", async (name, open) => {
  const client = await open();
  try {
    expect(client.getServerVersion()?.name).toBe("castellan");
    const { tools } = await client.listTools();
    const listed = new Set(tools.map((tool) => tool.name.split("_")[0]));
    // Two of them speak the legacy era only: every client is served by every server.
    expect([...listed]).toEqual(["everything", "old", "invoices", "okrs", "portal"]);

    const created = (await client.callTool({
      name: "invoices_create_invoice",
      arguments: {
        customer: { name: "Ada", email: "ada@example.com" },
        currency: "EUR",
        lines: [{ description: "Bridge", quantity: 2, unitPriceMinor: 1250 }],
        dueOn: "2030-01-31",
      },
    })) as { isError?: boolean; content: unknown };
    expect(created).toMatchObject({ structuredContent: expect.anything() });

    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => prompt.name)).toContain("okrs_weekly_review");
    const { resources } = await client.listResources();
    expect(resources.length).toBeGreaterThan(0);
    for (const { uri } of resources.slice(0, 2))
      expect(await client.readResource({ uri })).toMatchObject({ contents: expect.any(Array) });

    for (const server of ["everything", "old"])
      expect(await client.callTool({ name: `${server}_echo`, arguments: { message: name } })).toMatchObject({
        content: [{ type: "text", text: `Echo: ${name}` }],
      });
    expect(await client.callTool({ name: "portal_list_servers", arguments: {} })).toMatchObject({
      structuredContent: {
        servers: ["everything", "old", "invoices", "okrs"].map((slug) => ({ slug, status: "ready" })),
      },
    });
    await expect(client.callTool({ name: "invoices_no_such_tool", arguments: {} })).rejects.toMatchObject({
      code: -32602,
    });
  } finally {
    await client.close();
  }
});

test("every call is on record, with who made it and how it ended", async () => {
  const { items } = await house.api<{
    items: { client: { name: string }; method: string; outcome: string }[];
  }>("GET", "/calls?portal=work&limit=500");
  const seen = new Set(items.map((call) => `${call.client.name} ${call.method} ${call.outcome}`));
  for (const client of ["v1", "v2-legacy", "v2-auto", "v2-modern"]) {
    expect([...seen]).toContain(`${client} tools/list ok`);
    expect([...seen]).toContain(`${client} tools/call ok`);
    expect([...seen]).toContain(`${client} tools/call refused`);
  }
  expect(await house.api("GET", "/calls/verify")).toMatchObject({ intact: true });
});

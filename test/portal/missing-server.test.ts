/** A dead server and one that hangs cost a portal nothing but what they offer, and it says which are missing. */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faults, startFaulty } from "../fixtures/faulty.ts";
import { startRawModern, type RawModernServer } from "../fixtures/raw-modern.ts";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startExample } from "../harness/upstreams.ts";
import { openLegacy, parsed, sayModern } from "./client.ts";

let house: TestHouse;
let portal: TestPortal;
let dying: RawModernServer;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse({ env: { CASTELLAN_SYNC_TIMEOUT_SECONDS: "1" } }));
  const okrs = opened.use(await startExample("okrs"));
  const hanging = opened.use(await startFaulty(faults.hang()));
  const dead = await startFaulty(faults.hang());
  await dead[Symbol.asyncDispose]();
  dying = await startRawModern({
    capabilities: '{"tools":{}}',
    script: {
      "tools/list": () =>
        '{"resultType":"complete","tools":[{"name":"last_words","inputSchema":{"type":"object"}}]}',
    },
  });
  portal = await house.addPortal("work", {
    dead: dead.url,
    hanging: hanging.url,
    dying: dying.url,
    okrs: okrs.url,
  });
  await dying[Symbol.asyncDispose]();
  await house.api("POST", "/servers/dying/sync");
  // It goes on hanging while everything below happens.
  const again = house.api("POST", "/servers/hanging/sync").catch(() => undefined);
  opened.defer(async () => void (await again));
});
afterAll(() => opened.disposeAsync());

interface Listed {
  slug: string;
  status: string;
  error?: { code: string };
  tools: number;
  syncedAt?: string;
}

const missing = [
  { slug: "dead", status: "error", error: { code: "upstream_unreachable" }, tools: 0 },
  { slug: "hanging", status: "error", error: { code: "upstream_timeout" }, tools: 0 },
  { slug: "dying", status: "stale", error: { code: "upstream_unreachable" }, tools: 1 },
  { slug: "okrs", status: "ready" },
];

/** What `tools/list` and `portal_list_servers` say to a caller of this era. */
const ask = {
  legacy: async () => {
    const client = await openLegacy(portal);
    return async (method: string, params?: object) => parsed(await client.call(method, params))["result"];
  },
  modern: () =>
    Promise.resolve(async (method: string, params: Readonly<Record<string, unknown>> = {}) => {
      const heard = await (await sayModern(portal, method, params)).all;
      return parsed(heard.at(-1))["result"];
    }),
};

test.each(["legacy", "modern"] as const)(
  "%s: the rest is listed at once, and the missing are named",
  async (era) => {
    const say = await ask[era]();
    const askedAt = performance.now();
    const { tools } = await say("tools/list");
    expect(performance.now() - askedAt).toBeLessThan(5_000);
    const names = tools.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => name.startsWith("okrs_")).length).toBeGreaterThan(0);
    expect(names.at(-1)).toBe("portal_list_servers");

    const { structuredContent, content } = await say("tools/call", { name: "portal_list_servers" });
    expect(performance.now() - askedAt).toBeLessThan(5_000);
    const servers = structuredContent.servers as Listed[];
    expect(servers).toMatchObject(missing);
    expect(servers.map(({ syncedAt }) => syncedAt !== undefined)).toEqual([false, false, true, true]);
    expect(content[0].text).toMatch(/^1 of 4 servers of the portal work are ready\.\n- dead: missing, /);
  },
);

test("a real client's check of the result against its schema passes", async () => {
  const requestInit = { headers: portal.headers };
  const old = new Client({ name: "v1", version: "1" });
  await old.connect(new StreamableHTTPClientTransport(new URL(portal.url), { requestInit }) as Transport);
  const young = new ModernClient({ name: "v2", version: "2" }, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  } as never);
  await young.connect(new ModernTransport(new URL(portal.url), { requestInit }));
  for (const client of [old, young]) {
    const { tools } = await client.listTools();
    expect(tools.at(-1)).toMatchObject({ name: "portal_list_servers", annotations: { readOnlyHint: true } });
    expect((await client.callTool({ name: "portal_list_servers" })).structuredContent).toMatchObject({
      servers: missing,
    });
    await client.close();
  }
});

test("the call is on record", async () => {
  const { items } = await house.api<{ items: { target?: string; outcome: string; server?: string }[] }>(
    "GET",
    "/calls?method=tools/call&limit=500",
  );
  const own = items.filter(({ target }) => target === "portal_list_servers");
  expect(own.length).toBe(4);
  expect(own.every(({ outcome, server }) => outcome === "ok" && server === undefined)).toBe(true);
});

/** Real clients in the cells that they can be in: asked, cancelled, told, without a line written for this gateway. */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import { everyCapability } from "../harness/callers/caller.ts";
import { openScene, watchers, type Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const name = { action: "accept" as const, content: { name: "Ada" } };
const word = { role: "assistant" as const, model: "m", content: { type: "text" as const, text: "hello" } };
const places = { roots: [{ uri: "file:///home" }] };
const info = { name: "sdk", version: "1" };

async function v1(server: Era): Promise<ClientV1 & AsyncDisposable> {
  const { url, token } = scene.door(server);
  const client = new ClientV1(info, { capabilities: everyCapability.legacy });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) =>
    params.mode === "url" ? { action: "accept" as const } : name,
  );
  client.setRequestHandler(CreateMessageRequestSchema, () => word);
  client.setRequestHandler(ListRootsRequestSchema, () => places);
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
  await client.connect(new HttpV1(new URL(url), { requestInit }) as Transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

async function v2(server: Era, mode: "auto" | "legacy"): Promise<ClientV2 & AsyncDisposable> {
  const { url, token } = scene.door(server);
  const client = new ClientV2(info, {
    versionNegotiation: { mode },
    capabilities: everyCapability.legacy,
  });
  client.setRequestHandler("elicitation/create", ({ params }) =>
    params.mode === "url" ? { action: "accept" as const } : name,
  );
  client.setRequestHandler("sampling/createMessage", () => word);
  client.setRequestHandler("roots/list", () => places);
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new HttpV2(new URL(url), { requestInit }));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

interface AnyClient extends AsyncDisposable {
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    ...rest: never[]
  ): Promise<{ structuredContent?: unknown; content?: unknown }>;
}

const clients: [string, (server: Era) => Promise<AnyClient>][] = [
  ["SDK 1.32", (server) => v1(server) as Promise<AnyClient>],
  ["SDK 2.4 legacy", (server) => v2(server, "legacy") as Promise<AnyClient>],
  ["SDK 2.4 auto", (server) => v2(server, "auto") as Promise<AnyClient>],
];

const tools: [tool: string, answers: object][] = [
  ["ask", { who: name }],
  ["ask_url", { sign_in: { action: "accept" } }],
  ["sample", { model: word }],
  ["roots", { places }],
  ["ask_twice", { who: name, age: name }],
  ["ask_both", { who: name, age: name }],
  ["ask_all", { who: name, model: word, places }],
];

describe.each(["legacy", "modern"] as const)("a %s server", (server) => {
  describe.each(clients)("%s", (_, open) => {
    test.each(tools)("%s", async (tool, answers) => {
      await using client = await open(server);
      const result = await client.callTool({ name: scene.name(server, tool), arguments: {} });
      expect(result.structuredContent).toEqual({ answers });
    });
  });

  test("SDK 1.32 cancels, and the server hears of it", async () => {
    await using client = await v1(server);
    const cancel = new AbortController();
    const key = `sdk-${server}`;
    const call = client.callTool({ name: scene.name(server, "slow"), arguments: { key } }, undefined, {
      signal: cancel.signal,
      onprogress: () => cancel.abort(),
    });
    await expect(call).rejects.toThrow("abort");
    await scene.servers[server].witness.whenCancelled(key);
  });

  test("SDK 2.4 cancels, and the server hears of it", async () => {
    await using client = await v2(server, "auto");
    const cancel = new AbortController();
    const key = `sdk-2-${server}`;
    const call = client.callTool(
      { name: scene.name(server, "slow"), arguments: { key } },
      { signal: cancel.signal, onprogress: () => cancel.abort() },
    );
    await expect(call).rejects.toThrow("abort");
    await scene.servers[server].witness.whenCancelled(key);
  });

  test("SDK 1.32 hears of what it subscribed to", async () => {
    await using client = await v1(server);
    const heard = Promise.withResolvers<string>();
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
      heard.resolve(params.uri),
    );
    await client.subscribeResource({ uri: "test://watched" });
    await expect.poll(() => watchers(scene.servers[server]), { timeout: 10_000 }).toBe(1);
    await client.callTool({ name: scene.name(server, "touch") });
    expect(await heard.promise).toBe("test://watched");
    await client.unsubscribeResource({ uri: "test://watched" });
    await expect.poll(() => watchers(scene.servers[server]), { timeout: 10_000 }).toBe(0);
  });

  test("SDK 2.4 hears of what it listens to", async () => {
    await using client = await v2(server, "auto");
    const heard = Promise.withResolvers<string>();
    client.setNotificationHandler("notifications/resources/updated", ({ params }) =>
      heard.resolve(params.uri),
    );
    const subscription = await client.listen({ resourceSubscriptions: ["test://watched"] });
    await expect.poll(() => watchers(scene.servers[server]), { timeout: 10_000 }).toBe(1);
    await client.callTool({ name: scene.name(server, "touch"), arguments: {} });
    expect(await heard.promise).toBe("test://watched");
    await subscription.close();
    await expect.poll(() => watchers(scene.servers[server]), { timeout: 10_000 }).toBe(0);
  });
});

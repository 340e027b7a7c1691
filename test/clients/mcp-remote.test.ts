/** `mcp-remote`: how clients that speak only stdio reach the portal, with a token in a header. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHouse, type TestHouse, type TestPortal } from "../harness/house.ts";
import { startEverything, startExample } from "../harness/upstreams.ts";
import { createBrowserCommand } from "../sign-in/clients/browser-command.ts";
import { makeHome, type Home } from "./run.ts";

const bridge = fileURLToPath(import.meta.resolve("mcp-remote/dist/proxy.js"));

let house: TestHouse;
let portal: TestPortal;
let home: Home;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await startTestHouse());
  home = opened.use(await makeHome());
  const [everything, invoices] = await Promise.all([startEverything(), startExample("invoices")]);
  for (const server of [everything, invoices]) opened.use(server);
  portal = await house.addPortal("work", { everything: everything.url, invoices: invoices.url });
});
afterAll(() => opened.disposeAsync());

function bridgeArgs(token: string): string[] {
  const transport = ["--allow-http", "--transport", "http-only"];
  return [portal.url, "--header", `Authorization: Bearer ${token}`, ...transport];
}

test("lists, calls, gets and reads, and ends its session when it leaves", async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bridge, ...bridgeArgs(portal.token)],
    env: home.env,
    stderr: "ignore",
  });
  const client = new Client({ name: "stdio-client", version: "1.0.0" });
  try {
    // The SDK's own transports do not fit its interface under `exactOptionalPropertyTypes`.
    await client.connect(transport as Transport);
    expect(client.getServerVersion()?.name).toBe("castellan");
    const { tools } = await client.listTools();
    const prefixes = new Set(tools.map(({ name }) => name.split("_", 1)[0]));
    expect([...prefixes]).toEqual(["everything", "invoices", "portal"]);

    expect(await client.callTool({ name: "everything_echo", arguments: { message: "hi" } })).toEqual({
      content: [{ type: "text", text: "Echo: hi" }],
    });
    expect(await client.getPrompt({ name: "everything_simple-prompt" })).toMatchObject({
      messages: [{ role: "user" }],
    });
    const { resources } = await client.listResources();
    const [resource] = resources;
    expect(await client.readResource({ uri: resource?.uri ?? "" })).toMatchObject({
      contents: [{ uri: resource?.uri }],
    });
    await expect(client.callTool({ name: "no_such_tool" })).rejects.toMatchObject({
      code: -32602,
      data: { code: "tool_unknown" },
    });
  } finally {
    await client.close();
  }
  const { items } = await house.api<{ items: { client: { name?: string }; method: string }[] }>(
    "GET",
    "/calls?portal=work&limit=500",
  );
  const names = items.filter(({ method }) => method === "tools/call").map(({ client: { name } }) => name);
  expect(names).toEqual([expect.stringMatching(/^stdio-client/), expect.stringMatching(/^stdio-client/)]);
});

test("with a wrong token it is told where its person signs in", async () => {
  await using browser = await createBrowserCommand();
  const child = spawn(process.execPath, [bridge, ...bridgeArgs("castellan_none")], {
    env: { ...home.env, ...browser.env },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  try {
    const { origin, pathname, searchParams } = await browser.next(AbortSignal.timeout(20_000));
    expect([origin + pathname, searchParams.get("resource")]).toEqual([
      `${house.url}/oauth/authorize`,
      portal.url,
    ]);
  } finally {
    child.kill();
    await ended;
  }
});

/** The real process, called by real clients of both protocol eras. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
let folder: string;
let service: Service;
let url: string;

interface Service extends AsyncDisposable {
  readonly url: string;
  /** Asks it to end and gives its exit code. */
  stop(): Promise<number | null>;
}

async function start(...args: string[]): Promise<Service> {
  const child = spawn(process.execPath, [main, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    exited.then(([code]) => {
      throw new Error(`It ended with ${code} before it was ready`);
    }),
  ]);
  return {
    url: String(line),
    async stop() {
      child.kill("SIGTERM");
      return (await exited)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function connect(era: "legacy" | "modern", to = url): Promise<Client & AsyncDisposable> {
  const client = new Client(
    { name: "check", version: "1" },
    { versionNegotiation: { mode: era === "legacy" ? "legacy" : { pin: "2026-07-28" } } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(to)));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** The answer's status to a request whose headers no fetch would send. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const call = request(new URL(path, url), { headers });
  call.end();
  const [response] = await once(call, "response");
  response.resume();
  return response.statusCode;
}

const order = {
  customer: { name: "Ada Byron", email: "ada@example.com" },
  currency: "EUR",
  lines: [{ description: "Engine hours", quantity: 3, unitPriceMinor: 9_550 }],
  dueOn: "2999-12-31",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "invoices-"));
  service = await start("--data", join(folder, "data.json"));
  url = service.url;
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.each(["legacy", "modern"] as const)("%s: an invoice lives from draft to paid", async (era) => {
  await using client = await connect(era);
  expect(client.getProtocolEra()).toBe(era);
  const created = await client.callTool({ name: "create_invoice", arguments: order });
  const { id } = (created.structuredContent as { invoice: { id: string } }).invoice;
  expect(created.content).toEqual([
    { type: "text", text: `Created ${id}, a draft over EUR 286.50 for Ada Byron.` },
  ]);

  const early = await client.callTool({ name: "pay_invoice", arguments: { id, reference: "T1" } });
  expect([early.isError, early.content]).toEqual([
    true,
    [{ type: "text", text: `Cannot pay ${id}: its status is draft. Send it first with send_invoice.` }],
  ]);

  await client.callTool({ name: "send_invoice", arguments: { id } });
  const reminded = await client.callTool({ name: "remind_invoice", arguments: { id } });
  expect(reminded.content).toEqual([
    { type: "text", text: `Reminded ada@example.com of EUR 286.50 on ${id} (reminder 1 of 3).` },
  ]);

  const letter = await client.getPrompt({ name: "dunning_letter", arguments: { id, tone: "firm" } });
  expect(letter.messages.map(({ content }) => content.type)).toEqual(["text", "resource"]);
  const completion = await client.complete({
    ref: { type: "ref/prompt", name: "dunning_letter" },
    argument: { name: "tone", value: "fi" },
  });
  expect(completion.completion.values).toEqual(["firm", "final"]);

  await client.callTool({ name: "pay_invoice", arguments: { id, reference: "T1" } });
  const { contents } = await client.readResource({ uri: `invoice://${id}` });
  expect(contents.map((content) => "text" in content && JSON.parse(content.text).status)).toEqual(["paid"]);
  const got = await client.callTool({ name: "get_invoice", arguments: { id } });
  expect(got.structuredContent).toMatchObject({
    owedMinor: 0,
    overdue: false,
    invoice: { paidMinor: 28_650 },
  });
});

test.each(["legacy", "modern"] as const)("%s: the definitions say what each tool does", async (era) => {
  await using client = await connect(era);
  const { tools } = await client.listTools();
  const hints = tools.map(({ name, annotations: a }) => [
    name,
    a?.readOnlyHint ? "read" : a?.destructiveHint ? "destructive" : "write",
    a?.idempotentHint ? "repeatable" : "once",
    a?.openWorldHint ? "open" : "closed",
  ]);
  expect(hints).toEqual([
    ["create_invoice", "write", "once", "closed"],
    ["send_invoice", "write", "repeatable", "open"],
    ["remind_invoice", "write", "once", "open"],
    ["pay_invoice", "write", "repeatable", "closed"],
    ["void_invoice", "destructive", "repeatable", "closed"],
    ["list_invoices", "read", "repeatable", "closed"],
    ["get_invoice", "read", "repeatable", "closed"],
  ]);
  for (const tool of tools)
    expect([tool.title, tool.icons?.length, tool.inputSchema.type, tool.outputSchema?.["type"]]).toEqual([
      expect.any(String),
      1,
      "object",
      "object",
    ]);
  expect(client.getInstructions()).toMatch(/^An invoice is a draft until it is sent/);
});

test("pages do not overlap, and a foreign cursor is refused", async () => {
  await using client = await connect("modern");
  const before = await client.callTool({ name: "list_invoices", arguments: { limit: 100 } });
  const known = (before.structuredContent as { invoices: unknown[] }).invoices.length;
  for (let i = 0; i < 5; i++) await client.callTool({ name: "create_invoice", arguments: order });
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.callTool({
      name: "list_invoices",
      arguments: { limit: 2, ...(cursor && { cursor }) },
    });
    const value = page.structuredContent as {
      invoices: { id: string }[];
      nextCursor?: string;
      total: number;
    };
    expect(value.total).toBe(known + 5);
    ids.push(...value.invoices.map(({ id }) => id));
    cursor = value.nextCursor;
  } while (cursor !== undefined);
  expect([ids.length, new Set(ids).size]).toEqual([known + 5, known + 5]);

  const refused = await client.callTool({ name: "list_invoices", arguments: { cursor: "abc" } });
  expect([refused.isError, refused.content]).toEqual([
    true,
    [
      {
        type: "text",
        text: "cursor is not one that list_invoices gave. Leave it out for the first page.",
      },
    ],
  ]);
});

test("a subscriber hears of a change to its invoice and of a new one", async () => {
  await using client = await connect("modern");
  const created = await client.callTool({ name: "create_invoice", arguments: order });
  const { id } = (created.structuredContent as { invoice: { id: string } }).invoice;
  const heard = new Promise<string>((resolve) => {
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => resolve(params.uri));
  });
  const grown = new Promise<void>((resolve) => {
    client.setNotificationHandler("notifications/resources/list_changed", () => resolve());
  });
  const subscription = await client.listen({
    resourcesListChanged: true,
    resourceSubscriptions: [`invoice://${id}`],
  });
  await client.callTool({ name: "send_invoice", arguments: { id } });
  await client.callTool({ name: "create_invoice", arguments: order });
  expect(await heard).toBe(`invoice://${id}`);
  await grown;
  await subscription.close();
});

test("an unknown resource and bad arguments get errors that name them", async () => {
  await using client = await connect("modern");
  await expect(client.readResource({ uri: "invoice://inv_9" })).rejects.toMatchObject({
    code: -32602,
    data: { uri: "invoice://inv_9" },
  });
  const bad = await client.callTool({
    name: "create_invoice",
    arguments: { ...order, currency: "EURO", colour: "red" },
  });
  expect(bad.isError).toBe(true);
  expect(JSON.stringify(bad.content)).toMatch(/currency.*colour/s);
});

test("a foreign Host or Origin is refused", async () => {
  expect(await statusOf("/health", {})).toBe(200);
  expect(await statusOf("/health", { host: "evil.example" })).toBe(403);
  expect(await statusOf("/mcp", { origin: "https://evil.example" })).toBe(403);
  expect(await statusOf("/mcp", { origin: "http://localhost:3000" })).toBe(405);
  expect(await statusOf("/", {})).toBe(404);
});

test("SIGTERM closes it while a subscription is open, and what was answered is there again", async () => {
  const file = join(folder, "kept.json");
  await using first = await start("--data", file);
  await using client = await connect("modern", first.url);
  await client.callTool({ name: "create_invoice", arguments: order });
  const subscription = await client.listen({ resourcesListChanged: true });
  expect(await first.stop()).toBe(0);
  expect(await subscription.closed).toBe("graceful");

  await using second = await start("--data", file);
  await using again = await connect("legacy", second.url);
  const { structuredContent } = await again.callTool({ name: "list_invoices", arguments: {} });
  expect(structuredContent).toMatchObject({ total: 1, invoices: [{ id: "inv_1001", status: "draft" }] });
  expect(await second.stop()).toBe(0);
});

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

const plan = {
  quarter: "2026-Q4",
  objectives: [
    { title: "Invoices are paid sooner", owner: "Finance", keyResults: [{ title: "Days", targetValue: 20 }] },
    { title: "Support answers at once", owner: "Support" },
    { title: "The site is quick", owner: "Web" },
  ],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "okrs-"));
  service = await start("--data", join(folder, "data.json"));
  url = service.url;
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.each(["legacy", "modern"] as const)("%s: an objective lives from plan to outcome", async (era) => {
  await using client = await connect(era);
  expect(client.getProtocolEra()).toBe(era);
  const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });
  const quarter = era === "legacy" ? "2031-Q1" : "2031-Q2";
  const created = await call("create_objective", { title: "Calm releases", owner: "Ada", quarter });
  const { id } = (created.structuredContent as { objective: { id: string } }).objective;

  const early = await call("close_objective", { id, outcome: "achieved" });
  expect([early.isError, early.content]).toEqual([
    true,
    [
      {
        type: "text",
        text: `${id} has no key results, so nothing shows that it was achieved. Add one, or close it as abandoned.`,
      },
    ],
  ]);

  await call("add_key_result", {
    objectiveId: id,
    title: "Rollbacks",
    startValue: 8,
    targetValue: 0,
  });
  const updated = await call("update_progress", {
    objectiveId: id,
    keyResultId: "kr_1",
    value: 2,
    confidence: "on_track",
  });
  expect(updated.content).toEqual([{ type: "text", text: `kr_1 is at 75 %, ${id} at 75 %.` }]);

  const { contents } = await client.readResource({ uri: `okr://quarters/${quarter}/report` });
  expect(contents).toMatchObject([
    {
      uri: `okr://quarters/${quarter}/report`,
      mimeType: "text/markdown",
      text: `# Objectives of ${quarter}\n\n- **Calm releases** (${id}, Ada): 75 %, on track\n`,
    },
  ]);
  const review = await client.getPrompt({ name: "weekly_review", arguments: { quarter } });
  expect(review.messages.map(({ content }) => content.type)).toEqual(["text", "resource"]);
  const owners = await client.complete({
    ref: { type: "ref/prompt", name: "weekly_review" },
    argument: { name: "owner", value: "a" },
    context: { arguments: { quarter } },
  });
  expect(owners.completion.values).toEqual(["Ada"]);

  await call("close_objective", { id, outcome: "achieved", lesson: "Smaller steps" });
  const listed = await call("list_objectives", { quarter, owner: "ada" });
  expect(listed.structuredContent).toMatchObject({
    total: 1,
    objectives: [{ id, status: "achieved", progress: 0.75, keyResultCount: 1 }],
  });

  const wrong = await call("delete_objective", { id, title: "calm releases" });
  expect([wrong.isError, wrong.content]).toEqual([
    true,
    [
      {
        type: "text",
        text: `The title of ${id} is "Calm releases". Repeat it letter for letter to delete it.`,
      },
    ],
  ]);
  const right = await call("delete_objective", { id, title: "Calm releases" });
  expect(right.structuredContent).toEqual({ deleted: id });
});

test.each(["legacy", "modern"] as const)("%s: an import tells how far it is", async (era) => {
  await using client = await connect(era);
  const heard: unknown[] = [];
  const { structuredContent } = await client.callTool(
    { name: "import_objectives", arguments: plan },
    { onprogress: (progress) => heard.push(progress) },
  );
  expect(structuredContent).toMatchObject({ skipped: 0, imported: [{ keyResultCount: 1 }, {}, {}] });
  expect(heard).toEqual([
    { progress: 1, total: 3, message: "Invoices are paid sooner" },
    { progress: 2, total: 3, message: "Support answers at once" },
    { progress: 3, total: 3, message: "The site is quick" },
  ]);
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
    ["create_objective", "write", "once", "closed"],
    ["add_key_result", "write", "once", "closed"],
    ["update_progress", "write", "once", "closed"],
    ["close_objective", "destructive", "repeatable", "closed"],
    ["delete_objective", "destructive", "repeatable", "closed"],
    ["import_objectives", "write", "once", "closed"],
    ["list_objectives", "read", "repeatable", "closed"],
    ["get_objective", "read", "repeatable", "closed"],
  ]);
  for (const tool of tools)
    expect([tool.title, tool.icons?.length, tool.inputSchema.type, tool.outputSchema?.["type"]]).toEqual([
      expect.any(String),
      1,
      "object",
      "object",
    ]);
  expect(client.getInstructions()).toMatch(/^An objective belongs to one quarter/);
});

test("a subscriber hears of a change to its quarter", async () => {
  await using client = await connect("modern");
  const heard = new Promise<string>((resolve) => {
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => resolve(params.uri));
  });
  const uri = "okr://quarters/2032-Q1/report";
  const subscription = await client.listen({ resourceSubscriptions: [uri] });
  await client.callTool({
    name: "create_objective",
    arguments: { title: "x", owner: "y", quarter: "2032-Q1" },
  });
  expect(await heard).toBe(uri);
  await subscription.close();
});

test("an unknown report and bad arguments get errors that name them", async () => {
  await using client = await connect("modern");
  await expect(client.readResource({ uri: "okr://objectives/obj_999/report" })).rejects.toMatchObject({
    code: -32602,
    data: { uri: "okr://objectives/obj_999/report" },
  });
  const bad = await client.callTool({
    name: "create_objective",
    arguments: { title: "x", owner: "y", quarter: "Q4" },
  });
  expect([bad.isError, JSON.stringify(bad.content)]).toEqual([true, expect.stringMatching(/quarter/)]);
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
  await client.callTool({ name: "import_objectives", arguments: plan });
  const subscription = await client.listen({ resourcesListChanged: true });
  expect(await first.stop()).toBe(0);
  expect(await subscription.closed).toBe("graceful");

  await using second = await start("--data", file);
  await using again = await connect("legacy", second.url);
  const { structuredContent } = await again.callTool({ name: "list_objectives", arguments: {} });
  expect(structuredContent).toMatchObject({ total: 3 });
  expect(await second.stop()).toBe(0);
});

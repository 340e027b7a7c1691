/**
 * Field lesson 20: elicitation, sampling, roots, tasks and pages of apps are relayed, in each cell in which both eras
 * have them, between real clients and servers of both eras in one portal. Each refusal and each odd answer is in
 * `test/eras`.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Era } from "../fixtures/exotic.ts";
import type { LivelyModernServer } from "../fixtures/lively/modern.ts";
import { cells, type LivelyServer, startLively } from "../harness/cells.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { startTestHouse, type TestPortal } from "../harness/house.ts";
import { everyFeature } from "../harness/registration.ts";
import { type Kind, kinds, said } from "./sdk.ts";

const opened = new AsyncDisposableStack();
let portal: TestPortal;
let servers: Readonly<Record<Era, LivelyServer>>;
const slugs = { legacy: "old", modern: "new" } as const;

beforeAll(async () => {
  const house = opened.use(await startTestHouse());
  servers = {
    legacy: opened.use(await startLively("legacy")),
    modern: opened.use(await startLively("modern")),
  };
  const free = { clientFeatures: everyFeature, uiHosts: ["*.example.com"] };
  portal = await house.addPortal("both", {
    old: { url: servers.legacy.url, ...free },
    new: { url: servers.modern.url, ...free },
  });
});
beforeEach(() => {
  for (const server of Object.values(servers)) server.recording.clear();
});
afterAll(() => opened.disposeAsync());

const questions: readonly (readonly [
  tool: string,
  what: string,
  answers: object,
  asked: readonly string[],
])[] = [
  ["ask", "elicitation by a form", { who: said.form }, ["elicitation/create"]],
  ["ask_url", "elicitation by a URL", { sign_in: said.url }, ["elicitation/create"]],
  ["sample", "sampling", { model: said.sampling }, ["sampling/createMessage"]],
  ["roots", "roots", { places: said.roots }, ["roots/list"]],
  [
    "ask_all",
    "all of them at once",
    { who: said.form, model: said.sampling, places: said.roots },
    ["elicitation/create", "roots/list", "sampling/createMessage"],
  ],
  [
    "ask_twice",
    "one after the other",
    { who: said.form, age: said.form },
    ["elicitation/create", "elicitation/create"],
  ],
];

const clients = cells.flatMap((cell) =>
  kinds.filter(({ era }) => era === cell.caller).map((kind) => ({ ...cell, ...kind })),
);

describe.each(clients)(
  "$cell: $kind, $server server",
  ({ caller, server, open }: (typeof clients)[number] & Kind) => {
    const prefix = slugs[server];

    test.each(questions)(
      "%s: %s reaches the person, and the answer the server",
      async (tool, _, answers, methods) => {
        await using client = await open(portal);
        const result = await client.callTool({ name: `${prefix}_${tool}`, arguments: {} });
        expect(result.structuredContent).toEqual({ answers });
        expect(client.asked.map(({ method }) => method).toSorted()).toEqual(methods);
      },
    );

    test("what is asked arrives as the server asked it", async () => {
      await using client = await open(portal);
      for (const tool of ["ask", "ask_url", "sample"])
        await client.callTool({ name: `${prefix}_${tool}`, arguments: {} });
      expect(client.asked.map(({ params }) => params as object)).toMatchObject([
        {
          message: "Who are you?",
          requestedSchema: { properties: { name: { type: "string" } }, required: ["name"] },
        },
        { mode: "url", message: "Sign in", url: "https://example.com/sign-in" },
        { messages: [{ role: "user", content: { type: "text", text: "Say hello" } }], maxTokens: 100 },
      ]);
      // A page has an id where the caller's era has one.
      if (caller === "legacy") expect(client.asked[1]?.params.elicitationId).toMatch(/./);
    });

    test("an app: its tool names the page, and the page the hosts that an admin allowed", async () => {
      await using client = await open(portal);
      const { tools } = await client.listTools();
      const show = tools.find(({ name }: { name: string }) => name === `${prefix}_show`);
      const page = show._meta.ui.resourceUri as string;
      expect(page).toMatch(/^(gw\+new:)?ui:\/\/lively\/view$/);
      const { resources } = await client.listResources();
      expect(resources.find(({ uri }: { uri: string }) => uri === page)).toMatchObject({
        mimeType: "text/html;profile=mcp-app",
      });
      servers[server].recording.clear();
      const { contents } = await client.readResource({ uri: page });
      expect(servers[server].recording.of("resources/read").length).toBe(1);
      expect(contents).toEqual([
        {
          uri: page,
          mimeType: "text/html;profile=mcp-app",
          text: "<!doctype html><p>lively</p>",
          _meta: {
            ui: {
              csp: {
                connectDomains: ["https://api.example.com"],
                resourceDomains: ["https://cdn.example.com"],
              },
              prefersBorder: true,
            },
          },
        },
      ]);
    });

    test("a tool that would make a task gives its result to whom tasks mean nothing", async () => {
      await using client = await open(portal);
      const { content } = await client.callTool({ name: `${prefix}_work`, arguments: {} });
      expect(content).toEqual([{ type: "text", text: "worked" }]);
    });
  },
);

describe("C2: modern caller, modern server", () => {
  test("a task is made, looked at, answered, told of and cancelled under one id", async () => {
    await using caller = new ModernCaller(portal);
    const modern = servers.modern as LivelyModernServer;
    const start = async (args: object = {}) =>
      (await caller.request("tools/call", { name: "new_work", arguments: args })).message.result as {
        resultType: string;
        taskId: string;
      };
    const get = async (taskId: string) => (await caller.request("tasks/get", { taskId })).message.result;
    const { resultType, taskId } = await start();
    expect(resultType).toBe("task");
    await caller.listen({ taskIds: [taskId] });
    expect(await get(taskId)).toMatchObject({ taskId, status: "working" });
    modern.tasks.finish(modern.tasks.ids.at(-1) ?? "");
    const told = await caller.inbox.when("notifications/tasks");
    expect(told.message["params"]).toMatchObject({ taskId, status: "completed" });
    expect(await get(taskId)).toMatchObject({
      status: "completed",
      result: { content: [{ text: "worked" }] },
    });

    const asking = await start({ ask: true });
    expect(await get(asking.taskId)).toMatchObject({
      inputRequests: { who: { method: "elicitation/create" } },
    });
    await caller.request("tasks/update", { taskId: asking.taskId, inputResponses: { who: said.form } });
    expect((await get(asking.taskId)).result.structuredContent).toEqual({ answers: { who: said.form } });

    const idle = await start();
    await caller.request("tasks/cancel", { taskId: idle.taskId });
    expect(await get(idle.taskId)).toMatchObject({ status: "cancelled" });
  });
});

/**
 * What an admin changes of a portal is felt at once: told within a second to who has a stream, read again by others
 * after a minute at the latest, and in force for the next call, whatever list its client still has.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Loose } from "../harness/callers/inbox.ts";
import { ModernCaller } from "../harness/callers/modern.ts";
import { openReal } from "../field-lessons/sdk.ts";
import { openListening, openScene, outcomes, told, type Scene } from "./scene.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const tool = (name: string) => ({ name, description: "own", inputSchema: { type: "object" } });
const stock = {
  tools: [tool("a"), tool("b")],
  prompts: [{ name: "p" }],
  resources: [{ uri: "doc://1", name: "1" }],
  resourceTemplates: [{ uriTemplate: "page://{n}", name: "n" }],
};

let made = 0;

describe.each(["legacy", "modern"] as const)("%s", (era) => {
  async function open() {
    const slug = `s${++made}`;
    const server = await scene.addServer(slug, era, stock);
    await scene.approveAll(slug);
    const door = await scene.addPortal(slug, [slug], { naming: "plain" });
    const caller = await openListening(era, door);
    const curate = (body: object) => scene.house.api("PATCH", `/portals/${slug}/servers/${slug}`, body);
    const tools = async () => {
      const { message } = await caller.request("tools/list");
      return ((message.result as Loose).tools as Loose[])
        .map(({ name, description }) => `${name}: ${description}`)
        .filter((line) => !line.startsWith("portal_"));
    };
    return { slug, server, door, caller, curate, tools };
  }

  test("switched off, called otherwise, described otherwise, turned into an allowlist", async () => {
    const { slug, door, caller, curate, tools, server } = await open();
    const steps: [body: object, listed: string[]][] = [
      [{ tools: { a: { enabled: false } } }, ["b: own"]],
      [{ tools: { b: { alias: "bee" } } }, ["bee: own"]],
      [{ tools: { b: { description: "the portal's" } } }, ["bee: the portal's"]],
      [{ mode: "allowlist", tools: { a: { enabled: true } } }, ["a: own"]],
      [{ mode: "all", tools: { a: null, b: null } }, ["a: own", "b: own"]],
    ];
    for (const [body, listed] of steps) {
      await told(caller, "tools", () => curate(body));
      expect(await tools()).toEqual(listed);
    }
    const rest: [
      list: "prompts" | "resources",
      body: object,
      kind: "prompt" | "resource" | "resource_template",
      name: string,
    ][] = [
      ["prompts", { prompts: { p: { enabled: false } } }, "prompt", "p"],
      ["resources", { resources: { "doc://1": { enabled: false } } }, "resource", "doc://1"],
      [
        "resources",
        { resourceTemplates: { "page://{n}": { enabled: false } } },
        "resource_template",
        "page://{n}",
      ],
    ];
    for (const [list, body, kind, name] of rest) {
      expect(new Set(await outcomes(caller, door, kind, name))).toEqual(new Set(["ok"]));
      await told(caller, list, () => curate(body));
      const asked = server.recording.requests.length;
      expect(await outcomes(caller, door, kind, name)).not.toContain("ok");
      expect(server.recording.requests.length).toBe(asked);
    }
    await told(caller, "tools", () => scene.house.api("DELETE", `/portals/${slug}/servers/${slug}`));
    expect(await tools()).toEqual([]);
  });

  test("a call is judged by the catalog of its moment, and not by the list that its client has", async () => {
    const { slug, door, caller, curate, server } = await open();
    await using client = await openReal(era, door);
    const held = (await client.listTools()).tools.map(({ name }: Loose) => name as string);
    expect(held).toContain("a");
    expect((await client.callTool({ name: "a", arguments: {} })).content[0].text).toBe("a");
    await told(caller, "tools", () => curate({ tools: { a: { alias: "b2" }, b: { enabled: false } } }));
    await expect(client.callTool({ name: "a", arguments: {} })).rejects.toThrow("Unknown tool: a");
    await expect(client.callTool({ name: "b", arguments: {} })).rejects.toThrow("Unknown tool: b");
    expect((await client.callTool({ name: "b2", arguments: {} })).content[0].text).toBe("a");
    // What a list names is what is called: a name that has another tool now leads to that one.
    await told(caller, "tools", () =>
      curate({ tools: { a: { alias: "x" }, b: { enabled: true, alias: "a" } } }),
    );
    expect((await client.callTool({ name: "a", arguments: {} })).content[0].text).toBe("b");
    const aimed = server.recording
      .of("tools/call")
      .map(({ message }) => (message as Loose).params.name as string);
    expect(aimed).toEqual(["a", "a", "b"]);
    const records = await scene.house.api<{ items: Loose[] }>("GET", `/calls?portal=${slug}&limit=50`);
    expect(records.items.filter(({ code }) => code === "tool_unknown").map(({ target }) => target)).toEqual([
      "b",
      "a",
    ]);
  });

  test("another naming, another title and other instructions take effect with the next request", async () => {
    const { slug, caller, tools } = await open();
    await told(caller, "tools", () =>
      scene.house.api("PATCH", `/portals/${slug}`, { naming: "prefixed", instructions: "Be brief" }),
    );
    expect(await tools()).toEqual([`${slug}_a: own`, `${slug}_b: own`]);
  });
});

test("who has no stream may keep what it has read for a minute and no longer", async () => {
  const slug = `s${++made}`;
  await scene.addServer(slug, "modern", stock);
  const caller = new ModernCaller(await scene.addPortal(slug, [slug]));
  const methods = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
  ];
  for (const method of methods) {
    const { message } = await caller.request(method);
    const { ttlMs, cacheScope } = message.result as Loose;
    expect([method, ttlMs >= 0 && ttlMs <= 60_000, cacheScope]).toEqual([method, true, "private"]);
  }
});

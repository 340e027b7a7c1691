/** The portals' own tools stand under their names, whatever servers call theirs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRawLegacy, type RawLegacyServer } from "../fixtures/raw-legacy.ts";
import { openLegacy, parsed, sayModern } from "./client.ts";
import { openPortals, type Portals } from "./open-portals.ts";

let house: Portals;
let server: RawLegacyServer;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  house = opened.use(await openPortals());
  const tools = ["portal_list_servers", "portal_more", "list_servers"].map((name) => ({
    name,
    inputSchema: { type: "object" },
  }));
  server = opened.use(
    await startRawLegacy({
      capabilities: '{"tools":{},"prompts":{}}',
      script: {
        "tools/list": () => JSON.stringify({ tools }),
        "prompts/list": () => '{"prompts":[{"name":"portal_prompt"}]}',
        "tools/call": (params: unknown) => JSON.stringify({ content: [], called: params }),
      },
    }),
  );
});
afterAll(() => opened.disposeAsync());

test.each([
  ["plain", "plain", ["plain_portal_list_servers", "plain_portal_more", "list_servers"], "portal_prompt"],
  [
    "prefixed",
    "prefixed",
    ["prefixed_portal_list_servers", "prefixed_portal_more", "prefixed_list_servers"],
    "prefixed_portal_prompt",
  ],
  [
    "portal",
    "prefixed",
    ["portal_portal_list_servers_c52e39fe", "portal_portal_more_f7808547", "portal_list_servers_e78f3ec2"],
    "portal_portal_prompt_a7eb86eb",
  ],
] as const)("a server %s, with %s names", async (slug, naming, names, prompt) => {
  await house.sync(slug, server.url);
  const door = await house.open(slug, [slug], naming);
  const client = await openLegacy(door);
  const namesIn = async (list: "tools" | "prompts") =>
    parsed(await client.call(`${list}/list`))["result"][list].map(({ name }: { name: string }) => name);
  expect(await namesIn("tools")).toEqual([...names, "portal_list_servers"]);
  expect(await namesIn("prompts")).toEqual([prompt]);

  const own = { structuredContent: { servers: [{ slug, status: "ready", tools: 3 }] } };
  server.recording.clear();
  expect(parsed(await client.call("tools/call", { name: "portal_list_servers" }))["result"]).toMatchObject(
    own,
  );
  const [heard] = await (await sayModern(door, "tools/call", { name: "portal_list_servers" })).all;
  expect(parsed(heard)["result"]).toMatchObject({ resultType: "complete", ...own });
  expect(server.recording.of("tools/call")).toEqual([]);
  const theirs = parsed(await client.call("tools/call", { name: names[0] }))["result"];
  expect(theirs.called).toEqual({ name: "portal_list_servers" });
  await client.end();
});

import { sql } from "@castellan/database";
import { parseSlug } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { faultOf, openInstallation, type TestInstallation } from "./testing.ts";

let house: TestInstallation;
beforeAll(async () => {
  house = await openInstallation();
});
beforeEach(() => house.empty());
afterAll(() => house[Symbol.asyncDispose]());

const block = {
  action: "block",
  description: "",
  at: {},
  include: [{ everyone: true }],
  require: [],
  exclude: [],
  stepUp: undefined,
  purpose: undefined,
  approval: undefined,
  startsAt: undefined,
  endsAt: undefined,
  isEnabled: true,
} as const;

const tool = (name: string) => ({
  kind: "tool" as const,
  name,
  publicName: `weather_${name}`,
  text: JSON.stringify({ name, description: "Wipes it", inputSchema: { type: "object" } }),
});

async function addServer(): Promise<void> {
  await house.servers.add({
    slug: parseSlug("weather", "slug"),
    title: "Weather",
    url: new URL("https://weather.example/mcp"),
    headers: {},
    allowPrivate: [],
    clientFeatures: [],
    autoAccept: ["tool"],
  });
}

async function sync(...names: string[]): Promise<void> {
  const { server } = (await house.servers.list())[0] ?? expect.fail("no server");
  await house.definitions.saveSync(server.id, {
    definitions: names.map(tool),
    skipped: [],
    latencyMs: 1,
    modern: undefined,
    legacy: undefined,
  });
}

test("a rule on a tool goes along when the server calls it otherwise, and its server cannot go", async () => {
  await addServer();
  await sync("wipe");
  await house.policies.add({ ...block, name: "no-wipes", at: { servers: ["weather"], tools: ["wipe"] } });
  await sync("erase");
  expect((await house.policies.get("no-wipes")).at).toEqual({ servers: ["weather"], tools: ["erase"] });
  const refused = await faultOf(house.servers.remove("weather"));
  expect([refused.code, refused.data]).toEqual(["rule_refers", { rules: ["no-wipes"] }]);
  await house.policies.remove("no-wipes");
  await house.servers.remove("weather");
});

test("a rule on a tool that the server does not offer is refused", async () => {
  await addServer();
  await sync("wipe");
  const refused = await faultOf(
    house.policies.add({ ...block, name: "no-wipes", at: { servers: ["weather"], tools: ["wype"] } }),
  );
  expect([refused.code, refused.field]).toEqual(["rule_without_effect", "at.tools[0]"]);
});

test("a rule goes along with another name of its group, whose removal it keeps", async () => {
  const group = await house.groups.add({ directory: "workforce", name: "Leads" });
  const { warnings } = await house.policies.add({
    ...block,
    action: "require_approval",
    approval: { deciders: { groups: ["Leads"] } },
    include: [{ group: "Leads" }],
    name: "ask",
  });
  expect(warnings).toEqual([
    'include[0].group: Nobody is in the group "Leads" now',
    'approval.deciders.groups[0]: Nobody is in the group "Leads" now',
  ]);
  await house.groups.change(group.id, { name: "Heads" });
  const { include, approval } = await house.policies.get("ask");
  expect([include, approval]).toEqual([[{ group: "Heads" }], { deciders: { groups: ["Heads"] } }]);
  expect((await faultOf(house.groups.remove(group.id))).code).toBe("rule_refers");
  await house.database.query(sql`delete from policy_rules`);
  await house.groups.remove(group.id);
});

test("portals and clients that rules name cannot go; the client of the house is always there", async () => {
  await house.portals.add({
    slug: parseSlug("main", "slug"),
    title: "Main",
    naming: "prefixed",
    servers: [],
  });
  const { client } = await house.clients.add(
    {
      name: "App",
      redirectUris: ["https://app.example/cb"],
      authMethod: "none",
      grantTypes: ["authorization_code"],
      scopes: [],
      mayIntrospect: false,
    },
    "test",
  );
  const { warnings } = await house.policies.add({
    ...block,
    name: "apps",
    at: { portals: ["main"] },
    include: [{ client: client.id }, { client: "castellan-cli" }],
  });
  expect(warnings).toEqual([]);
  expect((await faultOf(house.portals.remove("main"))).code).toBe("rule_refers");
  expect((await faultOf(house.clients.remove(client.id))).code).toBe("rule_refers");
});

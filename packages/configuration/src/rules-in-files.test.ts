/** Rules, evaluators and webhooks: as a document says, made after what they name, and gone before it. */
import { afterAll, beforeEach, expect, test } from "vitest";
import { documentJsonSchema } from "./document/json-schema.ts";
import { faultOf, openInstallation, plainly, toDocument } from "./testing.ts";
import { parseConfiguration } from "./text/parse.ts";
import { renderConfiguration } from "./text/render.ts";

const house = await openInstallation();
afterAll(() => house[Symbol.asyncDispose]());
beforeEach(() => house.empty());

const { configuration } = house;
const apply = (rest: object, how: Partial<typeof plainly> = {}) =>
  configuration.apply(toDocument(rest), { ...plainly, ...how });
const told = (changes: readonly { kind: string; action: string; slug: string }[]) =>
  changes.map(({ kind, action, slug }) => `${action} ${kind} ${slug}`);

const postures = { url: "https://posture.example/ask", keysUrl: "https://posture.example/keys" };
const everything = {
  groups: { workforce: { Leads: {} } },
  providers: {
    entra: { issuer: "https://login.example/v2.0", clientId: "castellan", keptClaims: ["department"] },
  },
  servers: { okrs: { url: "https://okrs.example/mcp" } },
  portals: { team: { servers: ["okrs"], access: [{ who: "everyone", classes: ["read", "write"] }] } },
  clients: { nightly: { authMethod: "client_secret_basic", grantTypes: ["client_credentials"] } },
  evaluators: { laptops: { ...postures, title: "Laptops", timeoutMs: 500, cacheSeconds: 0 } },
  webhooks: { chat: { url: "https://chat.example/hook", kinds: ["approval.asked"], isEnabled: false } },
  policies: {
    "ask-leads": {
      action: "require_approval",
      description: "Writes at night\nneed a lead",
      at: { portals: ["team"], servers: ["okrs"], classes: ["write"] },
      include: [{ group: "Leads" }, { claim: { provider: "entra", name: "department", equals: "R&D" } }],
      require: [{ posture: "laptops" }],
      exclude: [{ client: "nightly" }, { time: { from: "08:00", to: "18:00", zone: "Europe/Berlin" } }],
      stepUp: { withinSeconds: 600 },
      purpose: { holdsSeconds: 60 },
      approval: { deciders: { groups: ["Leads"] }, remindSeconds: 3600 },
      endsAt: "2100-01-01T00:00:00.000Z",
    },
    "no-abroad": { action: "block", include: [{ country: "ZZ" }, { ip: "192.0.2.0/24" }], isEnabled: false },
  },
};

test("an export makes the same installation again, and applied twice it changes nothing", async () => {
  const first = await apply(everything);
  expect(told(first.changes)).toEqual([
    "create group workforce Leads",
    "create provider entra",
    "create client nightly",
    "create evaluator laptops",
    "create webhook chat",
    "create policy ask-leads",
    "create policy no-abroad",
    "create server okrs",
    "create portal team",
  ]);
  const exported = await configuration.export("main");
  expect(exported).toMatchObject({ apiVersion: "castellan/v1", name: "main", ...everything });
  expect([exported.policies, exported.evaluators, exported.webhooks]).toEqual([
    everything.policies,
    everything.evaluators,
    everything.webhooks,
  ]);
  expect(await house.policies.get("ask-leads")).toMatchObject({ managedBy: "main", version: 1 });

  const { document } = parseConfiguration(renderConfiguration(exported), "main.yaml");
  await house.empty();
  await configuration.apply(document, plainly);
  expect(await configuration.export("main")).toEqual(exported);
  const again = await configuration.apply(document, { ...plainly, prune: true });
  expect(again.changes).toEqual([]);
});

test("one step may change a rule, make what it names now, and remove what it named before", async () => {
  await apply(everything);
  const { portals, evaluators: _, policies, ...rest } = everything;
  const rule = policies["ask-leads"];
  const changed = {
    ...rest,
    portals: { crew: { ...portals.team, hostname: "team.example.com" } },
    evaluators: { phones: postures },
    policies: {
      "ask-leads": {
        ...rule,
        at: { ...rule.at, portals: ["crew"] },
        require: [{ posture: "phones" }],
        purpose: undefined,
        endsAt: "2100-01-01T01:00:00+01:00",
      },
    },
  };
  const { changes } = await apply(changed, { prune: true });
  expect(told(changes)).toEqual([
    "create evaluator phones",
    "remove evaluator laptops",
    "update policy ask-leads",
    "remove policy no-abroad",
    "create portal crew",
    "remove portal team",
  ]);
  expect(changes.find(({ kind }) => kind === "policy")?.fields).toEqual([
    { path: "at.portals", before: ["team"], after: ["crew"] },
    { path: "require", before: [{ posture: "laptops" }], after: [{ posture: "phones" }] },
    { path: "purpose", before: { holdsSeconds: 60 } },
  ]);
  expect((await house.policies.list()).map(({ name, purpose }) => [name, purpose])).toEqual([
    ["ask-leads", undefined],
  ]);
});

test("a portal that goes leaves its host name to one that comes", async () => {
  const hostname = "team.example.com";
  await apply({ portals: { team: { hostname } } });
  await apply({ portals: { crew: { hostname } } }, { prune: true });
  expect((await house.portals.list()).map((portal) => [portal.slug, portal.hostname])).toEqual([
    ["crew", hostname],
  ]);
});

test("what a rule names cannot go while the rule stays, and nothing is done", async () => {
  await apply(everything);
  const { evaluators: _, ...rest } = everything;
  expect(await faultOf(apply(rest, { prune: true }))).toMatchObject({ code: "rule_refers" });
  expect((await house.evaluators.list()).map(({ slug }) => slug)).toEqual(["laptops"]);
});

test.each([
  [{ include: [{ group: "Nobody" }] }, "rule_without_effect", "policies.r.include[0].group"],
  [{ include: [{ ip: "10.0.0.1/8" }] }, "rule_without_effect", "policies.r.include[0]"],
  [{ include: [{ expression: "caller.nothing" }] }, "rule_without_effect", "policies.r.include[0]"],
])("a rule that cannot take effect is refused where it stands: %j", async (rule, code, field) => {
  const document = { policies: { r: { action: "block", ...rule } } };
  expect(await faultOf(apply(document))).toMatchObject({ code, field });
  expect(await house.policies.list()).toEqual([]);
});

test("a webhook is not told at an address that no admin allowed", async () => {
  const webhooks = { chat: { url: "https://10.0.0.1/hook" } };
  expect(await faultOf(configuration.plan(toDocument({ webhooks }), plainly))).toMatchObject({
    code: "outbound_refused",
    field: "webhooks.chat.url",
  });
  await apply({ webhooks: { chat: { url: "https://10.0.0.1/hook", allowPrivate: ["10.0.0.0/8"] } } });
  expect(await house.webhooks.get("chat")).toMatchObject({ allowPrivate: ["10.0.0.0/8"] });
});

test("a secret outlives what a document says of its webhook", async () => {
  await apply({ webhooks: everything.webhooks });
  const { secret } = await house.webhooks.rotateSecret("chat", 0);
  await apply({ webhooks: { chat: { url: "https://chat.example/other" } } });
  expect((await house.webhooks.rotateSecret("chat", 0)).secret).not.toBe(secret);
  expect(JSON.stringify(await configuration.export("main"))).not.toContain("whsec_");
});

test("editors know rules by the schema", () => {
  const { properties } = documentJsonSchema() as { properties: Record<string, object> };
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(["policies", "evaluators", "webhooks"]));
  expect(JSON.stringify(properties["policies"])).toMatch(/require_approval/);
});

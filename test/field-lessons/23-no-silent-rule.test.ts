/**
 * Field lesson 23, of rules: what could never do anything, or not what it says, is refused when it is saved, naming the field:
 * through the API and in a configuration file. Nothing is saved then.
 */
import { createDocument, routes } from "@castellan/api";
import { createId, type IdKind } from "@castellan/kernel";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Loose } from "../harness/callers/inbox.ts";
import { openRulesWorld, type RulesWorld } from "./rules-world.ts";

const opened = new AsyncDisposableStack();
let world: RulesWorld;

beforeAll(async () => {
  world = opened.use(await openRulesWorld());
});
afterAll(() => opened.disposeAsync());

const everyone = { everyone: true };
const hours = (from: string, to: string, more: object = {}) => ({
  time: { from, to, zone: "Europe/Berlin", ...more },
});
const asks = (approval: object) => ({ action: "require_approval", approval });
const ofLeads = { deciders: { groups: ["Leads"] } };

/** A rule that blocks everybody, but for what it says otherwise; the field that is named; undefined takes a member away. */
type Refused = readonly [said: object, field: string];

/** What is no rule at all. */
const shapeless: readonly Refused[] = [
  [{ action: "permit" }, "action"],
  [{ action: undefined }, "action"],
  [{ effect: "deny" }, "effect"],
  [{ priority: 1 }, "priority"],
  [{ enabled: false }, "enabled"],
  [{ isEnabled: "no" }, "isEnabled"],
  [{ include: undefined }, "include"],
  [{ include: everyone }, "include"],
  [{ include: [{}] }, "include[0]"],
  [{ include: [{ everyone: true, email: "ann@example.com" }] }, "include[0]"],
  [{ include: [{ role: "admin" }] }, "include[0].role"],
  [{ include: [{ everyone: false }] }, "include[0].everyone"],
  [{ include: [everyone, { public: false }] }, "include[1].public"],
  [{ require: [{ ip: 10 }] }, "require[0].ip"],
  [{ require: [{ country: "Germany" }] }, "require[0].country"],
  [{ require: [{ certificate: "any" }] }, "require[0].certificate"],
  [{ require: [hours("09:00", "10:00", { day: "mon" })] }, "require[0].time.day"],
  [{ require: [hours("09:00", "10:00", { days: [] })] }, "require[0].time.days"],
  [{ require: [hours("09:00", "10:00", { days: ["monday"] })] }, "require[0].time.days[0]"],
  [{ exclude: [{ claim: { provider: "corp", name: "roles", value: "x" } }] }, "exclude[0].claim.value"],
  [{ exclude: [{ posture: "No Slug" }] }, "exclude[0].posture"],
  [{ excludes: [everyone] }, "excludes"],
  [{ at: { portal: "main" } }, "at.portal"],
  [{ at: { portals: [] } }, "at.portals"],
  [{ at: { classes: ["delete"] } }, "at.classes[0]"],
  [{ at: { servers: ["desk"], tools: ["look", "look"] } }, "at.tools"],
  [{ stepUp: {} }, "stepUp.withinSeconds"],
  [{ stepUp: { withinSeconds: 1 } }, "stepUp.withinSeconds"],
  [{ stepUp: { withinSeconds: 60, method: "mfa" } }, "stepUp.method"],
  [{ stepUp: { withinSeconds: 60, methods: [] } }, "stepUp.methods"],
  [{ purpose: { holds: 1 } }, "purpose.holds"],
  [{ purpose: { holdsSeconds: -1 } }, "purpose.holdsSeconds"],
  [asks({ approvers: ["Leads"] }), "approval.approvers"],
  [asks({ deciders: { group: "Leads" } }), "approval.deciders.group"],
  [asks({ deciders: { groups: [] } }), "approval.deciders.groups"],
  [asks({ ...ofLeads, expiresSeconds: 1 }), "approval.expiresSeconds"],
  [asks({ ...ofLeads, holdsSeconds: 10 ** 9 }), "approval.holdsSeconds"],
  [{ startsAt: "2100-01-01" }, "startsAt"],
  [{ endsAt: "tomorrow" }, "endsAt"],
];

/** What is a rule, and could never do anything, or not what it says. */
const idle: readonly Refused[] = [
  [{ include: [] }, "include"],
  [{ exclude: [everyone] }, "exclude[0].everyone"],
  [{ include: [{ email: "ann" }] }, "include[0].email"],
  [{ include: [{ emailDomain: "@example.com" }] }, "include[0].emailDomain"],
  [{ include: [{ emailDomain: "*.example.com" }] }, "include[0].emailDomain"],
  [{ include: [{ group: "Nobody's" }] }, "include[0].group"],
  [{ at: { portals: ["main"] }, include: [{ group: "Buyers" }] }, "include[0].group"],
  [{ at: { portals: ["main"] }, include: [{ email: "cyd@customer.example" }] }, "include[0].email"],
  [{ include: [{ loginMethod: "google" }] }, "include[0].loginMethod"],
  [{ include: [{ claim: { provider: "corp", name: "team", equals: "x" } }] }, "include[0].claim.name"],
  [{ include: [{ claim: { provider: "gone", name: "roles", equals: "x" } }] }, "include[0].claim"],
  [{ include: [{ serviceToken: "nightly" }] }, "include[0].serviceToken"],
  [{ include: [{ client: createId("client") }] }, "include[0].client"],
  [{ include: [{ posture: "laptops" }] }, "include[0].posture"],
  [{ include: [{ certificate: "valid" }] }, "include[0].certificate"],
  [{ include: [{ ip: "10.0.0.1/8" }] }, "include[0].ip"],
  [{ include: [{ ip: "10.0.0.*" }] }, "include[0].ip"],
  [{ include: [{ ip: "mcp.example.com" }] }, "include[0].ip"],
  [{ include: [{ country: "UK" }] }, "include[0].country"],
  [{ include: [hours("9:00", "10:00")] }, "include[0].time"],
  [{ include: [hours("09:00", "09:00")] }, "include[0].time"],
  [{ include: [hours("09:00", "10:00", { zone: "Berlin" })] }, "include[0].time"],
  [{ exclude: [{ time: { from: "00:00", to: "24:00", zone: "UTC" } }] }, "exclude[0].time"],
  [{ exclude: [{ ip: "0.0.0.0/0" }, { ip: "::/0" }] }, "exclude"],
  [{ include: [{ expression: "caller.role == 'admin'" }] }, "include[0].expression"],
  [{ include: [{ expression: "call.arguments.amount +" }] }, "include[0].expression"],
  [{ include: [{ expression: "caller.email" }] }, "include[0].expression"],
  [{ include: [{ expression: "true" }] }, "include[0].expression"],
  [{ require: [{ email: "ann@example.com" }, { email: "bob@example.com" }] }, "require[1].email"],
  [{ require: [{ email: "ann@example.com" }, { emailDomain: "other.example" }] }, "require[1].emailDomain"],
  [{ require: [{ serviceToken: "any" }, { group: "Leads" }] }, "require[1].group"],
  [{ require: [{ ip: "10.0.0.0/8" }, { ip: "192.168.0.0/16" }] }, "require[1].ip"],
  [{ require: [{ country: "DE" }, { country: "FR" }] }, "require[1].country"],
  [{ require: [{ ip: "10.1.0.0/16" }], exclude: [{ ip: "10.0.0.0/8" }] }, "exclude[0].ip"],
  [{ include: [{ group: "Leads" }], exclude: [{ group: "Leads" }] }, "include[0].group"],
  [{ include: [{ public: true }], require: [{ loginMethod: "local" }] }, "include[0].public"],
  [{ at: { portals: ["gone"] } }, "at.portals[0]"],
  [{ at: { servers: ["gone"] } }, "at.servers[0]"],
  [{ at: { portals: ["shop"], servers: ["desk"] } }, "at.servers[0]"],
  [{ at: { tools: ["look"] } }, "at.tools"],
  [{ at: { servers: ["desk", "wiki"], tools: ["look"] } }, "at.tools"],
  [{ at: { servers: ["desk"], tools: ["desk_look"] } }, "at.tools[0]"],
  [{ at: { servers: ["desk"], tools: ["look"], classes: ["write"] } }, "at.tools[0]"],
  [{ stepUp: { withinSeconds: 60 } }, "stepUp"],
  [{ purpose: {} }, "purpose"],
  [{ approval: ofLeads }, "approval"],
  [{ action: "allow", approval: ofLeads }, "approval"],
  [{ action: "require_approval" }, "approval"],
  [asks({ deciders: {} }), "approval.deciders"],
  [asks({ deciders: { self: false } }), "approval.deciders"],
  [asks({ deciders: { groups: ["Buyers"] } }), "approval.deciders.groups[0]"],
  [asks({ deciders: { people: ["nobody@example.com"] } }), "approval.deciders.people"],
  [asks({ ...ofLeads, expiresSeconds: 60, remindSeconds: 60 }), "approval.remindSeconds"],
  [
    { ...asks({ deciders: { people: ["ann@example.com"] } }), include: [{ email: "ann@example.com" }] },
    "approval.deciders",
  ],
  [{ ...asks({ deciders: { self: true } }), include: [{ serviceToken: "any" }] }, "approval.deciders"],
  [{ action: "allow", include: [{ serviceToken: "any" }], stepUp: { withinSeconds: 60 } }, "stepUp"],
  [{ action: "allow", include: [{ public: true }], purpose: {} }, "purpose"],
  [{ startsAt: "2100-01-02T00:00:00Z", endsAt: "2100-01-01T00:00:00Z" }, "endsAt"],
  [{ endsAt: "2020-01-01T00:00:00Z" }, "endsAt"],
];

const rule = (said: object) => ({ action: "block", include: [everyone], ...said });
const fieldsIn = ({ field, problems = [] }: Loose): string[] => [
  ...(field === undefined ? [] : [field]),
  ...problems.map((one: { field: string }) => one.field),
];

async function expectNoRules(): Promise<void> {
  expect((await world.house.api<Loose>("GET", "/policies")).items).toEqual([]);
}

describe.each([
  ["is no rule", shapeless, 400, "invalid_input"],
  ["could never do anything", idle, 422, "rule_without_effect"],
] as const)("what %s", (_, refused, status, code) => {
  afterEach(expectNoRules);

  test.each(refused)("%j: %s, in the API", async (said, field) => {
    const answer = await world.send("POST", "/policies", { name: "r", ...rule(said) });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(fieldsIn(answer)).toContain(field);
    // Nor can somebody try it out as if it did something.
    const put = [{ name: "r", ...rule(said) }];
    expect(await world.send("POST", "/policy/simulate", { put })).toMatchObject({ status, code });
  });

  test.each(refused)("%j: %s, in a file", async (said, field) => {
    const document = { apiVersion: "castellan/v1", name: "main", policies: { r: rule(said) } };
    const answer = await world.send("POST", "/config/apply", { document });
    expect([answer.status, answer.code]).toEqual([status, code]);
    const place = `policies.r.${field.replace(/(\])\.\w+$/, "$1")}`;
    expect(fieldsIn(answer).filter((one) => one.includes(place))).not.toEqual([]);
  });
});

test("a rule that is changed is held to the same, and stays as it was", async () => {
  await world.house.api("POST", "/policies", { name: "r", ...rule({}) });
  const before = await world.house.api<Loose>("GET", "/policies/r");
  for (const [said, field] of idle) {
    // Null takes away what a change can take away; the rest of it stays a block of everybody.
    const answer = await world.send("PATCH", "/policies/r", { ...rule({}), ...said });
    expect([said, answer.status, answer.code]).toEqual([said, 422, "rule_without_effect"]);
    expect([said, fieldsIn(answer)]).toEqual([said, expect.arrayContaining([field])]);
  }
  expect(await world.house.api("GET", "/policies/r")).toEqual(before);
  await world.house.api("DELETE", "/policies/r");
});

test("a rule that is off may wait for what is not there, and says so; it cannot be switched on", async () => {
  const said = { isEnabled: false, include: [{ group: "Nobody's" }] };
  const saved = await world.house.api<Loose>("POST", "/policies", { name: "r", ...rule(said) });
  expect(saved.warnings).toEqual([expect.stringMatching(/^include\[0\]\.group: .*"Nobody's"/)]);
  const answer = await world.send("PATCH", "/policies/r", { isEnabled: true });
  expect([answer.status, answer.field]).toEqual([422, "include[0].group"]);
  await world.house.api("DELETE", "/policies/r");
});

const url = "https://there.example/";

test.each([
  [{ evaluators: { e: { title: "E", url, keysUrl: url, cacheSecond: 1 } } }, "evaluators.e.cacheSecond"],
  [{ evaluators: { e: { title: "E", url, keysUrl: url, timeoutMs: 0 } } }, "evaluators.e.timeoutMs"],
  [{ webhooks: { w: { url, kind: [] } } }, "webhooks.w.kind"],
  [{ webhooks: { w: { url, kinds: ["approval.done"] } } }, "webhooks.w.kinds[0]"],
  [{ policy: {} }, "policy"],
])("%j in a file: %s", async (said, field) => {
  const document = { apiVersion: "castellan/v1", name: "main", ...said };
  for (const path of ["/config/plan", "/config/apply"]) {
    const answer = await world.send("POST", path, { document });
    expect([answer.status, fieldsIn(answer)]).toEqual([400, expect.arrayContaining([`document.${field}`])]);
  }
});

const about = /^\/(policies|policy|evaluators|approvals|webhooks|notices)\b/;

/** Every object in the body of an operation, by its path: `put[0].include[0].time`. */
function objectsIn(operationId: string): string[] {
  const { paths, components } = createDocument(routes, "0.0.0");
  const found = new Set<string>();
  const walk = (at: string, schema: Loose, above: readonly unknown[]): void => {
    if (typeof schema !== "object" || schema === null || above.includes(schema)) return;
    const inside = [...above, schema];
    if (typeof schema.$ref === "string")
      return walk(at, components.schemas[schema.$ref.split("/").at(-1)], inside);
    if (schema.properties !== undefined) found.add(at);
    for (const [name, value] of Object.entries(schema.properties ?? {}))
      walk(at === "" ? name : `${at}.${name}`, value, inside);
    for (const one of [schema.anyOf, schema.oneOf, schema.allOf].flat()) walk(at, one, inside);
    walk(`${at}[0]`, schema.items, inside);
  };
  for (const operations of Object.values(paths))
    for (const operation of Object.values(operations))
      if (operation.operationId === operationId)
        walk("", operation.requestBody?.content["application/json"]?.schema, []);
  return [...found];
}

/** A body with a member that is not known in the object at that path, and nothing else. */
function bodyAt(path: string): object {
  const steps = path === "" ? [] : path.split(/\.|(?=\[)/);
  return steps.reduceRight<object>((inner, step) => (step === "[0]" ? [inner] : { [step]: inner }), {
    colour: "red",
  });
}

const idKinds: Readonly<Record<string, IdKind>> = { "/approvals/{id}": "approval" };

describe.each(
  routes
    .filter(({ path, body }) => about.test(path) && body !== undefined)
    .map((route) => [route.id, route] as const),
)("%s", (operationId, { method, path }) => {
  const [, kind] = Object.entries(idKinds).find(([start]) => path.startsWith(start)) ?? [];
  const at = path.replaceAll(/\{\w+\}/g, kind === undefined ? "a" : createId(kind));

  test.each(objectsIn(operationId))("a member that %j does not have", async (object) => {
    const answer = await world.send(method, at, bodyAt(object));
    expect([answer.status, answer.code]).toEqual([400, "invalid_input"]);
    // Where an object is one of several things that may stand there, that place is named.
    const named = object === "" ? ["colour"] : [`${object}.colour`, object];
    expect(fieldsIn(answer).some((field) => named.includes(field))).toBe(true);
  });
});

import type { CallRecord } from "@castellan/audit";
import { sql } from "@castellan/database";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestApi, startTestUpstream, type TestApi, type TestUpstream } from "../testing.ts";
import { createClient, type Client } from "../testing/client.ts";

let house: TestApi;
let upstream: TestUpstream;
let admin: Client;
const ids = new Map<string, string>();

beforeAll(async () => {
  house = await createTestApi();
  upstream = await startTestUpstream();
  admin = createClient(house.app, await house.createToken({}));
  await admin("POST", "/servers", { slug: "weather", url: upstream.url, allowPrivate: ["127.0.0.1"] });
  await admin("POST", "/servers/weather/sync");
  for (const name of ["ann", "bob"]) {
    const { body } = await admin("POST", "/users", { email: `${name}@example.com`, name });
    ids.set(name, (body as { id: string }).id);
  }
  await admin("POST", "/portals", {
    slug: "main",
    servers: ["weather"],
    access: [
      { who: "everyone", classes: ["read"] },
      { who: "user:ann@example.com", classes: ["read", "write", "destructive"] },
    ],
  });
});
beforeEach(() => house.database.query(sql`truncate policy_rules`));
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const office = {
  name: "office-only",
  action: "block",
  at: { portals: ["main"], classes: ["write", "destructive"] },
  include: [{ everyone: true }],
  exclude: [{ ip: "192.0.2.0/24" }],
};

const time = expect.any(String) as string;

test("a rule is made, changed and removed; one spelling for what has several", async () => {
  const made = await admin("POST", "/policies", {
    name: "ann-abroad",
    action: "require_approval",
    include: [{ email: "Ann@Example.com" }],
    exclude: [{ country: "de" }],
    approval: { deciders: { people: ["BOB@example.com"] } },
    purpose: {},
    endsAt: "2100-01-01T01:00:00+01:00",
  });
  const shown = {
    name: "ann-abroad",
    action: "require_approval",
    description: "",
    at: {},
    level: "portal",
    include: [{ email: "ann@example.com" }],
    require: [],
    exclude: [{ country: "DE" }],
    purpose: { holdsSeconds: 0 },
    approval: { deciders: { people: ["bob@example.com"] } },
    endsAt: "2100-01-01T00:00:00.000Z",
    isEnabled: true,
    version: 1,
    createdAt: time,
    updatedAt: time,
  };
  const warnings = [
    "approval.deciders: Nobody decides what bob@example.com asks for: a second person, or a group, could",
  ];
  expect([made.status, made.headers.get("etag"), made.body]).toEqual([201, '"1"', { ...shown, warnings }]);
  expect((await admin("GET", "/policies/ann-abroad")).body).toEqual(shown);
  const changed = await admin("PATCH", "/policies/ann-abroad", {
    isEnabled: false,
    endsAt: null,
    at: { servers: ["weather"] },
  });
  const { endsAt: _, ...rest } = shown;
  expect(changed.body).toEqual({
    ...rest,
    warnings,
    at: { servers: ["weather"] },
    level: "server",
    isEnabled: false,
    version: 2,
  });
  expect((await admin("GET", "/policies", undefined)).body).toMatchObject({
    items: [{ name: "ann-abroad" }],
  });
  expect((await admin("DELETE", "/policies/ann-abroad")).status).toBe(204);
  expect((await admin("GET", "/policies")).body).toEqual({ items: [] });
});

test.each([
  [{ include: [{ everyone: true, email: "a@b.c" }] }, "include[0]"],
  [{ include: [{}] }, "include[0]"],
  [{ include: [{ colour: "red" }] }, "include[0].colour"],
  [{ include: [{ country: "DEU" }] }, "include[0].country"],
  [{ at: { portals: [] } }, "at.portals"],
  [{ at: { classes: ["read", "read"] } }, "at.classes"],
  [{ stepUp: { withinSeconds: 0 } }, "stepUp.withinSeconds"],
  [{ startsAt: "tomorrow" }, "startsAt"],
])("what is not written as a rule is refused: %j", async (part, field) => {
  const { status, body } = await admin("POST", "/policies", { ...office, ...part });
  expect([status, body]).toMatchObject([400, { code: "invalid_input", field }]);
});

test("what rules name cannot be removed before they are", async () => {
  await admin("POST", "/policies", office);
  const { status, body } = await admin("DELETE", "/portals/main");
  expect([status, body]).toMatchObject([409, { code: "rule_refers", rules: ["office-only"] }]);
  expect((await admin("GET", "/portals/main")).status).toBe(200);
});

test("it is explained that a program cannot do what rules want of people", async () => {
  const wanting = {
    name: "why",
    action: "allow",
    include: [{ everyone: true }],
    purpose: { holdsSeconds: 0 },
  };
  await admin("POST", "/policies", wanting);
  const ask = async (caller: object) => {
    const call = { portal: "main", server: "weather", tool: "forecast", class: "read" };
    const { body } = await admin("POST", "/policy/explain", { caller, call });
    const { outcome, isForPeople } = body as { outcome: string; isForPeople: boolean };
    return { outcome, isForPeople };
  };
  expect(await ask({ user: "ann@example.com" })).toEqual({ outcome: "ask", isForPeople: false });
  expect(await ask({ public: true })).toEqual({ outcome: "ask", isForPeople: true });
});

test("it is explained who would be let do what, from where, and by which rules", async () => {
  await admin("POST", "/policies", office);
  const ask = async (user: string, address: string, toolClass?: string) => {
    const { body } = await admin("POST", "/policy/explain", {
      caller: { user },
      connection: { address },
      call: {
        portal: "main",
        server: "weather",
        tool: "forecast",
        ...(toolClass !== undefined && { class: toolClass }),
      },
    });
    return body as {
      isLetThrough: boolean;
      isGranted: boolean;
      outcome: string;
      rules: object[];
      looksAt: object;
    };
  };
  const outside = await ask("Ann@example.com", "198.51.100.7", "write");
  expect(outside).toMatchObject({
    isLetThrough: false,
    isGranted: true,
    outcome: "deny",
    demands: [],
    elsewhere: 0,
    rules: [
      {
        name: "office-only",
        action: "block",
        level: "use",
        state: "in_force",
        fits: "yes",
        effect: "blocks",
      },
    ],
    looksAt: {
      kind: "user",
      email: "ann@example.com",
      address: "198.51.100.7",
      country: "ZZ",
      class: "write",
    },
  });
  const inside = await ask(ids.get("ann") ?? "", "192.0.2.9", "write");
  expect(inside).toMatchObject({ isLetThrough: true, isGranted: true, outcome: "allow" });
  // Rules only take away: what the portal gives nobody, no rule gives.
  expect(await ask("bob@example.com", "192.0.2.9", "write")).toMatchObject({
    isLetThrough: false,
    isGranted: false,
    outcome: "allow",
  });
  expect(await ask("nobody@example.com", "192.0.2.9")).toMatchObject({
    code: "invalid_input",
    field: "caller.user",
  });
});

test("what recorded calls would have come to is told by whose and of what", async () => {
  const record = (over: Partial<CallRecord>) =>
    house.audit.append({
      id: createId("call"),
      startedAtMs: Date.UTC(2026, 6, 1),
      durationMs: 1,
      requestId: "req_1",
      replica: "rep_1",
      portal: "main",
      server: "weather",
      era: "modern",
      method: "tools/call",
      target: "weather_forecast",
      name: "forecast",
      class: "write",
      principalKind: "user",
      principalId: ids.get("ann") ?? "",
      principalName: "ann",
      clientAddress: "198.51.100.7",
      outcome: "ok",
      bytesIn: 1,
      bytesOut: 1,
      ...over,
    });
  for (let at = 0; at < 3; at++) await record({ startedAtMs: Date.UTC(2026, 6, 1 + at) });
  await record({ clientAddress: "192.0.2.4" });
  await record({ class: "read" });
  await record({ principalId: createId("user") });
  await record({ server: undefined, class: undefined, method: "tools/list" });
  const simulate = async (body: object) => (await admin("POST", "/policy/simulate", body)).body;
  const group = {
    caller: { kind: "user", id: ids.get("ann"), name: "ann" },
    portal: "main",
    server: "weather",
    tool: "forecast",
    method: "tools/call",
    before: "allow",
    after: "deny",
    rulesBefore: [],
    rulesAfter: ["office-only"],
    calls: 3,
    unsure: 0,
    firstAt: "2026-07-01T00:00:00.000Z",
    lastAt: "2026-07-03T00:00:00.000Z",
  };
  expect(await simulate({ put: [office] })).toEqual({
    calls: 5,
    skipped: 2,
    isCut: false,
    before: { allow: 5, ask: 0, deny: 0 },
    after: { allow: 2, ask: 0, deny: 3 },
    changed: 3,
    unsure: 0,
    groups: [group],
    notGrouped: 0,
    warnings: [],
  });
  expect((await admin("GET", "/policies")).body).toEqual({ items: [] });
  await admin("POST", "/policies", office);
  expect(await simulate({ remove: ["office-only"], maxCalls: 1 })).toMatchObject({
    calls: 1,
    isCut: true,
    changed: 1,
    groups: [{ before: "deny", after: "allow", rulesBefore: ["office-only"], rulesAfter: [] }],
  });
  expect(await simulate({ remove: ["no-rule"] })).toMatchObject({
    code: "invalid_input",
    field: "remove[0]",
  });
});

test("a rule that cannot be applied any more says so wherever it is shown, and is explained", async () => {
  await admin("POST", "/policies", { ...office, exclude: [{ expression: 'caller.email == "ann"' }] });
  expect((await admin("GET", "/policies/office-only")).body).not.toHaveProperty("unusable");
  await house.database.query(sql`update policy_rules set exclude = '[{"expression": "was.fine("}]'`);
  const unusable = [{ field: "exclude[0]", reason: expect.stringMatching(/./) as string }];
  expect((await admin("GET", "/policies/office-only")).body).toMatchObject({ unusable });
  expect((await admin("GET", "/policies")).body).toMatchObject({ items: [{ unusable }] });
  const { body } = await admin("POST", "/policy/explain", {
    caller: { user: "ann@example.com" },
    call: { portal: "main", server: "weather", class: "write" },
  });
  expect(body).toMatchObject({
    outcome: "deny",
    rules: [{ fits: "unknown", effect: "blocks", selectors: [{ fits: "yes" }, { fits: "unknown" }] }],
  });
  expect((await admin("PATCH", "/policies/office-only", { exclude: [] })).body).not.toHaveProperty(
    "unusable",
  );
});

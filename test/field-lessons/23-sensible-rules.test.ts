/** Field lesson 23, the other way about: what somebody may well want is taken as a rule, and does that and no more. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Loose } from "../harness/callers/inbox.ts";
import { openRulesWorld, type RulesWorld } from "./rules-world.ts";

const opened = new AsyncDisposableStack();
let world: RulesWorld;

beforeAll(async () => {
  world = opened.use(await openRulesWorld());
});
afterAll(() => opened.disposeAsync());
afterEach(async () => {
  for (const { name } of (await world.house.api<Loose>("GET", "/policies")).items)
    await world.house.api("DELETE", `/policies/${name}`);
});

interface Question {
  readonly caller?: object;
  readonly connection?: object;
  readonly call?: object;
}
type Outcome = "allow" | "ask" | "deny";

/** What is wished, as a rule, and what comes of it, each of these otherwise than the default question. */
interface Wish {
  readonly rule: (programs: RulesWorld["programs"]) => object;
  readonly comes: (programs: RulesWorld["programs"]) => readonly (readonly [Question, Outcome])[];
  /** What whoever saves it is told. */
  readonly warnings?: readonly string[];
}

const everyone = [{ everyone: true }];
const [ann, bob] = [{ user: "ann@example.com" }, { user: "bob@example.com" }];
const call = (tool: string, more: object = {}): Question => ({ call: { tool, ...more } });
const from = (address: string): Question => ({ connection: { address } });
const ofLeads = { deciders: { groups: ["Leads"] } };

const wishes: Readonly<Record<string, Wish>> = {
  "nobody uses a server from outside the office": {
    rule: () => ({
      action: "block",
      at: { servers: ["desk"] },
      include: everyone,
      exclude: [{ ip: "198.51.100.0/24" }, { ip: "2001:db8:17::/48" }],
    }),
    comes: () => [
      [from("203.0.113.9"), "deny"],
      [from("198.51.100.7"), "allow"],
      [from("2001:db8:17::5"), "allow"],
      [{ ...from("203.0.113.9"), call: { server: "wiki" } }, "allow"],
    ],
  },
  "only leads destroy": {
    rule: () => ({ action: "allow", at: { classes: ["destructive"] }, include: [{ group: "Leads" }] }),
    comes: () => [
      [{ caller: bob, ...call("drop") }, "deny"],
      [{ caller: ann, ...call("drop") }, "allow"],
      [{ caller: bob, ...call("put") }, "allow"],
    ],
  },
  "a lead says yes to what destroys": {
    rule: () => ({
      action: "require_approval",
      at: { classes: ["destructive"] },
      include: everyone,
      approval: { ...ofLeads, expiresSeconds: 3600, remindSeconds: 600 },
    }),
    comes: () => [
      [call("drop"), "ask"],
      [call("put"), "allow"],
    ],
  },
  "programs are not asked": {
    rule: () => ({
      action: "require_approval",
      at: { servers: ["desk"], tools: ["put"] },
      include: everyone,
      exclude: [{ serviceToken: "any" }],
      approval: ofLeads,
    }),
    comes: ({ deploy }) => [
      [call("put"), "ask"],
      [{ caller: { serviceToken: deploy }, ...call("put") }, "allow"],
    ],
  },
  "one program is kept out": {
    rule: ({ nightly }) => ({
      action: "block",
      at: { portals: ["main"] },
      include: [{ serviceToken: nightly }],
    }),
    comes: ({ deploy, nightly }) => [
      [{ caller: { serviceToken: nightly } }, "deny"],
      [{ caller: { serviceToken: deploy } }, "allow"],
      [{}, "allow"],
    ],
  },
  "contractors only read": {
    rule: () => ({
      action: "block",
      at: { classes: ["write", "destructive"] },
      include: [{ emailDomain: "Contractor.example" }],
    }),
    comes: () => [
      [{ caller: { user: "con@contractor.example" }, ...call("put") }, "deny"],
      [{ caller: { user: "con@contractor.example" } }, "allow"],
      [call("put"), "allow"],
    ],
  },
  "nobody writes at night": {
    rule: () => ({
      action: "block",
      at: { portals: ["main"], classes: ["write"] },
      include: [{ time: { from: "22:00", to: "06:00", zone: "Europe/Berlin" } }],
    }),
    comes: () => [
      [call("put", { at: "2026-07-01T21:30:00Z" }), "deny"],
      [call("put", { at: "2026-07-01T10:00:00Z" }), "allow"],
      [call("look", { at: "2026-07-01T21:30:00Z" }), "allow"],
    ],
  },
  "no releases at the weekend": {
    rule: () => ({
      action: "block",
      at: { servers: ["desk"], tools: ["put", "drop"] },
      include: everyone,
      require: [{ time: { days: ["sat", "sun"], from: "00:00", to: "24:00", zone: "UTC" } }],
    }),
    comes: () => [
      [call("drop", { at: "2026-07-04T12:00:00Z" }), "deny"],
      [call("drop", { at: "2026-07-06T12:00:00Z" }), "allow"],
    ],
  },
  "who destroys has proved who they are lately": {
    rule: () => ({
      action: "allow",
      at: { classes: ["destructive"] },
      include: everyone,
      stepUp: { withinSeconds: 600, methods: ["hwk", "otp"] },
    }),
    comes: () => [
      [call("drop"), "ask"],
      [call("put"), "allow"],
    ],
    // Programs prove nothing.
    warnings: ["stepUp"],
  },
  "who destroys says what for, proves it, and has a yes": {
    rule: () => ({
      action: "require_approval",
      at: { servers: ["desk"], tools: ["drop"] },
      include: everyone,
      stepUp: { withinSeconds: 600 },
      purpose: { holdsSeconds: 3600 },
      approval: { deciders: { groups: ["Leads"], people: ["bob@example.com"] }, holdsSeconds: 3600 },
    }),
    comes: () => [
      [call("drop"), "ask"],
      [call("put"), "allow"],
    ],
    warnings: ["stepUp", "purpose"],
  },
  "who writes confirms it themselves": {
    rule: () => ({
      action: "require_approval",
      at: { classes: ["write"] },
      include: everyone,
      exclude: [{ serviceToken: "any" }, { public: true }],
      approval: { deciders: { self: true } },
    }),
    comes: () => [[call("put"), "ask"]],
  },
  "only one client may be used": {
    rule: () => ({
      action: "allow",
      at: { portals: ["main"] },
      include: [{ client: "https://desk.example/client.json" }],
    }),
    comes: () => [
      [{ caller: { ...ann, client: "https://desk.example/client.json" } }, "allow"],
      [{ caller: { ...ann, client: "https://else.example/client.json" } }, "deny"],
    ],
    warnings: ["include[0].client"],
  },
  "only from two countries, and not from where nobody knows": {
    rule: () => ({ action: "allow", include: [{ country: "de" }, { country: "NL" }] }),
    comes: () => [
      [{ connection: { country: "DE" } }, "allow"],
      [{ connection: { country: "FR" } }, "deny"],
      [{ connection: { country: "ZZ" } }, "deny"],
    ],
  },
  "only who is an admin at the company": {
    rule: () => ({
      action: "allow",
      at: { servers: ["wiki"] },
      include: [{ claim: { provider: "corp", name: "roles", equals: "admin" } }],
    }),
    comes: () => [
      [
        { caller: { ...ann, provider: "corp", claims: { roles: ["x", "admin"] } }, call: { server: "wiki" } },
        "allow",
      ],
      [{ caller: { ...ann, provider: "corp", claims: { roles: "x" } }, call: { server: "wiki" } }, "deny"],
      [
        { caller: { ...ann, provider: "local", claims: { roles: "admin" } }, call: { server: "wiki" } },
        "deny",
      ],
    ],
  },
  "everybody by the company's sign-in": {
    rule: () => ({
      action: "block",
      at: { portals: ["main"] },
      include: everyone,
      exclude: [{ loginMethod: "corp" }, { serviceToken: "any" }],
    }),
    comes: ({ deploy }) => [
      [{ caller: { ...ann, provider: "local" } }, "deny"],
      [{ caller: { ...ann, provider: "corp" } }, "allow"],
      [{ caller: { serviceToken: deploy } }, "allow"],
    ],
  },
  "with a second factor": {
    rule: () => ({
      action: "allow",
      include: everyone,
      require: [{ authenticationMethod: "mfa" }],
    }),
    comes: () => [
      [{ caller: { ...ann, amr: ["pwd", "mfa"] } }, "allow"],
      [{ caller: { ...ann, amr: ["pwd"] } }, "deny"],
    ],
  },
  "large amounts wait for a lead": {
    rule: () => ({
      action: "require_approval",
      at: { servers: ["desk"], tools: ["put"] },
      include: [{ expression: "call.arguments.amount > 1000" }],
      approval: ofLeads,
    }),
    comes: () => [
      [call("put", { arguments: { amount: 1001 } }), "ask"],
      [call("put", { arguments: { amount: 1000 } }), "allow"],
      [call("put", { arguments: {} }), "ask"],
    ],
  },
  "the public keeps out of one tool": {
    rule: () => ({
      action: "block",
      at: { portals: ["shop"], servers: ["wiki"], tools: ["look"] },
      include: [{ public: true }],
    }),
    comes: () => [
      [{ caller: { public: true }, call: { portal: "shop", server: "wiki" } }, "deny"],
      [{ caller: { user: "cyd@customer.example" }, call: { portal: "shop", server: "wiki" } }, "allow"],
    ],
  },
  "somebody is let in for a while": {
    rule: () => ({
      action: "allow",
      at: { servers: ["wiki"], classes: ["write"] },
      include: [{ email: "Bob@example.com" }],
      startsAt: "2100-01-01T00:00:00+01:00",
      endsAt: "2100-02-01T00:00:00+01:00",
    }),
    comes: () => [
      [{ caller: bob, call: { server: "wiki", tool: "put" } }, "deny"],
      [{ caller: bob, call: { server: "wiki", tool: "put", at: "2100-01-15T00:00:00Z" } }, "allow"],
      [{ caller: bob, call: { server: "wiki", tool: "put", at: "2100-02-15T00:00:00Z" } }, "deny"],
    ],
  },
  "a freeze that is over by itself": {
    rule: () => ({ action: "block", include: everyone, endsAt: "2100-01-01T00:00:00Z" }),
    comes: () => [
      [{}, "deny"],
      [call("look", { at: "2100-01-01T00:00:00Z" }), "allow"],
    ],
  },
  "only from devices that are in order": {
    rule: () => ({
      action: "allow",
      at: { servers: ["desk"] },
      include: everyone,
      require: [{ posture: "devices" }],
    }),
    comes: () => [
      [{ connection: { postures: { devices: true } } }, "allow"],
      [{ connection: { postures: { devices: false } } }, "deny"],
      [{}, "deny"],
    ],
  },
  "customers in a group have what others have not": {
    rule: () => ({
      action: "allow",
      at: { portals: ["shop"], classes: ["write"] },
      include: [{ group: "Buyers" }],
    }),
    comes: () => [
      [
        { caller: { user: "cyd@customer.example" }, call: { portal: "shop", server: "wiki", tool: "put" } },
        "allow",
      ],
      [{ caller: { public: true }, call: { portal: "shop", server: "wiki", tool: "put" } }, "deny"],
    ],
  },
  "a rule that is off": {
    rule: () => ({ action: "block", include: everyone, isEnabled: false }),
    comes: () => [[{}, "allow"]],
  },
  // It is told that the portal gives no more than reading as it is; it may be otherwise one day.
  "a rule about what a portal does not give": {
    rule: () => ({ action: "block", at: { portals: ["guarded"], classes: ["write"] }, include: everyone }),
    comes: () => [[{ call: { portal: "guarded", tool: "put" } }, "deny"]],
    warnings: ["at.classes[0]"],
  },
};

test.each(Object.entries(wishes))("%s", async (_, { rule, comes, warnings = [] }) => {
  const { house, programs } = world;
  const outcomes = async (questions: readonly (readonly [Question, Outcome])[]) => {
    const asked = questions.map(async ([{ caller = ann, connection = {}, call: about = {} }]) => {
      const what = { portal: "main", server: "desk", tool: "look", ...about };
      const answer = await house.api<Loose>("POST", "/policy/explain", { caller, connection, call: what });
      return answer.outcome as Outcome;
    });
    return Promise.all(asked);
  };
  const questions = comes(programs);
  expect(new Set(await outcomes(questions))).toEqual(new Set(["allow"]));
  const saved = await house.api<Loose>("POST", "/policies", { name: "wish", ...rule(programs) });
  expect(saved.warnings.map((one: string) => one.split(":")[0])).toEqual(warnings);
  expect(await outcomes(questions)).toEqual(questions.map(([, outcome]) => outcome));
  // It is the same out of a file, as an export writes it.
  const { policies } = await house.api<Loose>("GET", "/config/export");
  await house.api("DELETE", "/policies/wish");
  await house.api("POST", "/config/apply", {
    document: { apiVersion: "castellan/v1", name: "main", policies },
  });
  expect(await outcomes(questions)).toEqual(questions.map(([, outcome]) => outcome));
});

import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, isFault } from "@castellan/kernel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyMigrations } from "../migrations.ts";
import type { RuleFields } from "../rules/rule.ts";
import type { Day, Selector } from "../rules/selector.ts";
import { assertSound } from "./sound.ts";
import type { World } from "./world.ts";

const now = new Date("2026-08-01T12:00:00Z");
const knownToken = createId("token");
const goneToken = createId("token");
const goneClient = createId("client");

/** A company with a portal for its people, one for customers, and what else rules can name. */
const world: World = {
  portals: async (_, slugs) =>
    [
      {
        slug: "main",
        directory: "workforce",
        servers: ["crm", "wiki"],
        classes: ["read", "write", "destructive"],
        isPublic: false,
      },
      { slug: "readable", directory: "workforce", servers: ["crm"], classes: ["read"], isPublic: false },
      { slug: "shop", directory: "customers", servers: ["orders"], classes: ["read"], isPublic: true },
    ].filter(({ slug }) => slugs.includes(slug)) as Awaited<ReturnType<World["portals"]>>,
  servers: async (_, slugs) => ["crm", "orders", "wiki"].filter((slug) => slugs.includes(slug)),
  tools: async (_, server) =>
    server === "crm"
      ? [
          { name: "find", class: "read" },
          { name: "wipe", class: "destructive" },
        ]
      : undefined,
  groups: async (_, names) =>
    (
      [
        { name: "Leads", directory: "workforce", members: 2 },
        { name: "Empty", directory: "workforce", members: 0 },
        { name: "Buyers", directory: "customers", members: 9 },
      ] as const
    ).filter(({ name }) => names.includes(name)),
  loginMethods: async (_, slugs) =>
    (
      [
        { slug: "corp", directory: "workforce", keptClaims: ["department"] },
        { slug: "social", directory: "customers", keptClaims: [] },
      ] as const
    ).filter(({ slug }) => slugs.includes(slug)),
  serviceTokens: async (_, ids) => ids.filter((id) => id === knownToken),
  clients: async (_, ids) => ids.filter((id) => id === "https://app.example/client.json"),
  people: async (_, emails) =>
    (
      [
        { email: "ann@example.com", directory: "workforce" },
        { email: "bob@example.com", directory: "workforce" },
        { email: "cus@example.net", directory: "customers" },
      ] as const
    ).filter(({ email }) => emails.includes(email)),
  knowsCountries: true,
  checksCertificates: true,
};

function hours(from: string, to: string, ...on: Day[]): Selector {
  return { time: { from, to, zone: "Europe/Berlin", ...(on.length > 0 && { days: on }) } };
}

const block: RuleFields = {
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
};
const allow: RuleFields = { ...block, action: "allow" };
const ask: RuleFields = {
  ...block,
  action: "require_approval",
  approval: { deciders: { groups: ["Leads"] } },
};

let database: Database;
beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, policyMigrations]);
});
afterAll(() => database[Symbol.asyncDispose]());

/** The fields that are refused, or the warnings. */
async function judged(
  rule: RuleFields,
  over: Partial<World> = {},
): Promise<{ refused: string[] } | { warned: string[] }> {
  try {
    const options = { world: { ...world, ...over }, now };
    const warnings = await database.transaction((tx) => assertSound(tx, rule, options));
    return { warned: warnings.map((sentence) => sentence.split(":")[0] ?? "") };
  } catch (error) {
    if (!isFault(error, "rule_without_effect")) throw error;
    const problems = error.data?.["problems"] as { field: string }[];
    expect(error.field).toBe(problems[0]?.field);
    return { refused: problems.map(({ field }) => field) };
  }
}

test("rules that can take effect are taken without a word", async () => {
  const sound: RuleFields[] = [
    block,
    allow,
    ask,
    { ...allow, at: { portals: ["main"], servers: ["crm"], tools: ["wipe"], classes: ["destructive"] } },
    { ...allow, at: { portals: ["main", "shop"], servers: ["orders", "wiki"] } },
    { ...allow, include: [{ email: "ann@example.com" }], require: [{ emailDomain: "example.com" }] },
    { ...allow, include: [{ group: "Leads" }], at: { portals: ["main"] } },
    { ...allow, include: [{ claim: { provider: "corp", name: "department", equals: "Sales" } }] },
    { ...allow, include: [{ loginMethod: "local" }, { serviceToken: "any" }, { serviceToken: knownToken }] },
    { ...allow, include: [{ client: "https://app.example/client.json" }] },
    { ...allow, include: [{ public: true }], at: { portals: ["shop"] } },
    { ...allow, require: [{ ip: "10.0.0.0/8" }], exclude: [{ ip: "10.1.0.0/16" }, { country: "FR" }] },
    { ...allow, include: [{ certificate: "valid" }], exclude: [{ certificate: { commonName: "lost" } }] },
    { ...allow, require: [{ time: { from: "22:00", to: "06:00", zone: "Europe/Berlin" } }] },
    { ...allow, include: [{ expression: "call.method == 'tools/call'" }] },
    { ...allow, include: [{ group: "Leads" }], stepUp: { withinSeconds: 300 }, purpose: { holdsSeconds: 0 } },
    { ...allow, require: [{ emailDomain: "example.com" }], purpose: { holdsSeconds: 0 } },
    { ...allow, exclude: [{ serviceToken: "any" }], stepUp: { withinSeconds: 300 } },
    { ...allow, startsAt: new Date("2020-01-01T00:00:00Z"), endsAt: new Date("2026-08-02T00:00:00Z") },
    { ...ask, approval: { deciders: { self: true }, expiresSeconds: 3600, remindSeconds: 600 } },
  ];
  expect(await Promise.all(sound.map((rule) => judged(rule)))).toEqual(sound.map(() => ({ warned: [] })));
});

describe("what could never do anything is refused, with the field", () => {
  const both = (email: string, domain: string) => [{ email }, { emailDomain: domain }] as const;
  const cases: readonly [title: string, rule: RuleFields, fields: string[]][] = [
    ["nobody included", { ...block, include: [] }, ["include"]],
    ["attached to nothing", { ...block, at: { portals: [] } }, ["at.portals"]],
    ["tools without a server", { ...block, at: { tools: ["find"] } }, ["at.tools"]],
    ["tools of two servers", { ...block, at: { servers: ["crm", "wiki"], tools: ["find"] } }, ["at.tools"]],
    ["a tool that is not there", { ...block, at: { servers: ["crm"], tools: ["fund"] } }, ["at.tools[0]"]],
    [
      "a tool of another class",
      { ...block, at: { servers: ["crm"], tools: ["find", "wipe"], classes: ["read"] } },
      ["at.tools[1]"],
    ],
    ["an unknown portal", { ...block, at: { portals: ["main", "mane"] } }, ["at.portals[1]"]],
    ["an unknown server", { ...block, at: { servers: ["nope"] } }, ["at.servers[0]"]],
    [
      "a server of another portal",
      { ...block, at: { portals: ["main"], servers: ["orders"] } },
      ["at.servers[0]"],
    ],
    [
      "two addresses at once",
      { ...block, require: [{ email: "ann@example.com" }, { email: "bob@example.com" }] },
      ["require[1].email"],
    ],
    [
      "an address outside of the domain",
      { ...block, require: [...both("ann@example.com", "example.net")] },
      ["require[1].emailDomain"],
    ],
    [
      "two ranges apart",
      { ...block, require: [{ ip: "10.0.0.0/8" }, { ip: "192.168.0.0/16" }] },
      ["require[1].ip"],
    ],
    [
      "a person who is a program",
      { ...block, require: [{ group: "Leads" }, { serviceToken: "any" }] },
      ["require[1].serviceToken"],
    ],
    [
      "include against require",
      { ...block, include: [{ loginMethod: "corp" }], require: [{ loginMethod: "local" }] },
      ["include[0].loginMethod"],
    ],
    [
      "all that is included is excluded",
      { ...block, include: [{ email: "ann@example.com" }], exclude: [{ emailDomain: "example.com" }] },
      ["include[0].email"],
    ],
    [
      "what is required is excluded",
      { ...block, require: [{ ip: "10.1.0.0/16" }], exclude: [{ ip: "10.0.0.0/8" }] },
      ["exclude[0].ip"],
    ],
    [
      "everybody excluded",
      { ...block, exclude: [{ everyone: true }] },
      ["exclude[0].everyone", "include[0].everyone"],
    ],
    ["an unknown group", { ...block, include: [{ group: "Lads" }] }, ["include[0].group"]],
    [
      "a group of customers at the company's portal",
      { ...block, at: { portals: ["main"] }, include: [{ group: "Buyers" }] },
      ["include[0].group"],
    ],
    [
      "a customer at the company's portal",
      { ...block, at: { portals: ["main"] }, include: [{ email: "cus@example.net" }] },
      ["include[0].email"],
    ],
    ["an unknown provider", { ...block, include: [{ loginMethod: "gone" }] }, ["include[0].loginMethod"]],
    [
      "a claim that is not kept",
      { ...block, include: [{ claim: { provider: "corp", name: "team", equals: "x" } }] },
      ["include[0].claim.name"],
    ],
    [
      "a token that is revoked",
      { ...block, include: [{ serviceToken: goneToken }] },
      ["include[0].serviceToken"],
    ],
    ["a client that is gone", { ...block, include: [{ client: goneClient }] }, ["include[0].client"]],
    ["an unknown evaluator", { ...block, exclude: [{ posture: "edr" }] }, ["exclude[0].posture"]],
    ["a range with bits behind its prefix", { ...block, include: [{ ip: "10.0.0.1/8" }] }, ["include[0].ip"]],
    [
      "a zone that does not exist",
      { ...block, include: [{ time: { from: "01:00", to: "02:00", zone: "Mars/Base" } }] },
      ["include[0].time"],
    ],
    [
      "an expression that does not compile",
      { ...block, include: [{ expression: "caller.nme ==" }] },
      ["include[0].expression"],
    ],
    [
      "an expression that looks at nothing",
      { ...block, include: [{ expression: "1 == 2" }], exclude: [{ expression: "true" }] },
      ["include[0].expression", "exclude[0].expression"],
    ],
    ["no country", { ...block, include: [{ country: "XX" }] }, ["include[0].country"]],
    ["a country by another name", { ...block, include: [{ country: "UK" }] }, ["include[0].country"]],
    ["many countries", { ...block, exclude: [{ country: "EU" }] }, ["exclude[0].country"]],
    [
      "many domains in one",
      {
        ...block,
        include: ["*.example.com", ".example.com", "example.com.", "example.com,example.net"].map((one) => ({
          emailDomain: one,
        })),
      },
      [0, 1, 2, 3].map((at) => `include[${at}].emailDomain`),
    ],
    [
      "two hours of the day at once",
      { ...block, require: [hours("09:00", "10:00"), hours("10:00", "11:00")] },
      ["require[1].time"],
    ],
    [
      "two days at once",
      { ...block, require: [hours("09:00", "12:00", "mon"), hours("10:00", "11:00", "tue")] },
      ["require[1].time"],
    ],
    [
      "hours that are excluded",
      { ...block, include: [hours("22:00", "02:00", "sun")], exclude: [hours("21:00", "03:00")] },
      ["include[0].time"],
    ],
    [
      "every hour excluded",
      { ...block, exclude: [hours("06:00", "24:00"), { time: { from: "00:00", to: "24:00", zone: "UTC" } }] },
      ["exclude[1].time", "include[0].everyone"],
    ],
    ["every address excluded", { ...block, exclude: [{ ip: "::/0" }, { ip: "0.0.0.0/0" }] }, ["exclude"]],
    [
      "the public by a client",
      { ...block, require: [{ client: "https://app.example/client.json" }, { public: true }] },
      ["require[1].public"],
    ],
    [
      "a service token by a client",
      { ...block, require: [{ serviceToken: knownToken }, { client: "https://app.example/client.json" }] },
      ["require[1].client"],
    ],
    [
      "groups of the company and of customers",
      { ...block, require: [{ group: "Leads" }, { group: "Buyers" }] },
      ["require[1].group"],
    ],
    [
      "a customer who signs in as the company's",
      { ...block, require: [{ email: "cus@example.net" }, { loginMethod: "corp" }] },
      ["require[1].loginMethod"],
    ],
    ["a block that asks for a proof", { ...block, stepUp: { withinSeconds: 60 } }, ["stepUp"]],
    ["a block that asks what for", { ...block, purpose: { holdsSeconds: 0 } }, ["purpose"]],
    ["an approval that nobody asked for", { ...allow, approval: { deciders: { self: true } } }, ["approval"]],
    ["nobody told who decides", { ...ask, approval: undefined }, ["approval"]],
    ["nobody may decide", { ...ask, approval: { deciders: {} } }, ["approval.deciders"]],
    [
      "a group that cannot decide",
      { ...ask, approval: { deciders: { groups: ["Buyers"] } } },
      ["approval.deciders.groups[0]"],
    ],
    [
      "strangers decide",
      { ...ask, approval: { deciders: { people: ["eve@example.org"] } } },
      ["approval.deciders.people"],
    ],
    [
      "only the asker decides, who may not",
      {
        ...ask,
        include: [{ email: "ann@example.com" }],
        approval: { deciders: { people: ["ann@example.com"] } },
      },
      ["approval.deciders"],
    ],
    [
      "a reminder after the end",
      { ...ask, approval: { deciders: { groups: ["Leads"] }, expiresSeconds: 60, remindSeconds: 60 } },
      ["approval.remindSeconds"],
    ],
    [
      "a program proves who it is",
      { ...allow, include: [{ serviceToken: "any" }], stepUp: { withinSeconds: 60 } },
      ["stepUp"],
    ],
    [
      "the public says what for",
      { ...allow, include: [{ public: true }], purpose: { holdsSeconds: 0 } },
      ["purpose"],
    ],
    ["it is over", { ...allow, endsAt: now }, ["endsAt"]],
    [
      "it ends before it begins",
      { ...allow, startsAt: new Date("2027-02-01"), endsAt: new Date("2027-01-01") },
      ["endsAt"],
    ],
  ];
  test.each(cases)("%s", async (_, rule, fields) => {
    expect(await judged(rule)).toEqual({ refused: fields });
  });

  test("countries and certificates where nobody can tell them", async () => {
    const rule: RuleFields = { ...block, include: [{ country: "DE" }, { certificate: "valid" }] };
    expect(await judged(rule, { knowsCountries: false, checksCertificates: false })).toEqual({
      refused: ["include[0].country", "include[1].certificate"],
    });
  });
});

test.each<[title: string, rule: RuleFields, fields: string[]]>([
  [
    "a part that never fits",
    {
      ...block,
      include: [{ everyone: true }, { email: "ann@example.com" }],
      exclude: [{ email: "ann@example.com" }],
    },
    ["include[1].email"],
  ],
  [
    "somebody who is not here yet",
    { ...block, include: [{ email: "new@example.com" }] },
    ["include[0].email"],
  ],
  [
    "a client that has not come yet",
    { ...block, include: [{ client: "https://other.example/c.json" }] },
    ["include[0].client"],
  ],
  ["a server that has not been read", { ...block, at: { servers: ["wiki"], tools: ["page"] } }, ["at.tools"]],
  [
    "a class that no access rule gives",
    { ...allow, at: { portals: ["shop"], classes: ["write"] } },
    ["at.classes[0]"],
  ],
  [
    "a tool of a class that no access rule gives",
    {
      ...allow,
      at: { portals: ["readable"], servers: ["crm"], tools: ["find", "wipe"] },
    },
    ["at.tools[1]"],
  ],
  [
    "a portal without the server beside it",
    { ...allow, at: { portals: ["main", "shop"], servers: ["crm"] } },
    ["at.portals[1]"],
  ],
  ["a group of nobody", { ...block, include: [{ group: "Empty" }] }, ["include[0].group"]],
  [
    "methods that nobody has registered",
    {
      ...allow,
      exclude: [{ authenticationMethod: "MFA" }, { authenticationMethod: "mfa" }],
      stepUp: { withinSeconds: 60, methods: ["hwk", "totp"] },
    },
    ["exclude[0].authenticationMethod", "stepUp.methods[1]", "stepUp"],
  ],
  [
    "the public where it does not come in",
    { ...block, at: { portals: ["main"] }, include: [{ public: true }] },
    ["include[0].public"],
  ],
  [
    "an empty group decides",
    { ...ask, approval: { deciders: { groups: ["Empty"] } } },
    ["approval.deciders.groups[0]"],
  ],
  [
    "one person decides, also for themselves not",
    { ...ask, approval: { deciders: { people: ["ann@example.com"] } } },
    ["approval.deciders"],
  ],
  [
    "one of two who decide is nobody",
    { ...ask, approval: { deciders: { people: ["ann@example.com", "eve@example.org"] } } },
    ["approval.deciders.people[1]"],
  ],
  [
    "what only people can do, of everyone",
    { ...ask, stepUp: { withinSeconds: 300 }, purpose: { holdsSeconds: 0 } },
    ["stepUp", "purpose"],
  ],
])("what may be meant so is only warned of: %s", async (_, rule, fields) => {
  expect(await judged(rule)).toEqual({ warned: fields });
});

test("a rule that is switched off may wait for what it names", async () => {
  const rule: RuleFields = {
    ...block,
    isEnabled: false,
    at: { portals: ["later"] },
    include: [{ group: "Later" }],
  };
  expect(await judged(rule)).toEqual({ warned: ["at.portals[0]", "include[0].group"] });
});

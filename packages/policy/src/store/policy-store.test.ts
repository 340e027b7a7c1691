import { changeMigrations, createChangeFeed, sql, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { policyMigrations } from "../migrations.ts";
import type { RuleFields } from "../rules/rule.ts";
import type { Unusable } from "../rules/unusable.ts";
import type { DirectoryName, World } from "../soundness/world.ts";
import { assertClaimsKept, assertNotNamed } from "./naming-rules.ts";
import { createPolicyDirectory } from "./policy-directory.ts";
import { createPolicyStore, type PolicyStore } from "./policy-store.ts";

const clock = createManualClock();
const groups: { name: string; directory: DirectoryName; members: number }[] = [];
const world: World = {
  portals: async (_, slugs) =>
    slugs.map((slug) => ({
      slug,
      directory: slug === "shop" ? "customers" : "workforce",
      servers: ["crm"],
      classes: ["read"],
      isPublic: false,
    })),
  servers: async (_, slugs) => slugs,
  tools: async () => ["find", "wipe", "drop"].map((name) => ({ name, class: "read" as const })),
  groups: async (_, names) => groups.filter(({ name }) => names.includes(name)),
  loginMethods: async (_, slugs) =>
    slugs.map((slug) => ({ slug, directory: "workforce", keptClaims: ["team", "site"] })),
  serviceTokens: async (_, ids) => ids,
  clients: async (_, ids) => ids,
  people: async (_, emails) => emails.map((email) => ({ email, directory: "workforce" })),
  knowsCountries: true,
  checksCertificates: true,
};

const block: RuleFields = {
  action: "block",
  description: "Nobody",
  at: { portals: ["main"] },
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

let database: Database;
let changes: ChangeFeed;
let store: PolicyStore;
beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, policyMigrations]);
  changes = await createChangeFeed({ database });
  store = createPolicyStore({ database, clock, world });
});
beforeEach(async () => {
  await database.query(sql`truncate policy_rules, policy_evaluators`);
  groups.length = 0;
});
afterAll(async () => {
  await changes[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const nameOf = ({ name }: { name: string }) => name;

test("a rule is kept as it was said", async () => {
  const said: RuleFields = {
    ...block,
    action: "require_approval",
    at: { servers: ["crm"], tools: ["wipe"] },
    include: [{ claim: { provider: "corp", name: "team", equals: "A" } }, { ip: "10.0.0.0/8" }],
    exclude: [{ certificate: { commonName: "kiosk" } }],
    stepUp: { withinSeconds: 300, methods: ["hwk"] },
    purpose: { holdsSeconds: 60 },
    approval: { deciders: { self: true, people: ["ann@example.com"] }, expiresSeconds: 3600 },
    startsAt: new Date("2026-03-01T00:00:00Z"),
    endsAt: new Date("2026-09-01T00:00:00Z"),
  };
  const { rule } = await store.add({ ...said, name: "wipes-wait", managedBy: "main" });
  const { id, createdAt, updatedAt, ...kept } = rule;
  expect(id).toMatch(/^rul_/);
  expect([createdAt, updatedAt]).toEqual([new Date(clock.now()), new Date(clock.now())]);
  expect(kept).toEqual({ ...said, name: "wipes-wait", managedBy: "main", version: 1 });
  expect(await store.get("wipes-wait")).toEqual(rule);
  await expect(store.add({ ...said, name: "wipes-wait" })).rejects.toMatchObject({ code: "rule_name_taken" });
});

test("a change raises the version, one that changes nothing does not; null takes away", async () => {
  await store.add({ ...block, name: "one", endsAt: new Date("2026-09-01T00:00:00Z") });
  expect(
    (await store.change("one", { isEnabled: true, at: { portals: ["main"], servers: undefined } })).rule
      .version,
  ).toBe(1);
  const { rule } = await store.change("one", { endsAt: null, description: "Anybody" }, 1);
  expect([rule.version, rule.endsAt, rule.description]).toEqual([2, undefined, "Anybody"]);
  await expect(store.change("one", { isEnabled: false }, 1)).rejects.toMatchObject({ code: "version_stale" });
  await expect(store.change("two", {})).rejects.toMatchObject({ code: "rule_not_found" });
  await expect(store.change("one", { include: [] })).rejects.toMatchObject({
    code: "rule_without_effect",
    field: "include",
  });
  expect((await store.replace("one", { ...block, managedBy: "main" })).rule).toMatchObject({
    version: 3,
    managedBy: "main",
  });
  await expect(store.remove("one", 1)).rejects.toMatchObject({ code: "version_stale" });
  await store.remove("one", 3);
  expect(await store.list()).toEqual([]);
});

test("pages go by name, and can be of a portal, a server, or a text", async () => {
  await store.add({ ...block, name: "a", description: "50% of all" });
  await store.add({ ...block, name: "b", at: { portals: ["shop"], servers: ["crm"] } });
  await store.add({ ...block, name: "c", at: {} });
  const first = await store.page({ limit: 2 });
  expect([first.items.map(nameOf), first.next]).toEqual([["a", "b"], "b"]);
  const second = await store.page({ limit: 2, after: "b" });
  expect([second.items.map(nameOf), second.next]).toEqual([["c"], undefined]);
  const found = async (filter: object) => (await store.page({ limit: 9, ...filter })).items.map(nameOf);
  expect(await found({ portal: "shop" })).toEqual(["b"]);
  expect(await found({ server: "crm" })).toEqual(["b"]);
  expect(await found({ q: "50%" })).toEqual(["a"]);
});

test("what a rule names cannot go, and nothing is in the way of what it does not", async () => {
  await store.add({
    ...block,
    name: "names",
    at: { portals: ["main"], servers: ["crm"] },
    include: [
      { loginMethod: "corp" },
      { client: "cli_x" },
      { claim: { provider: "idp", name: "team", equals: "A" } },
    ],
    isEnabled: false,
  });
  const guard = (kind: Parameters<typeof assertNotNamed>[1], name: string) =>
    database.transaction((tx) => assertNotNamed(tx, kind, name));
  for (const [kind, name] of [
    ["portal", "main"],
    ["server", "crm"],
    ["login_method", "corp"],
    ["login_method", "idp"],
    ["client", "cli_x"],
  ] as const)
    await expect(guard(kind, name)).rejects.toMatchObject({
      code: "rule_refers",
      data: { rules: ["names"] },
    });
  await guard("portal", "crm");
  await guard("client", "corp");
  const kept = (names: string[]) => database.transaction((tx) => assertClaimsKept(tx, "idp", names));
  await kept(["site", "team"]);
  await expect(kept(["site"])).rejects.toMatchObject({ code: "rule_refers", data: { rules: ["names"] } });
});

test("a rule that is being saved and what it names that is being removed wait for each other", async () => {
  await database.query(sql`
    insert into policy_evaluators (id, slug, title, url, keys_url, allow_private, timeout_ms, cache_seconds,
                                   created_at, updated_at)
    values ('evl_1', 'edr', 'EDR', 'https://e.example', 'https://e.example/keys', '{}', 1000, 60, now(), now())`);
  const remove = () =>
    database.transaction(async (tx) => {
      await tx.query(sql`select 1 from policy_evaluators where slug = 'edr' for update`);
      await assertNotNamed(tx, "evaluator", "edr");
      await tx.query(sql`delete from policy_evaluators where slug = 'edr'`);
    });
  const add = () => store.add({ ...block, name: "healthy", exclude: [{ posture: "edr" }] });
  const ended = await Promise.allSettled([add(), remove()]);
  // Whichever came first, the other one is refused.
  const codes = ended.map((one) =>
    one.status === "rejected" ? (one.reason as { code: string }).code : "done",
  );
  expect([
    ["done", "rule_refers"],
    ["rule_without_effect", "done"],
  ]).toContainEqual(codes);
});

const approval = { deciders: { groups: ["Leads"] } };

test("another name of a group goes along, to those who decide as well", async () => {
  groups.push({ name: "Leads", directory: "workforce", members: 1 });
  await store.add({
    ...block,
    action: "require_approval",
    approval,
    name: "one",
    include: [{ group: "Leads" }],
  });
  await store.add({ ...block, name: "other" });
  groups.push({ name: "Heads", directory: "workforce", members: 1 });
  const group = { directory: "workforce", name: "Leads" } as const;
  await database.transaction((tx) => store.renameGroup(tx, group, "Heads"));
  const { include, approval: terms, version } = await store.get("one");
  expect([include, terms, version]).toEqual([[{ group: "Heads" }], { deciders: { groups: ["Heads"] } }, 2]);
  expect((await store.get("other")).version).toBe(1);
});

test("a group that rules name stays; one of the other directory is another one", async () => {
  groups.push(
    { name: "Leads", directory: "workforce", members: 1 },
    { name: "Leads", directory: "customers", members: 1 },
  );
  await store.add({ ...block, name: "ours", include: [{ group: "Leads" }] });
  const removing = (directory: DirectoryName) =>
    database.transaction((tx) => store.renameGroup(tx, { directory, name: "Leads" }, undefined));
  await expect(removing("workforce")).rejects.toMatchObject({
    code: "rule_refers",
    data: { rules: ["ours"] },
  });
  await removing("customers");
  const renaming = (directory: DirectoryName) =>
    database.transaction((tx) => store.renameGroup(tx, { directory, name: "Leads" }, "Heads"));
  await renaming("customers");
  expect((await store.get("ours")).include).toEqual([{ group: "Leads" }]);
  // A rule of all portals means both groups: it cannot say of one what it said of two.
  await store.add({ ...block, name: "all", at: {}, include: [{ group: "Leads" }] });
  await expect(renaming("workforce")).rejects.toMatchObject({
    code: "rule_refers",
    data: { rules: ["all"] },
  });
  expect((await store.get("ours")).include).toEqual([{ group: "Leads" }]);
});

test("a group that an expression looks for keeps its name: what the expression says is not rewritten", async () => {
  groups.push({ name: "Leads", directory: "workforce", members: 1 });
  await store.add({ ...block, name: "named", include: [{ group: "Leads" }] });
  const expression = "'Leads' in caller.groups && now.getHours() > 17";
  await store.add({ ...block, name: "quoted", include: [{ expression }] });
  await store.add({ ...block, name: "other", include: [{ expression: "caller.client == 'Leads'" }] });
  const group = { directory: "workforce", name: "Leads" } as const;
  for (const name of ["Heads", undefined])
    await expect(database.transaction((tx) => store.renameGroup(tx, group, name))).rejects.toMatchObject({
      code: "rule_refers",
      data: { rules: name === undefined ? ["named", "quoted"] : ["quoted"] },
    });
  expect((await store.get("named")).include).toEqual([{ group: "Leads" }]);
});

test("another name of a tool goes along, also where two change places", async () => {
  await store.add({ ...block, name: "tools", at: { servers: ["crm"], tools: ["find", "wipe"] } });
  await store.add({ ...block, name: "elsewhere", at: { servers: ["wiki"], tools: ["find"] } });
  const renames = [
    { from: "find", to: "wipe" },
    { from: "wipe", to: "find" },
    { from: "drop", to: "gone" },
  ];
  await database.transaction((tx) => store.renameTools(tx, "crm", renames));
  expect((await store.get("tools")).at).toEqual({ servers: ["crm"], tools: ["wipe", "find"] });
  expect((await store.get("elsewhere")).version).toBe(1);
});

test("replicas have the rules that there are, and hear of each change", async () => {
  using directory = await createPolicyDirectory({ store, changes, clock });
  const heard: string[][] = [];
  directory.onChange(() => heard.push(directory.current().rules.map(nameOf)));
  await store.add({ ...block, name: "one" });
  await changes.flush();
  await store.remove("one");
  await changes.flush();
  expect(heard).toEqual([["one"], []]);
});

test("a rule that cannot be applied any more keeps nobody from starting, and is told once of each version", async () => {
  await store.add({ ...block, name: "old" });
  await store.add({ ...block, name: "off", isEnabled: false });
  await database.query(sql`update policy_rules set include = '[{"expression": "was.fine("}]'`);
  const told: Unusable[] = [];
  using directory = await createPolicyDirectory({
    store,
    changes,
    clock,
    onUnusable: (one) => told.push(one),
  });
  expect(directory.current().rules.map(nameOf)).toEqual(["off", "old"]);
  expect(told).toEqual([
    { rule: "old", field: "include[0]", reason: expect.stringMatching(/^[^\n]+$/) as string },
  ]);
  await store.add({ ...block, name: "new" });
  await changes.flush();
  expect(told).toHaveLength(1);
  await store.change("old", { include: [{ everyone: true }] });
  await changes.flush();
  await database.query(sql`
    update policy_rules set version = version + 1, exclude = '[{"ip": "office"}]' where name = 'old'`);
  await store.remove("new");
  await changes.flush();
  expect(told.map(({ field }) => field)).toEqual(["include[0]", "exclude[0]"]);
});

test("they hear of a rule that begins, too", async () => {
  const begins = new Date(clock.now() + 10);
  await store.add({ ...block, name: "later", startsAt: begins });
  await changes.flush();
  using directory = await createPolicyDirectory({ store, changes, clock });
  const before = directory.current();
  expect(before.changesAtMs).toBe(begins.getTime());
  const changed = Promise.withResolvers<void>();
  directory.onChange(changed.resolve);
  clock.advance(10);
  await changed.promise;
  expect([directory.current().changesAtMs, directory.current() === before]).toEqual([undefined, false]);
});

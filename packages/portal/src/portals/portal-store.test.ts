import { randomBytes } from "node:crypto";
import { accessMigrations, createTrustedIssuerStore } from "@castellan/access";
import {
  callMigrations,
  createDefinitionStore,
  createServerStore,
  everything,
  type Curation,
  type CurationEntry,
  type ServerStore,
} from "@castellan/calls";
import { findings, newServer } from "@castellan/calls/testing";
import { changeMigrations, sql, withinTransaction, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { parseSlug, systemClock, type Id } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import { createVault, generateMasterKey } from "@castellan/vault";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { portalMigrations } from "../migrations.ts";
import { createPortalStore, type PortalStore } from "./portal-store.ts";
import type { NewPortal, Portal, WholePortal } from "./portal.ts";

let database: Database;
let portals: PortalStore;
let servers: ServerStore;
const ids = new Map<string, Id<"server">>();

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations, callMigrations, portalMigrations]);
  portals = createPortalStore(database, { publicHost: "mcp.example.com" });
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  for (const issuer of ["entra", "okta"]) await addTrustedIssuer(issuer);
  for (const slug of ["a", "b", "c"]) {
    const { id } = await servers.add(newServer(slug));
    ids.set(slug, id);
    const listed = findings(["x", "y"]).definitions.map((one) => ({
      ...one,
      publicName: `${slug}_${one.name}`,
    }));
    await definitions.saveSync(id, { ...findings([]), definitions: listed });
  }
});
beforeEach(() => database.query(sql`delete from portals`));
afterAll(() => database[Symbol.asyncDispose]());

async function addTrustedIssuer(issuer: string): Promise<void> {
  await createTrustedIssuerStore({ database, clock: systemClock }).add({
    slug: issuer,
    title: issuer,
    issuer: `https://${issuer}.example`,
    audience: "mcp",
    directory: "workforce",
    claims: { subject: "sub", email: "email", name: "name" },
    groupPrefix: "",
    allowedDomains: [],
    requiresVerifiedEmail: true,
    keptClaims: [],
    algorithms: ["RS256"],
    createsUsers: true,
    linksByEmail: false,
    allowPrivate: [],
    isEnabled: true,
  });
}

const slug = parseSlug("team", "slug");
const add = (more: Partial<NewPortal> = {}) =>
  portals.add({ slug, title: "Team", naming: "prefixed", servers: ["a", "b"], ...more });

function curation(
  entries: Partial<Record<CapabilityKind, Readonly<Record<string, CurationEntry>>>>,
  mode: Curation["mode"] = "all",
): Curation {
  return { mode, entries: { ...everything.entries, ...entries } };
}

function curationOf(portal: Portal, server: string): Curation | undefined {
  return portal.curations.get(ids.get(server) ?? "");
}

const off = curation({
  tool: { x: { enabled: false }, gone: { alias: "here" } },
  resource: { "x://1": { description: "1" } },
});

test("what is said of a server's offer is kept through every unrelated edit", async () => {
  await add({ servers: [{ server: "a", curation: off }, "b"] });
  await portals.change("team", {
    title: "Other",
    naming: "plain",
    hostname: "team.example.com",
    isListed: true,
  });
  await portals.putServer("team", "c");
  await portals.putServer("team", "a");
  await portals.changeCuration("team", "b", {
    mode: "allowlist",
    entries: { tool: { y: { enabled: true } } },
  });
  await portals.change("team", { servers: ["c", "b", "a"] });
  await portals.removeServer("team", "c");
  const portal = await portals.get("team");
  expect(portal).toMatchObject({
    title: "Other",
    naming: "plain",
    hostname: "team.example.com",
    isListed: true,
    servers: ["b", "a"],
    serverIds: [ids.get("b"), ids.get("a")],
    version: 6,
  });
  expect([curationOf(portal, "a"), curationOf(portal, "b")]).toEqual([
    off,
    curation({ tool: { y: { enabled: true } } }, "allowlist"),
  ]);
  // It goes with the server, and is not there when that comes back.
  await portals.removeServer("team", "a");
  expect(curationOf(await portals.putServer("team", "a"), "a")).toBeUndefined();
});

const reading = (who: string, servers?: string[]) => ({
  who,
  classes: ["read" as const],
  ...(servers && { servers }),
});

test("with a server goes what rules say of it; a later one of its name was given to nobody", async () => {
  const access = [reading("everyone"), reading("group:a", ["a"]), reading("group:ab", ["b", "a"])];
  await add({ access });
  const left = [reading("everyone"), reading("group:ab", ["b"])];
  expect((await portals.removeServer("team", "a")).access).toEqual(left);
  expect((await portals.putServer("team", "a")).access).toEqual(left);
  await portals.change("team", { access });
  expect((await portals.change("team", { servers: ["b", "c"] })).access).toEqual(left);
  expect((await portals.change("team", { servers: ["a", "b", "c"] })).access).toEqual(left);
});

test("a server that is gone from the installation is gone from rules", async () => {
  const { id } = await servers.add(newServer("passing"));
  await add({ servers: ["a", "passing"], access: [reading("everyone", ["passing", "a"])] });
  await servers.remove("passing");
  expect((await portals.get("team")).access).toEqual([reading("everyone", ["a"])]);
  const again = await servers.add(newServer("passing"));
  expect(again.id).not.toBe(id);
  expect((await portals.putServer("team", "passing")).access).toEqual([reading("everyone", ["a"])]);
  await servers.remove("passing");
});

test("a group's rules get its new name, in its directory only, and go with it", async () => {
  await add({ access: [reading("group:Old"), reading("group:Older")] });
  await portals.add({
    slug: parseSlug("shop", "slug"),
    title: "Shop",
    naming: "prefixed",
    directory: "customers",
    access: [reading("group:Old")],
    servers: [],
  });
  const rename = (name: string, to: string | undefined) =>
    database.transaction((tx) => portals.renameGroup(tx, { directory: "workforce", name }, to));
  await rename("Old", "New");
  expect(await portals.get("team")).toMatchObject({
    access: [reading("group:New"), reading("group:Older")],
    version: 2,
  });
  expect(await portals.get("shop")).toMatchObject({ access: [reading("group:Old")], version: 1 });
  await rename("New", undefined);
  expect((await portals.get("team")).access).toEqual([reading("group:Older")]);
});

test("an issuer that goes is trusted by no portal", async () => {
  await add({ trustedIssuers: ["okta", "entra"] });
  await database.transaction((tx) => portals.withdrawIssuer(tx, "okta"));
  expect(await portals.get("team")).toMatchObject({ trustedIssuers: ["entra"], version: 2 });
});

test("nobody is trusted whom nobody knows", async () => {
  const refused = { code: "trusted_issuer_unknown", field: "trustedIssuers" };
  await expect(add({ trustedIssuers: ["okta", "nobody"] })).rejects.toMatchObject(refused);
  await add({ trustedIssuers: ["okta"] });
  await expect(portals.change("team", { trustedIssuers: ["nobody"] })).rejects.toMatchObject(refused);
});

test.each([
  [[reading("everyone", ["c"])], "access[0].servers"],
  [[reading("public"), { who: "public", classes: ["read" as const, "write" as const] }], "access[1].classes"],
])("a rule that would silently give nothing, or too much, is refused: %j", async (access, field) => {
  await expect(add({ access })).rejects.toMatchObject({ code: "invalid_input", field });
  await add();
  await expect(portals.change("team", { access })).rejects.toMatchObject({ code: "invalid_input", field });
});

test("a change that changes nothing is none: the version stays, and nobody is woken", async () => {
  const { version, updatedAt } = await add({
    autoAccept: ["tool", "prompt"],
    servers: [{ server: "a", curation: off }],
  });
  const changes = () => database.query(sql`select 1 from changes where topic = 'portals'`);
  const before = await changes();
  await portals.change("team", { title: "Team", autoAccept: ["prompt", "tool", "tool"], hostname: null });
  await portals.putServer("team", "a", curation({ ...off.entries, prompt: { p: {} } }));
  await portals.changeCuration("team", "a", {
    mode: "all",
    entries: { tool: { x: { alias: null }, y: null } },
  });
  await portals.replace("team", {
    title: "Team",
    naming: "prefixed",
    autoAccept: ["tool", "prompt"],
    servers: [{ server: "a", curation: off }],
  });
  expect(await portals.get("team")).toMatchObject({ version, updatedAt });
  expect(await changes()).toEqual(before);
});

test("of two writers the second one's stale version is refused, and nothing of it is written", async () => {
  const { version } = await add();
  await portals.change("team", { title: "First" }, version);
  const stale = { code: "version_stale" };
  await expect(portals.change("team", { title: "Second" }, version)).rejects.toMatchObject(stale);
  await expect(portals.putServer("team", "c", undefined, version)).rejects.toMatchObject(stale);
  await expect(portals.changeCuration("team", "a", { mode: "allowlist" }, version)).rejects.toMatchObject(
    stale,
  );
  await expect(portals.removeServer("team", "a", version)).rejects.toMatchObject(stale);
  await expect(
    portals.replace("team", { title: "T", naming: "plain", servers: [] }, version),
  ).rejects.toMatchObject(stale);
  await expect(portals.remove("team", version)).rejects.toMatchObject(stale);
  expect(await portals.get("team")).toMatchObject({ title: "First", version: 2, servers: ["a", "b"] });
});

test("edits that meet are done one after the other, and none is lost", async () => {
  await add({ servers: ["a"] });
  const names = Array.from({ length: 8 }, (_, n) => `t${n}`);
  await Promise.all(
    names.map((name) =>
      portals.changeCuration("team", "a", { entries: { tool: { [name]: { enabled: false } } } }),
    ),
  );
  const portal = await portals.get("team");
  expect(Object.keys(curationOf(portal, "a")?.entries.tool ?? {}).toSorted()).toEqual(names);
  expect(portal.version).toBe(9);
});

test("a portal is another one when a server of it is removed, also if one of the same slug comes", async () => {
  await servers.add(newServer("passing"));
  await add({ servers: ["a", "passing"] });
  await servers.remove("passing");
  await servers.add(newServer("passing"));
  const { version, servers: left } = await portals.get("team");
  expect([version, left]).toEqual([2, ["a"]]);
  const change = portals.change("team", { servers: ["a", "passing"] }, 1);
  await expect(change).rejects.toMatchObject({ code: "version_stale" });
  await servers.remove("passing");
  expect((await portals.get("team")).version).toBe(2);
});

test("what a portal says of a definition follows it to its new name, where nothing is said of that yet", async () => {
  await add({ servers: [{ server: "a", curation: off }, "b"] });
  const other = parseSlug("other", "slug");
  const both = curation({ tool: { x: { enabled: false }, z: { enabled: true } } });
  await portals.add({
    slug: other,
    title: "Other",
    naming: "plain",
    servers: [{ server: "a", curation: both }],
  });
  const a = ids.get("a") as Id<"server">;
  await database.transaction(async (tx) => {
    await createPortalStore(withinTransaction(tx, database)).renameCuration(tx, a, [
      { kind: "tool", from: "x", to: "z" },
      { kind: "prompt", from: "x", to: "y" },
    ]);
  });
  const [team, second] = [await portals.get("team"), await portals.get("other")];
  expect([curationOf(team, "a")?.entries.tool, team.version]).toEqual([
    { gone: { alias: "here" }, z: { enabled: false } },
    2,
  ]);
  expect([curationOf(second, "a"), second.version]).toEqual([both, 1]);
});

test.each<[string, Partial<NewPortal>]>([
  [
    "another alias of the same server",
    { servers: [{ server: "a", curation: curation({ tool: { x: { alias: "s" }, y: { alias: "s" } } }) }] },
  ],
  [
    "plain: another server's alias",
    {
      naming: "plain",
      servers: ["a", "b"].map((server) => ({ server, curation: curation({ tool: { x: { alias: "s" } } }) })),
    },
  ],
  [
    "a name that the server lists",
    { servers: [{ server: "a", curation: curation({ tool: { x: { alias: "y" } } }) }] },
  ],
  [
    "plain: a name that another server lists",
    {
      naming: "plain",
      servers: ["b", { server: "a", curation: curation({ tool: { gone: { alias: "y" } } }) }],
    },
  ],
  [
    "plain: what another server's tool falls back to",
    {
      naming: "plain",
      servers: ["b", { server: "a", curation: curation({ tool: { gone: { alias: "b_y" } } }) }],
    },
  ],
])("an alias that gives the name of %s is refused", async (_, more) => {
  await expect(add(more)).rejects.toMatchObject({ code: "alias_taken" });
  expect(await portals.list()).toEqual([]);
});

test.each<[string, Partial<NewPortal>]>([
  ["its own name", { servers: [{ server: "a", curation: curation({ tool: { x: { alias: "x" } } }) }] }],
  [
    "a prompt's",
    {
      servers: [
        { server: "a", curation: curation({ tool: { x: { alias: "s" } }, prompt: { x: { alias: "s" } } }) },
      ],
    },
  ],
  [
    "one that is switched off",
    {
      servers: [{ server: "a", curation: curation({ tool: { x: { alias: "y" }, y: { enabled: false } } }) }],
    },
  ],
  [
    "one that is called otherwise",
    { servers: [{ server: "a", curation: curation({ tool: { x: { alias: "y" }, y: { alias: "x" } } }) }] },
  ],
  [
    "another server's, where names say their server",
    { servers: ["b", { server: "a", curation: curation({ tool: { gone: { alias: "b_y" } } }) }] },
  ],
])("an alias may have the name of %s", async (_, more) => {
  expect((await add(more)).version).toBe(1);
});

test("another way of naming is refused where aliases would meet; other edits are not judged by old aliases", async () => {
  const named = (server: string) => ({ server, curation: curation({ tool: { x: { alias: "s" } } }) });
  await add({ servers: [named("a"), named("b")] });
  await expect(portals.change("team", { naming: "plain" })).rejects.toMatchObject({ code: "alias_taken" });
  // The server has come to list the name of the alias meanwhile.
  await database.query(sql`
    insert into definitions (server_id, kind, name, public_name, ordinal, definition)
    values (${ids.get("a")}, 'tool', 's', 'a_s', 9, '{"name":"s"}')`);
  expect((await portals.change("team", { title: "Fine" })).version).toBe(2);
  await expect(
    portals.changeCuration("team", "a", { entries: { tool: { x: null, y: { alias: "s" } } } }),
  ).rejects.toMatchObject({ code: "alias_taken" });
});

test("an alias that gives the name of a tool over an API in the portal is refused", async () => {
  await add({ naming: "plain", servers: ["a", "b"] });
  const alias = (name: string) =>
    portals.changeCuration("team", "a", { entries: { tool: { x: { alias: name } } } });
  await database.query(sql`update servers set kind = 'openapi', face = 'code' where slug = 'b'`);
  await expect(alias("b_search")).rejects.toMatchObject({ code: "alias_taken", field: "alias" });
  await expect(alias("b_execute")).rejects.toMatchObject({ code: "alias_taken", field: "alias" });
  expect((await alias("b_searches")).version).toBe(2);
  await database.query(sql`update servers set face = 'tools' where slug = 'b'`);
  expect((await alias("b_search")).version).toBe(3);
  await database.query(sql`update servers set kind = 'mcp', face = null where slug = 'b'`);
});

test("a host name is one portal's, and not the installation's", async () => {
  await add({ hostname: "team.example.com" });
  const other = { slug: parseSlug("other", "slug"), title: "Other", naming: "plain", servers: [] } as const;
  const taken = { code: "hostname_taken", field: "hostname" };
  await expect(portals.add({ ...other, hostname: "team.example.com" })).rejects.toMatchObject(taken);
  await expect(portals.add({ ...other, hostname: "mcp.example.com" })).rejects.toMatchObject(taken);
  await portals.add({ ...other, hostname: "team.example.com:8443" });
  await expect(portals.change("other", { hostname: "team.example.com" })).rejects.toMatchObject(taken);
  await portals.change("team", { hostname: null });
  expect((await portals.change("other", { hostname: "team.example.com" })).hostname).toBe("team.example.com");
});

test("a server that is not there is refused, and so is all that was asked with it", async () => {
  const unknown = { code: "server_unknown" };
  await expect(add({ servers: ["a", "nobody"] })).rejects.toMatchObject(unknown);
  await add();
  await expect(portals.putServer("team", "nobody")).rejects.toMatchObject(unknown);
  await expect(portals.change("team", { title: "New", servers: ["nobody"] })).rejects.toMatchObject(unknown);
  await expect(portals.changeCuration("team", "c", { mode: "all" })).rejects.toMatchObject({
    code: "portal_server_not_listed",
  });
  expect(await portals.get("team")).toMatchObject({ title: "Team", servers: ["a", "b"], version: 1 });
});

const text = fc.string({ unit: "grapheme", maxLength: 8 }).filter((value) => !value.includes("\0"));
const entry = fc.record({ enabled: fc.boolean(), description: text }, { requiredKeys: [] });
const entries = fc.dictionary(
  fc.oneof(
    fc.constantFrom("x", "y", "toString", "__proto__"),
    text.filter((name) => name !== ""),
  ),
  entry,
  { maxKeys: 3 },
);
const wholePortal = fc
  .record({
    title: text,
    naming: fc.constantFrom("prefixed", "plain"),
    instructions: text,
    hostname: fc.option(fc.constantFrom("one.example.com", "two.example.com:8443"), { nil: undefined }),
    autoAccept: fc.subarray(["prompt", "tool"] as const),
    isListed: fc.boolean(),
    directory: fc.constantFrom("workforce", "customers"),
    rules: fc.array(
      fc.record({
        who: fc.constantFrom("everyone", "group:A b", "user:a@b.example"),
        classes: fc.subarray(["read", "write", "destructive"] as const, { minLength: 1 }),
        places: fc.option(fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
    publicLimits: fc.record({
      requestsPerMinute: fc.integer({ min: 1, max: 1_000_000 }),
      requestsPerMinutePerAddress: fc.integer({ min: 1, max: 1_000_000 }),
    }),
    trustedIssuers: fc.subarray(["entra", "okta"]),
    managedBy: fc.option(text, { nil: undefined }),
    order: fc.shuffledSubarray(["a", "b", "c"]),
    modes: fc.array(fc.constantFrom("all", "allowlist"), { minLength: 3, maxLength: 3 }),
    said: fc.array(
      fc.record({ tool: entries, prompt: entries, resource: entries, resource_template: entries }),
      {
        minLength: 3,
        maxLength: 3,
      },
    ),
  })
  .map(({ order, modes, said, rules, ...rest }): WholePortal => ({
    ...rest,
    naming: rest.naming as "plain",
    directory: rest.directory as "workforce",
    access: rules.flatMap(({ places, ...rule }) => {
      const servers = places && order.filter((_, at) => places.includes(at)).toSorted();
      if (!servers) return [rule];
      return servers.length === 0 ? [] : [{ ...rule, servers }];
    }),
    servers: order.map((server, at) => ({
      server,
      curation: { mode: modes[at] as Curation["mode"], entries: said[at] as Curation["entries"] },
    })),
  }));

function byKey([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

test("replace makes a portal exactly what is asked for, and done again it changes nothing", async () => {
  await add();
  await fc.assert(
    fc.asyncProperty(wholePortal, async (whole) => {
      const replaced = await portals.replace("team", whole);
      const { version, ...rest } = replaced;
      expect(rest).toMatchObject({
        title: whole.title,
        naming: whole.naming,
        instructions: whole.instructions,
        hostname: whole.hostname,
        autoAccept: whole.autoAccept,
        isListed: whole.isListed,
        directory: whole.directory,
        access: whole.access,
        publicLimits: whole.publicLimits,
        trustedIssuers: whole.trustedIssuers,
        managedBy: whole.managedBy,
        servers: whole.servers.map((one) => (one as { server: string }).server),
      });
      const said = replaced.servers.map((server) => ({
        server,
        curation: curationOf(replaced, server) ?? everything,
      }));
      expect(said.map(({ curation: { mode } }) => mode)).toEqual(
        whole.servers.map((one) => (one as { curation: Curation }).curation.mode),
      );
      // Entries that say nothing are none; the rest is as it was asked for.
      for (const [at, { curation: stored }] of said.entries())
        for (const [kind, byName] of Object.entries(
          (whole.servers[at] as { curation: Curation }).curation.entries,
        ))
          expect(Object.entries(stored.entries[kind as CapabilityKind]).toSorted(byKey)).toEqual(
            Object.entries(byName)
              .filter(([, one]) => Object.keys(one).length > 0)
              .map(([name, one]) => [name, { ...one }])
              .toSorted(byKey),
          );
      expect((await portals.replace("team", whole)).version).toBe(version);
      const same = await portals.replace("team", { ...replaced, servers: said }, version);
      expect(same.version).toBe(version);
    }),
    { numRuns: 40 },
  );
});

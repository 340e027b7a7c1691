import { accessMigrations, type AccessRule } from "@castellan/access";
import {
  callMigrations,
  createCatalog,
  createDefinitionStore,
  createServerStore,
  type Catalog,
} from "@castellan/calls";
import { changeMigrations, createChangeFeed, type ChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, parseSlug, systemClock, type Clock } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { portalMigrations } from "../migrations.ts";
import { createPortalDirectory } from "./portal-directory.ts";
import { createPortalStore, type PortalStore } from "./portal-store.ts";

const opened = new AsyncDisposableStack();
let database: Database;
let changes: ChangeFeed;
let catalog: Catalog;
let portals: PortalStore;

beforeAll(async () => {
  database = opened.use(
    await createTestDatabase([changeMigrations, accessMigrations, callMigrations, portalMigrations]),
  );
  changes = opened.use(await createChangeFeed({ database }));
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  const servers = createServerStore({ database, vault });
  const definitions = createDefinitionStore(database);
  catalog = opened.use(await createCatalog({ servers, definitions, changes }));
  portals = createPortalStore(database);
});
afterAll(() => opened.disposeAsync());

const always: AccessRule = { who: "everyone", classes: ["read"] };
const endsAt = (ms: number): AccessRule => ({
  who: "group:a",
  classes: ["write"],
  until: new Date(ms).toISOString(),
});

async function open(slug: string, clock: Clock, access: readonly AccessRule[]) {
  await portals.add({ slug: parseSlug(slug, "slug"), title: slug, naming: "prefixed", servers: [], access });
  await changes.flush();
  const directory = await createPortalDirectory({ portals, catalog, changes, clock });
  onTestFinished(() => directory[Symbol.dispose]());
  return directory;
}

test("a rule that ends is not there from that moment on, and whoever follows the portal is told once", async () => {
  const clock = createManualClock();
  const ends = endsAt(clock.now() + 3_600_000);
  const directory = await open("asked", clock, [always, ends]);
  const told: string[] = [];
  directory.onChange((slug, lists) => told.push([slug, ...lists].join(" ")));
  const before = directory.find("asked");
  clock.advance(3_599_999);
  expect(directory.find("asked")).toBe(before);
  expect(before?.portal.access).toEqual([always, ends]);
  clock.advance(1);
  // Whoever looks first sees it so already.
  expect([...directory.list()].map(({ portal }) => portal.access)).toEqual([[always]]);
  expect(directory.find("asked")?.portal.access).toEqual([always]);
  await Promise.resolve();
  expect(told).toEqual(["asked"]);
  // What an admin sees is all of it.
  expect((await portals.get("asked")).access).toEqual([always, ends]);
});

test("it ends although nobody asks, with others that are let in later", async () => {
  await portals.remove("asked");
  const directory = await open("alone", systemClock, [always]);
  const seen: number[] = [];
  const ended = Promise.withResolvers<void>();
  directory.onChange(() => {
    seen.push(directory.find("alone")?.portal.access.length ?? -1);
    if (seen.at(-1) === 0) ended.resolve();
  });
  await portals.change("alone", { access: [endsAt(Date.now() + 300), endsAt(Date.now() + 600)] });
  await ended.promise;
  expect(seen.toSorted((a, b) => b - a)).toEqual(seen);
});

import { accessMigrations, type AccessRule } from "@castellan/access";
import { callMigrations, createServerStore } from "@castellan/calls";
import { newServer } from "@castellan/calls/testing";
import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { parseSlug } from "@castellan/kernel";
import { createVault, generateMasterKey } from "@castellan/vault";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { portalMigrations } from "../migrations.ts";
import { knownPortals } from "./known-portals.ts";
import { createPortalStore } from "./portal-store.ts";

const noonMs = Date.parse("2026-06-15T12:00:00Z");
const until = new Date(noonMs).toISOString();
let database: Database;

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations, callMigrations, portalMigrations]);
  const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));
  await createServerStore({ database, vault }).add(newServer("files"));
  const portals = createPortalStore(database, { publicHost: "mcp.example.com" });
  const access: AccessRule[] = [
    { who: "everyone", classes: ["read"] },
    { who: "everyone", classes: ["write"], until },
    { who: "public", classes: ["read"], until },
  ];
  for (const [slug, isReadOnly] of [
    ["open", false],
    ["still", true],
  ] as const)
    await portals.add({
      slug: parseSlug(slug, "slug"),
      title: slug,
      naming: "prefixed",
      servers: ["files"],
      access,
      isReadOnly,
    });
});
afterAll(() => database[Symbol.asyncDispose]());

test.each([
  ["before an access rule ends", noonMs - 1, ["read", "write"], true],
  ["from its end on", noonMs, ["read"], false],
])(
  "%s, what it gives is known; a read-only portal gives no more than reading",
  async (_, nowMs, open, isPublic) => {
    const known = await database.transaction((tx) => knownPortals(tx, ["still", "open", "gone"], nowMs));
    const both = { directory: "workforce", servers: ["files"], isPublic };
    expect(known).toEqual([
      { slug: "open", ...both, classes: open },
      { slug: "still", ...both, classes: ["read"] },
    ]);
  },
);

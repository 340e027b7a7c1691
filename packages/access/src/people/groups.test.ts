import { changeMigrations, sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createPeople, type People } from "./people.ts";

let database: Database;
let people: People;
let groups: Groups;
const clock = createManualClock(Date.UTC(2026, 0, 1));
const renamed: unknown[] = [];

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  people = createPeople({ database, clock });
  const onRenamed = async (_: unknown, group: { name: string }, name: string | undefined) =>
    void renamed.push([group.name, name]);
  groups = createGroups({ database, clock, onRenamed });
});
beforeEach(async () => {
  await database.query(sql`truncate users, groups cascade`);
  renamed.length = 0;
});
afterAll(() => database[Symbol.asyncDispose]());

const ops = { directory: "workforce", name: "Ops" } as const;
const toldUsers = async () =>
  (
    await database.query<{ topic: string; key: string }>(sql`delete from changes returning topic, key`)
  ).flatMap(({ topic, key }) => (topic === "users" ? [key] : []));

test("a group is made, renamed, filled, emptied and removed, and whoever is in it is told", async () => {
  const group = await groups.add({ ...ops, description: "Who runs it" });
  expect(group).toEqual({
    id: expect.stringMatching(/^grp_/) as string,
    ...ops,
    description: "Who runs it",
    members: 0,
    version: 1,
    createdAt: new Date(clock.now()),
    updatedAt: new Date(clock.now()),
  });
  const ada = await people.add({ directory: "workforce", email: "a@b.c", name: "Ada" }, { by: "admin" });
  await toldUsers();
  await groups.addMember(group.id, ada.id);
  await groups.addMember(group.id, ada.id);
  expect((await groups.get(group.id)).members).toBe(1);
  expect(await toldUsers()).toEqual([ada.id]);
  expect(await people.get(ada.id)).toMatchObject({ groups: ["Ops"], version: 2 });

  const changed = await groups.change(group.id, { name: "Operations" }, { ifMatch: 1 });
  expect(changed).toMatchObject({ name: "Operations", description: "Who runs it", version: 2, members: 1 });
  expect(await toldUsers()).toEqual([ada.id]);
  await expect(groups.remove(group.id, { ifMatch: 1 })).rejects.toMatchObject({ code: "version_stale" });

  await groups.removeMember(group.id, ada.id);
  await groups.addMember(group.id, ada.id);
  await toldUsers();
  await groups.remove(group.id);
  expect(await toldUsers()).toEqual([ada.id]);
  expect((await people.get(ada.id)).groups).toEqual([]);
  expect(renamed).toEqual([
    ["Ops", "Operations"],
    ["Operations", undefined],
  ]);
});

test("names are unique in a directory, however many want one at once", async () => {
  const adding = await Promise.allSettled(Array.from({ length: 5 }, () => groups.add(ops)));
  expect(adding.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const other = await groups.add({ ...ops, name: "Dev" });
  await groups.add({ ...ops, directory: "customers" });
  const taken = { code: "group_name_taken", field: "name" };
  await expect(groups.add(ops)).rejects.toMatchObject(taken);
  await expect(groups.change(other.id, { name: "Ops" })).rejects.toMatchObject(taken);
});

test("pages, narrowed; names may hold spaces", async () => {
  for (const name of ["c d", "b", "a b", "a c"]) await groups.add({ directory: "workforce", name });
  const first = await groups.page({ limit: 2 });
  const second = await groups.page({ limit: 2, after: first.next });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["a b", "a c", "b", "c d"]);
  expect(second.next).toBeUndefined();
  expect((await groups.page({ q: "C", limit: 9 })).items.map(({ name }) => name)).toEqual(["a c", "c d"]);
});

test("nobody of another directory, and nobody at all, comes in", async () => {
  const { id } = await groups.add(ops);
  const zed = await people.add({ directory: "customers", email: "z@b.c", name: "Zed" }, { by: "admin" });
  for (const user of [zed.id, createId("user")])
    await expect(groups.addMember(id, user)).rejects.toMatchObject({ code: "user_not_found" });
  await expect(groups.addMember(createId("group"), zed.id)).rejects.toMatchObject({
    code: "group_not_found",
  });
  await expect(groups.add({ ...ops, name: " x" })).rejects.toMatchObject({ field: "name" });
});

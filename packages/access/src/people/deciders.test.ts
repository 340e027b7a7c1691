import { changeMigrations, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId, createManualClock } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessMigrations } from "../migrations.ts";
import { findDeciders, findActivePerson } from "./deciders.ts";
import { createGroups } from "./groups.ts";
import { createPeople, type People } from "./people.ts";
import type { Directory, User } from "./user.ts";

let database: Database;
let people: People;
const owner = { by: "owner" } as const;

beforeAll(async () => {
  database = await createTestDatabase([changeMigrations, accessMigrations]);
  const clock = createManualClock();
  people = createPeople({ database, clock });
  const groups = createGroups({ database, clock });
  for (const directory of ["workforce", "customers"] as const)
    for (const name of ["ops", "legal"]) await groups.add({ directory, name });
});
afterAll(() => database[Symbol.asyncDispose]());

function add(name: string, groups: string[], directory: Directory = "workforce"): Promise<User> {
  return people.add({ directory, email: `${name}@example.com`, name, groups }, owner);
}

test("who somebody is at this moment", async () => {
  const ada = await add("zoe", []);
  expect(await findActivePerson(database, ada.id)).toEqual(ada);
  await people.change(ada.id, { status: "suspended" }, owner);
  expect(await findActivePerson(database, ada.id)).toBeUndefined();
  expect(await findActivePerson(database, createId("user"))).toBeUndefined();
});

test("colleagues are the company's, active, each once, in order, and so many at most", async () => {
  await add("carl", ["ops", "legal"]);
  await add("ben", ["legal"]);
  await add("ann", []);
  await add("dora", []);
  await add("customer", ["ops"], "customers");
  const left = await add("left", ["ops"]);
  await people.change(left.id, { status: "suspended" }, owner);
  const asked = {
    groups: ["ops", "legal"],
    people: ["ann@example.com", "carl@example.com", "nobody@example.com"],
  };
  const names = async (limit: number, who: Parameters<typeof findDeciders>[1] = asked) =>
    (await findDeciders(database, who, limit)).map(({ email }) => email);
  expect(await names(9)).toEqual(["ann@example.com", "ben@example.com", "carl@example.com"]);
  expect(await names(2)).toEqual(["ann@example.com", "ben@example.com"]);
  expect(await names(9, {})).toEqual([]);
});

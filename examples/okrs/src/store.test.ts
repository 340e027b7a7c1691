import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal, closeObjective, newObjective } from "./objective.ts";
import { type Change, openStore } from "./store.ts";

const now = new Date("2026-11-02T09:00:00.000Z");
const make =
  (title: string, owner = "Ada", quarter = "2026-Q4") =>
  (id: string) =>
    newObjective(id, { title, owner, quarter }, now);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "okrs-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("what was acknowledged is there after opening the file again, and ids are not used twice", async () => {
  const path = join(folder, "okrs.json");
  const first = await openStore(path);
  await Promise.all(["one", "two", "three"].map((title) => first.add(make(title))));
  await first.change("obj_2", (objective) => closeObjective(objective, "abandoned", undefined, now));
  await first.remove("obj_3", () => {});

  const second = await openStore(path);
  expect(second.list().map(({ id, title, status }) => [id, title, status])).toEqual([
    ["obj_1", "one", "active"],
    ["obj_2", "two", "abandoned"],
  ]);
  expect((await second.add(make("four"))).id).toBe("obj_4");
  expect(await readdir(folder)).toEqual(["okrs.json"]);
});

test("what is refused changes neither memory nor file, and listeners hear of the rest", async () => {
  const path = join(folder, "okrs.json");
  const store = await openStore(path);
  const heard: string[] = [];
  store.onChange(({ kind, objective }: Change) => heard.push(`${kind} ${objective.id}`));
  await store.add(make("one"));
  const text = await readFile(path, "utf8");

  await expect(store.remove("obj_9", () => {})).rejects.toThrow(
    new Refusal("There is no objective obj_9. Use list_objectives to find the id."),
  );
  await expect(
    store.remove("obj_1", () => {
      throw new Refusal("no");
    }),
  ).rejects.toThrow("no");
  await store.change("obj_1", (objective) => objective);
  expect(await readFile(path, "utf8")).toBe(text);

  await store.remove("obj_1", () => {});
  expect(store.list()).toEqual([]);
  expect(heard).toEqual(["added obj_1", "removed obj_1"]);
});

test("a change that cannot be written is not shown", async () => {
  const store = await openStore(join(folder, "gone", "okrs.json"));
  await expect(store.add(make("one"))).rejects.toThrow("ENOENT");
  expect(store.list()).toEqual([]);
});

test("a file that is not ours is refused by name, not overwritten", async () => {
  const path = join(folder, "other.json");
  await writeFile(path, '{"nextNumber":1,"objectives":[{"id":"obj_1"}]}');
  await expect(openStore(path)).rejects.toThrow(`${path} is not a file of objectives: `);
});

test("filters join with and", async () => {
  const store = await openStore();
  await store.add(make("one", "Ada", "2026-Q3"));
  await store.add(make("two", "Ada"));
  await store.add(make("three", "Bo"));
  const ids = (filter: Parameters<typeof store.list>[0]) => store.list(filter).map(({ id }) => id);
  expect(ids({ quarter: "2026-Q4" })).toEqual(["obj_2", "obj_3"]);
  expect(ids({ quarter: "2026-Q4", owner: " ada " })).toEqual(["obj_2"]);
  expect(ids({ owner: "Ad" })).toEqual([]);
  expect(ids({ status: "missed" })).toEqual([]);
});

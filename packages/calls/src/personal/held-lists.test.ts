import { expect, test } from "vitest";
import { HeldLists, nothingYet } from "./held-lists.ts";
import type { OwnLists } from "./own-lists.ts";

const listsOf = (chars: number): OwnLists => ({
  unread: new Map(),
  resources: [],
  fingerprints: new Map(),
  digest: "",
  chars,
});

test("there is room for so many, and who was looked at longest ago goes first", () => {
  const held = new HeldLists();
  for (let n = 0; n < 10_000; n += 1) held.add(String(n), nothingYet("srv", String(n)));
  held.get("0");
  held.add("new", nothingYet("srv", "new"));
  expect([held.get("0"), held.get("1"), held.get("new")].map((one) => one?.ownerId)).toEqual([
    "0",
    undefined,
    "new",
  ]);
});

test("what is too much together makes room, and is not read again at once", () => {
  const held = new HeldLists();
  const huge = 40 * 1024 * 1024;
  const [first, second] = ["a", "b"].map((id) => held.add(id, nothingYet("srv", id)));
  if (!first || !second) throw new Error("Nothing is held");
  first.lists = listsOf(huge);
  held.weigh(0);
  expect(first.lists).toBeDefined();
  second.lists = listsOf(huge);
  held.weigh(1_000);
  expect([first.lists, first.isKnown, first.dueMs]).toEqual([undefined, false, 31_000]);
  // One alone is kept, however much it is.
  second.lists = listsOf(huge * 4);
  held.weigh(2_000);
  expect(second.lists).toBeDefined();
});

test("a server that is gone is held no more", () => {
  const held = new HeldLists();
  held.add("a", nothingYet("one", "ada"));
  held.add("b", nothingYet("other", "ada"));
  held.dropServer("one");
  expect([held.at("one").length, held.at("other").length, held.get("a")]).toEqual([0, 1, undefined]);
});

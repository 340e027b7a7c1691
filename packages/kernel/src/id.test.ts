import { expect, test } from "vitest";
import { createId, earliestId, idPrefixes, isId } from "./id.ts";

test("an id carries its prefix, is recognised as its kind and as no other", () => {
  for (const kind of Object.keys(idPrefixes) as (keyof typeof idPrefixes)[]) {
    const id = createId(kind);
    expect(id).toMatch(new RegExp(`^${idPrefixes[kind]}_[0-9a-f]{32}$`));
    for (const other of Object.keys(idPrefixes) as (keyof typeof idPrefixes)[])
      expect(isId(other, id)).toBe(other === kind);
  }
});

test("ids made one after the other sort in that order", () => {
  const ids = Array.from({ length: 1000 }, () => createId("call"));
  expect(ids.toSorted()).toEqual(ids);
});

test("ids sort by the moment at which they were made", () => {
  const before = Date.now();
  const id = createId("run");
  expect(earliestId("run", before) <= id).toBe(true);
  // Those of one millisecond may run ahead of it by a few.
  expect(earliestId("run", Date.now() + 1_000) > id).toBe(true);
  expect(earliestId("run", -1)).toBe("run_000000000000");
  expect(earliestId("run", Number.MAX_SAFE_INTEGER)).toBe("run_ffffffffffff");
});

test("prefixes are unique", () => {
  expect(new Set(Object.values(idPrefixes)).size).toBe(Object.keys(idPrefixes).length);
});

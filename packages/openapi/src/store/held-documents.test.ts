import { expect, test } from "vitest";
import { HeldDocuments } from "./held-documents.ts";

test("one is made once, however many ask for it at once", async () => {
  const held = new HeldDocuments<object>();
  let made = 0;
  const make = () => {
    made += 1;
    return {};
  };
  const [a, b] = await Promise.all([held.put("a", 1, make), held.put("a", 1, make)]);
  expect(a).toBe(b);
  expect(await held.get("a")).toBe(a);
  expect([made, held.get("b")]).toEqual([1, undefined]);
});

test("what cannot be made is tried again", async () => {
  const held = new HeldDocuments<string>();
  await expect(held.put("a", 1, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await held.put("a", 1, () => "yes")).toBe("yes");
});

test("those that were not used for longest make room; one alone stays, however large", async () => {
  const held = new HeldDocuments<string>(10);
  for (const key of ["a", "b", "c"]) void held.put(key, 4, () => key);
  expect(["a", "b", "c"].map((key) => held.get(key) !== undefined)).toEqual([false, true, true]);
  void held.get("b");
  void held.put("d", 4, () => "d");
  expect(["b", "c", "d"].map((key) => held.get(key) !== undefined)).toEqual([true, false, true]);
  expect(await held.put("huge", 1_000, () => "huge")).toBe("huge");
  expect(["b", "d", "huge"].map((key) => held.get(key) !== undefined)).toEqual([false, false, true]);
});

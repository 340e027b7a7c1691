import { expect, test } from "vitest";
import { Concurrency } from "./concurrency.ts";

function fill(concurrency: Concurrency, key: string, limit: number): Disposable[] {
  const held: Disposable[] = [];
  for (let place = concurrency.enter(key, limit); place; place = concurrency.enter(key, limit))
    held.push(place);
  return held;
}

test("alone it is the limit; a place is given back once, however often", () => {
  const alone = new Concurrency({ livingReplicas: () => 1 });
  const held = fill(alone, "a", 3);
  expect([held.length, fill(alone, "b", 1).length, alone.taken]).toEqual([3, 1, 4]);
  held[0]?.[Symbol.dispose]();
  held[0]?.[Symbol.dispose]();
  expect([fill(alone, "a", 3).length, fill(alone, "a", 4).length]).toEqual([1, 1]);
});

test.each([
  [10, 1, [10]],
  [10, 2, [5, 5]],
  [10, 3, [4, 4, 4]],
  [1, 3, [1, 1, 1]],
])("a limit of %i over %i replicas gives them %j", (limit, replicas, expected) => {
  const each = Array.from({ length: replicas }, () => new Concurrency({ livingReplicas: () => replicas }));
  const shares = each.map((one) => fill(one, "k", limit).length);
  expect(shares).toEqual(expected);
  expect(shares.reduce((sum, share) => sum + share)).toBeLessThan(limit + replicas);
});

test("a share grows and shrinks with the replicas; who is in stays in", () => {
  let living = 2;
  const concurrency = new Concurrency({ livingReplicas: () => living });
  const held = fill(concurrency, "k", 6);
  expect(held.length).toBe(3);
  living = 1;
  held.push(...fill(concurrency, "k", 6));
  expect(held.length).toBe(6);
  living = 3;
  expect(concurrency.enter("k", 6)).toBeUndefined();
  for (const place of held.splice(0, 5)) place[Symbol.dispose]();
  expect(fill(concurrency, "k", 6).length).toBe(1);
});

test("a limit of this replica's own is not shared", () => {
  const concurrency = new Concurrency({ livingReplicas: () => 5 });
  const [first, second] = [concurrency.enterHere("k", 2), concurrency.enterHere("k", 2)];
  expect([concurrency.enterHere("k", 2), concurrency.taken]).toEqual([undefined, 2]);
  first?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  expect(concurrency.taken).toBe(0);
});

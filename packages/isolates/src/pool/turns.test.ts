import fc from "fast-check";
import { expect, test } from "vitest";

import { Turns } from "./turns.ts";

test("owners take turns, each with its first", () => {
  const turns = new Turns<string>();
  for (const waiter of ["a1", "a2", "a3", "b1", "c1", "b2"]) turns.add(waiter[0]!, waiter);
  const order = Array.from({ length: 6 }, () => turns.next(() => true));
  expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  expect(turns.next(() => true)).toBeUndefined();
});

test("an owner that may not is passed over and keeps its turn", () => {
  const turns = new Turns<string>();
  for (const waiter of ["a1", "b1", "a2"]) turns.add(waiter[0]!, waiter);
  expect(turns.next((owner) => owner !== "a")).toBe("b1");
  expect(turns.next((owner) => owner !== "a")).toBeUndefined();
  expect(turns.next(() => true)).toBe("a1");
});

test("however many one owner has, another waits for one of each at most", () => {
  const step = fc.oneof(fc.constantFrom("a", "b", "c", "d"), fc.constant("next"), fc.constant("leave"));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const turns = new Turns<{ readonly owner: string; readonly at: number }>();
      const waiting = new Map<string, { owner: string; at: number }[]>();
      const overtaken = new Map<string, number>();
      for (const [at, what] of steps.entries()) {
        if (what === "next") {
          const got = turns.next(() => true);
          const expected = [...waiting.values()].flat().length === 0;
          expect(got === undefined).toBe(expected);
          if (got === undefined) continue;
          const own = waiting.get(got.owner)!;
          expect(own.shift()).toBe(got);
          overtaken.set(got.owner, 0);
          for (const [owner, others] of waiting) {
            if (owner === got.owner || others.length === 0) continue;
            overtaken.set(owner, (overtaken.get(owner) ?? 0) + 1);
            expect(overtaken.get(owner)).toBeLessThanOrEqual(3);
          }
        } else if (what === "leave") {
          const own = [...waiting.values()].find((list) => list.length > 0);
          const gone = own?.pop();
          if (gone) turns.remove(gone.owner, gone);
          if (gone && own!.length === 0) overtaken.set(gone.owner, 0);
        } else {
          const waiter = { owner: what, at };
          turns.add(what, waiter);
          waiting.set(what, [...(waiting.get(what) ?? []), waiter]);
        }
        expect(turns.size).toBe([...waiting.values()].flat().length);
      }
    }),
  );
});

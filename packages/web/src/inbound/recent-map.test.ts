import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentMap } from "./recent-map.ts";

test("it never holds more than its capacity, and answers with what was set last or nothing", () => {
  const operations = fc.array(fc.record({ key: fc.integer({ min: 0, max: 30 }), write: fc.boolean() }), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(operations, fc.integer({ min: 2, max: 20 }), (steps, capacity) => {
      const map = new RecentMap<number, number>(capacity);
      const model = new Map<number, number>();
      for (const [index, { key, write }] of steps.entries()) {
        if (write) {
          map.set(key, index);
          model.set(key, index);
        }
        expect([model.get(key), undefined]).toContain(map.get(key));
        if (write) expect(map.get(key)).toBe(index);
        expect(map.size).toBeLessThanOrEqual(capacity);
      }
    }),
  );
});

test("what is asked for stays, what is not is forgotten", () => {
  const map = new RecentMap<string, number>(10);
  map.set("kept", 1);
  map.set("left", 2);
  for (let i = 0; i < 100; i++) {
    map.set(`passing ${i}`, i);
    expect(map.get("kept")).toBe(1);
  }
  expect(map.get("left")).toBeUndefined();
});

import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { RemoteCopy } from "./remote-copy.ts";

/** Something elsewhere that grows by one each time it is read, and can be away. */
function elsewhere() {
  const clock = createManualClock();
  const there = { reads: 0, isAway: false };
  const load = async () => {
    there.reads += 1;
    if (there.isAway) throw new Error(`away ${there.reads}`);
    return { read: there.reads };
  };
  const copy = new RemoteCopy({ load, clock, cooldownMs: 10, maxAgeMs: 100, maxStaleMs: 1_000 });
  return { clock, there, copy };
}

test("it is read when first asked for, by all who ask at once together, and again when it is old", async () => {
  const { clock, there, copy } = elsewhere();
  expect(await Promise.all([copy.get(), copy.get(), copy.get()])).toEqual(
    [1, 1, 1].map((read) => ({ read })),
  );
  clock.advance(99);
  expect(await copy.get()).toEqual({ read: 1 });
  clock.advance(1);
  expect(await Promise.all([copy.get(), copy.get()])).toEqual([{ read: 2 }, { read: 2 }]);
  expect(there.reads).toBe(2);
});

test("a newer one is read once for all who want it, and not again within the cooldown", async () => {
  const { clock, there, copy } = elsewhere();
  const first = await copy.get();
  expect(await copy.newerThan(first)).toBeUndefined();
  clock.advance(10);
  const newer = await Promise.all([copy.newerThan(first), copy.newerThan(first)]);
  expect(newer).toEqual([{ read: 2 }, { read: 2 }]);
  expect(await copy.newerThan(first)).toEqual({ read: 2 });
  expect(await copy.newerThan(await copy.get())).toBeUndefined();
  expect(there.reads).toBe(2);
});

test("while what it is a copy of is away it serves on, for as long as it may", async () => {
  const { clock, there, copy } = elsewhere();
  await copy.get();
  there.isAway = true;
  clock.advance(999);
  expect(await copy.get()).toEqual({ read: 1 });
  clock.advance(1);
  // Just tried: told the reason without trying again.
  await expect(copy.get()).rejects.toThrow("away 2");
  clock.advance(10);
  await expect(copy.get()).rejects.toThrow("away 3");
  there.isAway = false;
  await expect(copy.get()).rejects.toThrow("away 3");
  clock.advance(10);
  expect(await copy.get()).toEqual({ read: 4 });
});

import type { Id } from "@castellan/kernel";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { DueSyncs, gapMs, maxRunningSyncs, syncReasons, type SyncReason } from "./due-syncs.ts";

const [a, b] = ["srv_a", "srv_b"] as Id<"server">[] as [Id<"server">, Id<"server">];
let due: DueSyncs;

beforeEach(() => {
  due = new DueSyncs();
});

test("a failed call is looked into at once, once", () => {
  for (const ms of [1, 2, 3]) due.ask(a, "call_failed", ms);
  expect(due.nextMs).toBe(3);
  expect(due.take(3)).toMatchObject({ id: a });
  expect([due.take(3), due.nextMs]).toEqual([undefined, undefined]);
});

test("a change is waited out, but not for ever", () => {
  due.ask(a, "list_changed", 0);
  expect(due.nextMs).toBe(100);
  due.ask(a, "list_changed", 80);
  expect([due.take(179), due.nextMs]).toEqual([undefined, 180]);
  for (let ms = 100; ms < 500; ms += 50) due.ask(a, "list_changed", ms);
  expect([due.take(499), due.nextMs]).toEqual([undefined, 500]);
  expect(due.take(500)?.id).toBe(a);
});

test("the more urgent of two reasons decides", () => {
  due.ask(a, "list_changed", 0);
  due.ask(a, "call_failed", 10);
  due.ask(a, "list_changed", 20);
  const sync = due.take(20);
  expect(sync && gapMs(sync)).toBe(500);
  expect(due.nextMs).toBeUndefined();
});

test("what is asked for while it runs comes after it", () => {
  due.ask(a, "call_failed", 0);
  const sync = due.take(0);
  due.ask(a, "list_changed", 5);
  expect([due.take(9_000), due.nextMs]).toEqual([undefined, undefined]);
  if (sync) due.done(sync);
  expect(due.nextMs).toBe(105);
});

test("what one reason was put off for, another one does not wait for", () => {
  due.ask(a, "call_failed", 0);
  const sync = due.take(0);
  if (!sync) throw new Error("not due");
  due.done(sync);
  due.afterOther(sync, 100, 100);
  expect(due.nextMs).toBe(100 + 29_900);
  due.ask(a, "list_changed", 200);
  expect([due.take(299), due.nextMs]).toEqual([undefined, 300]);
  expect([...(due.take(300)?.asked.keys() ?? [])]).toEqual(["call_failed", "list_changed"]);
});

test("one server's wait does not hold up another", () => {
  due.ask(a, "list_changed", 0);
  due.ask(b, "call_failed", 1);
  expect([due.take(1)?.id, due.nextMs]).toEqual([b, 100]);
});

test.each<[SyncReason, number, number | undefined]>([
  // Begun after the last word: it has seen the change.
  ["list_changed", 400, undefined],
  // Under way since long ago: looked after soon.
  ["list_changed", 9_000, 1_000 + 500],
  ["call_failed", 600, 1_000 + 29_400],
  ["call_failed", 40_000, 1_000 + 500],
  ["scheduled", 600, undefined],
])("%s, and another sync began %d ms ago: next at %s", (reason, begunAgoMs, next) => {
  due.ask(a, reason, 500);
  const sync = due.take(1_000);
  if (!sync) throw new Error("it was due");
  due.afterOther(sync, begunAgoMs, 1_000);
  due.done(sync);
  expect(due.nextMs).toBe(next);
});

test("a server that never stops changing is read so often in a minute, whatever else is asked, and not forgotten", () => {
  const taken: number[] = [];
  for (let ms = 0; ms < 150_000; ms += 50) {
    due.ask(a, "list_changed", ms);
    if (ms % 1_000 === 0) due.ask(a, "call_failed", ms);
    const sync = due.take(ms);
    if (!sync) continue;
    taken.push(ms);
    due.done(sync);
  }
  for (const [n, ms] of taken.entries())
    expect(taken.filter((other) => other >= ms && other < ms + 60_000).length, `${n}`).toBeLessThanOrEqual(
      20,
    );
  expect(taken.length).toBeGreaterThan(40);
  // Another is not held up by it, and it is read once more when its time has come.
  due.ask(b, "list_changed", 150_000);
  expect(due.take(150_100)?.id).toBe(b);
  expect(due.take((taken.at(-20) ?? 0) + 60_000)?.id).toBe(a);
});

test("one that was put off is not asked for sooner by another word", () => {
  due.ask(a, "list_changed", 0);
  const sync = due.take(100);
  if (!sync) throw new Error("it was due");
  due.defer(sync, 5_000);
  due.done(sync);
  due.ask(a, "list_changed", 300);
  expect(due.nextMs).toBe(5_000);
});

test("whoever asks, and whatever runs: never more than four, never one server twice, and nobody is forgotten", () => {
  const ids = Array.from({ length: 7 }, (_, n) => `srv_${n}` as Id<"server">);
  const step = fc.record({
    id: fc.constantFrom(...ids),
    reason: fc.constantFrom(...(Object.keys(syncReasons) as SyncReason[])),
    afterMs: fc.nat(3_000),
    ends: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new DueSyncs();
      const running: { id: Id<"server"> }[] = [];
      const asked = new Map<Id<"server">, number>();
      let nowMs = 0;
      const takeAll = () => {
        for (let sync = table.take(nowMs); sync; sync = table.take(nowMs)) {
          expect(running.map(({ id }) => id)).not.toContain(sync.id);
          running.push(sync);
          expect(running.length).toBeLessThanOrEqual(maxRunningSyncs);
          asked.delete(sync.id);
        }
      };
      const end = () => {
        const sync = running.shift();
        if (sync) table.done(sync as never);
      };
      for (const { id, reason, afterMs, ends } of steps) {
        table.ask(id, reason, nowMs);
        asked.set(id, nowMs);
        takeAll();
        nowMs += afterMs;
        for (let n = 0; n < ends; n++) end();
      }
      while (running.length > 0 || table.nextMs !== undefined) {
        nowMs = Math.max(nowMs, table.nextMs ?? 0);
        takeAll();
        end();
      }
      expect([...asked.keys()]).toEqual([]);
    }),
  );
});

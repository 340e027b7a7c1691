import fc from "fast-check";
import { expect, test } from "vitest";
import { givenBack, grant, sliceMs, windowMs, type Grants } from "./window.ts";

const nowMs = Date.UTC(2026, 0, 1) + 250;
const second = Math.floor(nowMs / 1000);

test("what there is is granted, and then nothing until the first grant has left", () => {
  const first = grant([], { perMinute: 3, wanted: 2, nowMs });
  expect(first).toEqual({ grants: [[second, 2]], permits: 2, second, retryAfterMs: 0 });
  const rest = grant(first.grants, { perMinute: 3, wanted: 2, nowMs: nowMs + 1000 });
  expect(rest.grants).toEqual([
    [second, 2],
    [second + 1, 1],
  ]);
  expect([rest.permits, rest.second]).toEqual([1, second + 1]);
  const none = grant(rest.grants, { perMinute: 3, wanted: 2, nowMs: nowMs + 2000 });
  expect(none).toEqual({
    grants: rest.grants,
    permits: 0,
    second: second + 2,
    retryAfterMs: windowMs + sliceMs + 1000 - 2250,
  });
});

test("what is given back is there again; what was counted otherwise stays", () => {
  const grants: Grants = [
    [second, 2],
    [second + 1, 1],
  ];
  expect(givenBack(grants, second, 1)).toEqual([
    [second, 1],
    [second + 1, 1],
  ]);
  expect(givenBack(grants, second + 1, 1)).toEqual([[second, 2]]);
  expect(givenBack(grants, second + 9, 1)).toEqual(grants);
});

test("a lower rate waits until as much has left as must", () => {
  const grants: Grants = [
    [second - 30, 5],
    [second - 20, 5],
  ];
  expect(grant(grants, { perMinute: 5, wanted: 1, nowMs }).retryAfterMs).toBe(42_000 - 250);
  expect(grant(grants, { perMinute: 0, wanted: 1, nowMs })).toMatchObject({
    permits: 0,
    retryAfterMs: windowMs,
  });
});

test("a clock that was set back by an hour takes nobody's rate away for an hour", () => {
  const grants: Grants = [[second + 3600, 5]];
  expect(grant(grants, { perMinute: 5, wanted: 1, nowMs })).toEqual({
    grants: [[second, 5]],
    permits: 0,
    second,
    retryAfterMs: windowMs + sliceMs + 1000 - 250,
  });
});

test("no 60 seconds ever hold more calls than the rate, and a refusal says truly when to come back", () => {
  const steps = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.nat(50), fc.nat(5_000), fc.integer({ min: 59_000, max: 63_000 })),
      wanted: fc.integer({ min: 1, max: 8 }),
      used: fc.array(fc.oneof(fc.constantFrom(0, sliceMs), fc.nat(sliceMs)), { maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), steps, (perMinute, asked) => {
      let grants: Grants = [];
      let now = nowMs;
      const calls: number[] = [];
      for (const { afterMs, wanted, used } of asked) {
        now += afterMs;
        const granted = grant(grants, { perMinute, wanted, nowMs: now });
        grants = granted.grants;
        // Some are used, each at its own moment of the slice; the rest is given back.
        const made = used.slice(0, granted.permits).map((delay) => now + delay);
        calls.push(...made);
        if (made.length < granted.permits)
          grants = givenBack(grants, granted.second, granted.permits - made.length);
        if (granted.permits > 0) continue;
        const at = now + granted.retryAfterMs;
        const again = (moment: number) => grant(grants, { perMinute, wanted, nowMs: moment }).permits;
        expect([again(at) > 0, again(at - 1)]).toEqual([true, 0]);
      }
      const inOrder = calls.toSorted((a, b) => a - b);
      for (const [index, from] of inOrder.entries())
        expect(inOrder.slice(index).filter((at) => at < from + windowMs).length).toBeLessThanOrEqual(
          perMinute,
        );
    }),
    { numRuns: 1_000 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { backOffMs, stageOf } from "./due.ts";

const life = (lifeMs: number, isRenewable = true) => ({ fromMs: 0, expiresAtMs: lifeMs, isRenewable });

test.each([
  // An hour: 20 % is twelve minutes, five is the most.
  [3_600_000, 3_300_000, "good"],
  [3_600_000, 3_300_001, "ageing"],
  [3_600_000, 3_594_999, "ageing"],
  [3_600_000, 3_595_000, "expired"],
  // Five minutes: one minute is the least.
  [300_000, 240_000, "good"],
  [300_000, 240_001, "ageing"],
  // A minute: half of it.
  [60_000, 30_000, "good"],
  [60_000, 30_001, "ageing"],
  [0, 0, "expired"],
])("a token for %i ms is, after %i ms, %s", (lifeMs, nowMs, stage) => {
  expect(stageOf(life(lifeMs), nowMs)).toBe(stage);
});

test("without a refresh token it is used to its end, and one of which nobody says when always", () => {
  expect(stageOf(life(60_000, false), 59_999)).toBe("good");
  expect(stageOf(life(60_000, false), 60_000)).toBe("expired");
  const isRenewable = true;
  expect(stageOf({ fromMs: 0, expiresAtMs: undefined, isRenewable }, Number.MAX_SAFE_INTEGER)).toBe("good");
});

test("a token only gets older, and is never used after its end", () => {
  const order = ["good", "ageing", "expired"];
  fc.assert(
    fc.property(
      fc.nat(10 ** 9),
      fc.nat(10 ** 9),
      fc.nat(10 ** 9),
      fc.boolean(),
      (lifeMs, a, b, isRenewable) => {
        const [early, late] = a < b ? [a, b] : [b, a];
        const token = life(lifeMs, isRenewable);
        expect(order.indexOf(stageOf(token, early))).toBeLessThanOrEqual(order.indexOf(stageOf(token, late)));
        if (late >= lifeMs) expect(stageOf(token, late)).toBe("expired");
      },
    ),
  );
});

test("each failure waits twice as long, up to five minutes, and as long as the server asks", () => {
  const whole = [1, 2, 3, 9, 10, 1_000].map((times) => backOffMs(times, { random: 1 }));
  expect(whole).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  expect(backOffMs(1, { random: 0 })).toBe(500);
  expect(backOffMs(1, { random: 1, askedMs: 90_000 })).toBe(90_000);
  expect(backOffMs(1, { random: 1, askedMs: Number.MAX_SAFE_INTEGER })).toBe(3_600_000);
});

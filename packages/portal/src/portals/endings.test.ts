import { createManualClock } from "@castellan/kernel";
import { expect, onTestFinished, test } from "vitest";
import { Endings } from "./endings.ts";

/** Ends at these moments; what has ended is noted. */
function watch(...moments: number[]) {
  const clock = createManualClock(0);
  const left = new Set(moments);
  const ended: number[] = [];
  const heard = Promise.withResolvers<void>();
  const endings = new Endings({
    clock,
    next: () => Math.min(Number.POSITIVE_INFINITY, ...left),
    onEnd: () => {
      for (const moment of left)
        if (moment <= clock.now()) {
          left.delete(moment);
          ended.push(moment);
        }
      // Whoever hears of it looks again.
      endings.settle();
      heard.resolve();
    },
  });
  onTestFinished(() => endings[Symbol.dispose]());
  endings.expect();
  return { clock, left, ended, endings, heard: heard.promise };
}

test("whoever asks at the moment of an end finds it ended, however late the timer is", () => {
  const { clock, ended, endings } = watch(1000, 1000, 2000, 90_000_000);
  endings.settle();
  expect(ended).toEqual([]);
  clock.advance(1000);
  endings.settle();
  endings.settle();
  expect(ended).toEqual([1000]);
  clock.advance(89_999_000);
  endings.settle();
  expect(ended).toEqual([1000, 2000, 90_000_000]);
});

test("it ends although nobody asks", async () => {
  const { clock, ended, heard } = watch(20);
  clock.advance(20);
  await heard;
  expect(ended).toEqual([20]);
});

test("one that comes later may end sooner", () => {
  const { clock, left, ended, endings } = watch(5000);
  left.add(100);
  endings.expect();
  clock.advance(100);
  endings.settle();
  expect(ended).toEqual([100]);
});

test("given up, it ends nothing", () => {
  const { clock, ended, endings } = watch(10);
  endings[Symbol.dispose]();
  endings.expect();
  clock.advance(10);
  endings.settle();
  expect(ended).toEqual([]);
});

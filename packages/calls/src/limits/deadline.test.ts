import { createManualClock } from "@castellan/kernel";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadline } from "./deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(timeoutMs: number) {
  const clock = createManualClock();
  const onEnd = vi.fn<() => void>();
  const deadline = new Deadline({ timeoutMs, clock, onEnd });
  const pass = (ms: number) => {
    clock.advance(ms);
    vi.advanceTimersByTime(ms);
    return onEnd.mock.calls.length;
  };
  return { deadline, pass };
}

test("it ends once, when its time is over", () => {
  const { pass } = start(100);
  expect([pass(99), pass(1), pass(1_000)]).toEqual([0, 1, 1]);
});

test("one that was disposed of never ends, also when a hold is let go later", () => {
  const { deadline, pass } = start(100);
  const hold = deadline.hold();
  deadline[Symbol.dispose]();
  hold[Symbol.dispose]();
  expect(pass(1_000)).toBe(0);
});

test("while it is held the time stands still, and goes on where it was", () => {
  const { deadline, pass } = start(100);
  pass(60);
  const [first, second] = [deadline.hold(), deadline.hold()];
  pass(1_000);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(pass(1_000)).toBe(0);
  second[Symbol.dispose]();
  expect([pass(39), pass(1)]).toEqual([0, 1]);
});

import { createManualClock } from "@castellan/kernel";
import { expect, test } from "vitest";
import { CircuitBreaker, type CircuitOutcome, type CircuitPass } from "./circuit-breaker.ts";

function setUp() {
  const clock = createManualClock();
  const breaker = new CircuitBreaker(clock);
  const begin = (): CircuitPass => {
    const entered = breaker.enter();
    if (!entered.isAllowed) throw new Error(`refused for ${entered.retryAfterMs} ms`);
    return entered;
  };
  const make = (...outcomes: CircuitOutcome[]) => {
    for (const outcome of outcomes) begin().end(outcome);
  };
  const refusal = () => {
    const entered = breaker.enter();
    return entered.isAllowed ? undefined : entered.retryAfterMs;
  };
  return { clock, breaker, begin, make, refusal };
}

const five: CircuitOutcome[] = ["failure", "failure", "failure", "failure", "failure"];

test("five failures in a row open it, and it says for how long", () => {
  const { breaker, make, refusal, clock } = setUp();
  make("failure", "failure", "failure", "failure", "success", ...five.slice(1));
  expect(breaker.isOpen).toBe(false);
  make("unknown", "failure");
  expect([breaker.isOpen, refusal()]).toEqual([true, 5_000]);
  clock.advance(1_000.5);
  expect(refusal()).toBe(4_000);
});

test("what was given up neither opens nor closes it", () => {
  const { breaker, make } = setUp();
  make(...Array.from({ length: 50 }, (): CircuitOutcome => "unknown"));
  expect(breaker.isOpen).toBe(false);
});

test("after the pause one call is let through; a success closes it", () => {
  const { breaker, make, begin, refusal, clock } = setUp();
  make(...five);
  clock.advance(5_000);
  const attempt = begin();
  expect([refusal(), breaker.isOpen]).toEqual([5_000, true]);
  attempt.end("success");
  expect(breaker.isOpen).toBe(false);
  make("success", ...five);
  expect(refusal()).toBe(5_000);
});

test("each try that fails makes the pause twice as long, up to a minute", () => {
  const { make, begin, refusal, clock } = setUp();
  make(...five);
  const pauses = [];
  for (let n = 0; n < 6; n++) {
    const pause = refusal() ?? 0;
    pauses.push(pause);
    clock.advance(pause);
    begin().end("failure");
  }
  expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("a try that was given up is made again at once, one that does not end after another pause", () => {
  const { breaker, make, begin, refusal, clock } = setUp();
  make(...five);
  clock.advance(5_000);
  begin().end("unknown");
  const slow = begin();
  expect(refusal()).toBe(5_000);
  clock.advance(5_000);
  begin().end("failure");
  expect(refusal()).toBe(10_000);
  // It began before the other one failed: what it says is of the past.
  slow.end("success");
  expect([breaker.isOpen, refusal()]).toEqual([true, 10_000]);
});

test("calls that began before it opened say nothing of it", () => {
  const { breaker, make, begin, refusal } = setUp();
  const early = [begin(), begin(), begin()];
  make(...five);
  early[0]?.end("failure");
  early[1]?.end("success");
  early[2]?.end("unknown");
  expect([breaker.isOpen, refusal()]).toEqual([true, 5_000]);
});

test("calls that began before another one was answered say nothing of it", () => {
  const { breaker, begin, make } = setUp();
  const slow = [begin(), begin(), begin(), begin(), begin()];
  make("failure", "success", ...five.slice(1));
  for (const one of slow) one.end("failure");
  expect(breaker.isOpen).toBe(false);
  make("failure");
  expect(breaker.isOpen).toBe(true);
});

test("it can be closed from outside, and begins anew", () => {
  const { breaker, make, begin, refusal, clock } = setUp();
  make(...five);
  clock.advance(5_000);
  const attempt = begin();
  breaker.close();
  attempt.end("failure");
  expect(breaker.isOpen).toBe(false);
  make(...five);
  expect(refusal()).toBe(5_000);
});

import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changeLimits, limitTexts, type Limits } from "./limits.ts";

test("limits are set one by one, and taken away with nothing", () => {
  const first = changeLimits({}, [
    "calls-per-minute=60",
    "concurrency=10",
    "timeout=2m",
    "person.calls-per-minute=5",
    "tool.a.b=c.timeout=30s",
    "tool.a.b=c.person.concurrency=1",
  ]);
  expect(first).toEqual({
    callsPerMinute: 60,
    concurrency: 10,
    timeoutSeconds: 120,
    perPerson: { callsPerMinute: 5 },
    tools: { "a.b=c": { timeoutSeconds: 30, perPerson: { concurrency: 1 } } },
  });
  expect(changeLimits(first, ["concurrency=11", "timeout=", "tool.a.b=c.person.concurrency="])).toEqual({
    callsPerMinute: 60,
    concurrency: 11,
    perPerson: { callsPerMinute: 5 },
    tools: { "a.b=c": { timeoutSeconds: 30 } },
  });
  expect(changeLimits({ tools: { a: { concurrency: 1 } } }, ["tool.a.concurrency="])).toEqual({});
});

test.each([
  "",
  "concurrency",
  "=3",
  "speed=3",
  "concurrency=many",
  "timeout=30",
  "person.timeout=3s",
  "tool..x=1",
])("%j is refused", (text) => {
  expect(() => changeLimits({}, [text])).toThrow(
    expect.toSatisfy((error) => isFault(error, "usage_invalid")) as Error,
  );
});

test("what is shown of limits makes the same limits", () => {
  const number = fc.integer({ min: 1, max: 100_000 });
  const calls = fc.record({ callsPerMinute: number, concurrency: number }, { requiredKeys: [] });
  const some = (limits: object) => Object.keys(limits).length > 0;
  const timed = fc.record(
    { callsPerMinute: number, concurrency: number, timeoutSeconds: number, perPerson: calls.filter(some) },
    { requiredKeys: [] },
  );
  // A name that ends with ".person" cannot be told from a limit for each person.
  const tool = fc
    .oneof(fc.constantFrom("__proto__", "a.b", "timeout", "x=1"), fc.string({ minLength: 1 }))
    .filter((name) => !/(?:^|\.)person(?:\.|$)|\.(?:calls-per-minute|concurrency|timeout)/.test(name));
  const entries = fc.uniqueArray(fc.tuple(tool, timed.filter(some)), {
    selector: ([name]) => name,
    maxLength: 4,
  });
  fc.assert(
    fc.property(timed, entries, (own, tools) => {
      const limits = {
        ...own,
        ...(tools.length > 0 && { tools: Object.fromEntries(tools) }),
      } as Limits;
      expect(changeLimits({}, limitTexts(limits))).toEqual(limits);
    }),
  );
});

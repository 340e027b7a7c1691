import { expect, test } from "vitest";
import { isAtLeast, logLevels } from "./log-levels.ts";

test("a threshold lets pass what is as severe or more", () => {
  expect(logLevels.filter((level) => isAtLeast(level, "error"))).toEqual([
    "error",
    "critical",
    "alert",
    "emergency",
  ]);
  expect(logLevels.filter((level) => isAtLeast(level, "debug"))).toEqual(logLevels);
});

test.each([
  ["fatal", "debug"],
  [undefined, "debug"],
  [3, "debug"],
  ["error", "fatal"],
])("%o does not pass %o", (level, threshold) => {
  expect(isAtLeast(level, threshold)).toBe(false);
});

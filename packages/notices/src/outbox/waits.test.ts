import { expect, test } from "vitest";
import { waitMs } from "./waits.ts";

test("waits grow up to six hours, and keep to what was asked within them", () => {
  const seconds = (attempts: number, askedMs?: number) => waitMs(attempts, askedMs) / 1000;
  expect([1, 2, 3, 4, 5, 6, 7, 8, 50].map((attempts) => seconds(attempts))).toEqual([
    5, 20, 80, 320, 1280, 5120, 20_480, 21_600, 21_600,
  ]);
  expect([seconds(1, 60_000), seconds(3, 60_000), seconds(1, 1e12)]).toEqual([60, 80, 21_600]);
});

import { expect, test } from "vitest";
import { ago, ahead, span } from "./times.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const text = (piece: unknown) => /<time[^>]*>(.*)<\/time>/.exec(String(piece))?.[1];

test.each([
  [59_999, "just now", "in a moment"],
  [60_000, "1 minute ago", "in 1 minute"],
  [59 * 60_000, "59 minutes ago", "in 59 minutes"],
  [3600_000, "1 hour ago", "in 1 hour"],
  [86_399_999, "23 hours ago", "in 23 hours"],
  [86_400_000 * 59, "59 days ago", "in 59 days"],
  [86_400_000 * 60, "on 2 November 2025", "on 2 March 2026"],
])("%d ms are told as %s and %s", (ms, before, after) => {
  expect([text(ago(new Date(nowMs - ms), nowMs)), text(ahead(new Date(nowMs + ms), nowMs))]).toEqual([
    before,
    after,
  ]);
});

test("the exact time is there for whoever points at it", () => {
  expect(`${ahead(new Date(nowMs), nowMs)}`).toBe(
    '<time datetime="2026-01-01T12:00:00.000Z" title="1 January 2026 at 12:00 UTC">in a moment</time>',
  );
});

test.each([
  [0, "1 second"],
  [45, "45 seconds"],
  [60, "1 minute"],
  [90, "90 seconds"],
  [600, "10 minutes"],
  [5400, "90 minutes"],
  [86_400, "1 day"],
  [129_600, "36 hours"],
])("%d seconds are %s", (seconds, words) => {
  expect(span(seconds)).toBe(words);
});

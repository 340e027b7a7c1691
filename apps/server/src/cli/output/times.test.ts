import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { parseEnd, parsePast, parseSpan, parseStart, relativeTime, spanText } from "./times.ts";

const now = Date.UTC(2026, 6, 28, 12);

test.each([
  ["90s", 90_000],
  ["15m", 900_000],
  ["12h", 43_200_000],
  ["30d", 2_592_000_000],
  ["1w", 604_800_000],
])("%s is %i ms", (text, ms) => {
  expect(parseSpan(text, "--expires")).toBe(ms);
});

test.each(["", "1", "h", "-1h", "1.5h", "1 h", "1y", "2026-99-99", "2026-07-28T99:00"])(
  "%j is refused",
  (text) => {
    expect(() => parsePast(text, now, "--since")).toThrow(
      expect.toSatisfy((error) => isFault(error, "usage_invalid")) as Error,
    );
  },
);

test("a time in the past is a span before now, or said outright", () => {
  expect(parsePast("1h", now, "--since").toISOString()).toBe("2026-07-28T11:00:00.000Z");
  expect(parsePast("2026-07-27", now, "--since").toISOString()).toBe("2026-07-27T00:00:00.000Z");
  expect(parsePast("2026-07-28T13:00:00+02:00", now, "--since").toISOString()).toBe(
    "2026-07-28T11:00:00.000Z",
  );
});

test("an end is a span from now, the end of a day, or said outright; never in the past", () => {
  const ends = (text: string) => parseEnd(text, now, "--until").toISOString();
  expect(ends("4h")).toBe("2026-07-28T16:00:00.000Z");
  expect(ends("2026-07-28")).toBe("2026-07-29T00:00:00.000Z");
  expect(ends("2026-07-28T14:00:01+02:00")).toBe("2026-07-28T12:00:01.000Z");
  for (const text of ["0h", "2026-07-27", "2026-07-28T12:00:00Z", "2026-99-99", "soon"])
    expect(() => ends(text)).toThrow(expect.toSatisfy((error) => isFault(error, "usage_invalid")) as Error);
});

test("a start is a span from now, the beginning of a day, or said outright", () => {
  const starts = (text: string) => parseStart(text, now, "--starts").toISOString();
  expect(starts("4h")).toBe("2026-07-28T16:00:00.000Z");
  expect(starts("2026-07-28")).toBe("2026-07-28T00:00:00.000Z");
  expect(starts("2026-12-24")).toBe("2026-12-24T00:00:00.000Z");
  expect(starts("2026-07-28T14:00:01+02:00")).toBe("2026-07-28T12:00:01.000Z");
  for (const text of ["2026-99-99", "soon"])
    expect(() => starts(text)).toThrow(expect.toSatisfy((error) => isFault(error, "usage_invalid")) as Error);
});

test.each([
  [0, "just now"],
  [-9_000, "just now"],
  [-30_000, "30 s ago"],
  [-180_000, "3 min ago"],
  [-7_200_000, "2 h ago"],
  [-30 * 86_400_000, "30 d ago"],
  [86_400_000, "in 24 h"],
])("%i ms from now is %s", (offset, text) => {
  expect(relativeTime(new Date(now + offset).toISOString(), now)).toBe(text);
});

test.each([
  [30, "30s"],
  [90, "90s"],
  [1800, "30m"],
  [7200, "2h"],
  [86_400, "1d"],
  [604_800, "1w"],
])("%i seconds are %s, and that is what is read back", (seconds, text) => {
  expect(spanText(seconds)).toBe(text);
  expect(parseSpan(text, "--sync-every")).toBe(seconds * 1000);
});

import { expect, test } from "vitest";
import type { TimeWindow } from "../rules/selector.ts";
import { callerOf, connectionOf } from "../testing/rule-of.ts";
import { time } from "./time.ts";

function fits(window: TimeWindow, at: string): boolean {
  const matcher = time.matcher(window);
  if (matcher.time !== "what") throw new Error("a time window is looked at with each call");
  const moment = { caller: callerOf(), connection: connectionOf(), portal: "office", use: undefined };
  return matcher.match({ ...moment, nowMs: Date.parse(at) }) === "yes";
}

/** Of the moments, those that fit. */
function among(window: TimeWindow, moments: readonly string[]): readonly string[] {
  return moments.filter((at) => fits(window, at));
}

const office: TimeWindow = { days: ["mon", "fri"], from: "09:00", to: "17:30", zone: "Europe/Berlin" };

test("a window begins with its first minute and ends before its last", () => {
  // A Monday, in summer: two hours ahead of UTC.
  const moments = ["06:59:59.999", "07:00:00", "15:29:59.999", "15:30:00"].map((at) => `2026-06-15T${at}Z`);
  expect(among(office, moments)).toEqual(moments.slice(1, 3));
});

test("on its days only, by the calendar of the zone", () => {
  const days = ["14", "15", "16", "17", "18", "19", "20"].map((day) => `2026-06-${day}T10:00:00Z`);
  expect(among(office, days)).toEqual([days[1], days[5]]);
  const auckland: TimeWindow = { days: ["mon"], from: "00:00", to: "24:00", zone: "Pacific/Auckland" };
  // Monday begins there on Sunday noon.
  expect(
    among(auckland, [
      "2026-06-14T11:59:00Z",
      "2026-06-14T12:00:00Z",
      "2026-06-15T11:59:59Z",
      "2026-06-15T12:00:00Z",
    ]),
  ).toEqual(["2026-06-14T12:00:00Z", "2026-06-15T11:59:59Z"]);
});

test("over midnight it belongs to the day on which it began", () => {
  const night: TimeWindow = { days: ["sun"], from: "22:00", to: "06:00", zone: "UTC" };
  const moments = [
    "13T23:00",
    "14T05:00",
    "14T21:59",
    "14T22:00",
    "15T00:00",
    "15T05:59",
    "15T06:00",
    "15T22:00",
  ];
  expect(
    among(
      night,
      moments.map((at) => `2026-06-${at}:00Z`),
    ),
  ).toEqual(["14T22:00", "15T00:00", "15T05:59"].map((at) => `2026-06-${at}:00Z`));
});

test("goes by the clock on the wall when the clocks change", () => {
  const morning: TimeWindow = { from: "09:00", to: "10:00", zone: "Europe/Berlin" };
  const moments = [
    "2026-03-28T08:00:00Z",
    "2026-03-29T07:00:00Z",
    "2026-03-29T08:00:00Z",
    "2026-10-25T08:00:00Z",
  ];
  expect(among(morning, moments)).toEqual([moments[0], moments[1], moments[3]]);
  // The hour from two to three is there twice in autumn, and not at all in spring.
  const small: TimeWindow = { from: "02:00", to: "03:00", zone: "Europe/Berlin" };
  const autumn = [
    "2026-10-24T23:59:00Z",
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-10-25T02:00:00Z",
  ];
  expect(among(small, autumn)).toEqual(autumn.slice(1, 3));
  expect(among(small, ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"])).toEqual([]);
});

test("zones that are off by less than an hour", () => {
  const tea: TimeWindow = { from: "16:00", to: "16:15", zone: "Asia/Kathmandu" };
  expect(among(tea, ["2026-06-15T10:14:59Z", "2026-06-15T10:15:00Z", "2026-06-15T10:30:00Z"])).toEqual([
    "2026-06-15T10:15:00Z",
  ]);
});

test.each<readonly [Partial<TimeWindow>, string]>([
  [{ from: "9:00" }, "`from` must be HH:MM, 00:00 to 23:59"],
  [{ from: "24:00" }, "`from` must be HH:MM, 00:00 to 23:59"],
  [{ to: "24:01" }, "`to` must be HH:MM, 00:00 to 24:00"],
  [{ to: "17:60" }, "`to` must be HH:MM, 00:00 to 24:00"],
  [{ from: "09:00", to: "09:00" }, "`from` and `to` are the same, so that the window has no length"],
  [{ days: [] }, "`days` must name a day, or be left out for every day"],
  [{ zone: "Mars/Olympus" }, "`zone` must be a time zone, such as Europe/Berlin"],
  [{ zone: "+02:00" }, "`zone` must be a time zone, such as Europe/Berlin"],
])("%j is refused", (part, problem) => {
  expect(time.problem({ ...office, ...part })).toBe(problem);
});

/** Rules about the time, and about what a call says: found out with each call, so that lists stay as they are. */
import { days, type TimeWindow } from "@castellan/policy";
import { afterAll, beforeAll, describe, test } from "vitest";
import { expectDecided, expectUndecided, placements, type Case } from "./placements.ts";
import { openSelectors, type SelectorScene, type Way } from "./scene.ts";
import { proxyAddress, strangerAddress, wayOut } from "./ways.ts";

const opened = new AsyncDisposableStack();
let scene: SelectorScene;
let ids: { readonly one: string; readonly other: string };
let ways: Readonly<Record<"one" | "other", Way>>;

const proxy = opened.use(wayOut({ from: proxyAddress }));
const stranger = opened.use(wayOut({ from: strangerAddress }));

beforeAll(async () => {
  scene = opened.use(await openSelectors());
  const [one, other] = [await scene.program("one"), await scene.program("other")];
  ids = { one: one.id, other: other.id };
  const { main: url } = scene;
  ways = { one: { url, token: one.secret }, other: { url, token: other.secret } };
});
afterAll(() => opened.disposeAsync());

const hourMs = 60 * 60_000;

/** From so many hours from now until so many, by the clock of UTC; on the day on which that begins, or one after. */
function hours(
  from: number,
  to: number,
  { daysLater, zone = "UTC" }: { daysLater?: number; zone?: string } = {},
) {
  const [begin, end] = [new Date(Date.now() + from * hourMs), new Date(Date.now() + to * hourMs)];
  const clock = (date: Date) => date.toISOString().slice(11, 16);
  // Of JavaScript's days Sunday is the first.
  const day = days[(begin.getUTCDay() + 6 + (daysLater ?? 0)) % 7];
  const window: TimeWindow = { from: clock(begin), to: clock(end), zone };
  return { time: { ...window, ...(daysLater !== undefined && day && { days: [day] }) } };
}

const pretending = () => ({ ...ways.one, headers: { date: "Thu, 01 Jan 1970 00:00:00 GMT" } });

describe.each(placements)("$place", (placement) => {
  test.each([
    ["hours around now", hours(-2, 2), true],
    ["on this day", hours(-2, 2, { daysLater: 0 }), true],
    ["on another day", hours(-2, 2, { daysLater: 2 }), false],
    ["hours that are over", hours(-5, -2), false],
    ["hours that come", hours(2, 5), false],
    ["the same hours at a place where they are over", hours(-2, 2, { zone: "Pacific/Kiritimati" }), false],
    ["the same hours at a place where they come", hours(-2, 2, { zone: "Pacific/Honolulu" }), false],
  ])("%s", async (_, selector, fits) => {
    const comers = { one: ways.one, pretending: pretending() };
    await expectDecided(scene, placement, {
      selector,
      known: "what",
      fitting: fits ? comers : {},
      others: fits ? {} : comers,
    });
  });

  test.each<[string, () => Case]>([
    [
      "of who calls",
      () => ({
        selector: { expression: `caller.kind == "service" && caller.id == "${ids.one}"` },
        known: "who",
        fitting: { one: ways.one },
        others: { other: { ...ways.other, args: { caller: { id: ids.one } } } },
      }),
    ],
    [
      "of where from",
      () => ({
        selector: { expression: `connection.address == "198.51.100.7" && caller.id == "${ids.one}"` },
        known: "where",
        fitting: { forwarded: from(proxy) },
        others: {
          "from who is no proxy": from(stranger),
          "by itself": ways.one,
        },
      }),
    ],
    [
      "of arguments",
      () => ({
        selector: { expression: 'call.tool == "look" && call.arguments.amount > 100' },
        known: "what",
        fitting: { much: { ...ways.one, args: { amount: 101 } }, "more than much": amount(9e15) },
        others: { little: amount(100), "less than nothing": amount(-101) },
      }),
    ],
    [
      "of arguments that may be absent",
      () => ({
        selector: { expression: 'has(call.arguments.path) && call.arguments.path.startsWith("/etc/")' },
        known: "what",
        fitting: { there: { ...ways.one, args: { path: "/etc/passwd" } } },
        others: { elsewhere: { ...ways.one, args: { path: "/tmp" } }, nowhere: ways.one },
      }),
    ],
    [
      "of the time",
      () => ({
        selector: { expression: 'now > timestamp("2026-01-01T00:00:00Z")' },
        known: "what",
        fitting: { one: ways.one, pretending: pretending() },
        others: {},
      }),
    ],
  ])("an expression %s", async (_, of) => {
    await expectDecided(scene, placement, of());
  });

  test("an expression of which nobody can say whether it is true", async () => {
    await expectUndecided(scene, placement, {
      selector: { expression: "call.arguments.amount > 100" },
      known: "what",
      ways: {
        absent: ways.one,
        "of another type": { ...ways.one, args: { amount: "much" } },
        null: { ...ways.one, args: { amount: null } },
        "a list": { ...ways.one, args: { amount: [101] } },
      },
    });
  });

  test("an expression over more than it may look at", async () => {
    await expectUndecided(scene, placement, {
      selector: { expression: 'call.arguments.all.exists(one, one == "x")' },
      known: "what",
      ways: { large: { ...ways.one, args: { all: Array.from({ length: 100_000 }, () => "x") } } },
    });
  });
});

const amount = (value: number): Way => ({ ...ways.one, args: { amount: value } });
const from = (dispatcher: NonNullable<Way["dispatcher"]>): Way => ({
  ...ways.one,
  dispatcher,
  headers: { "x-forwarded-for": "198.51.100.7" },
});

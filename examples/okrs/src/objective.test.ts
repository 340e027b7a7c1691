import { expect, test } from "vitest";
import {
  type Objective,
  Refusal,
  addKeyResult,
  checkIn,
  closeObjective,
  keyResultProgress,
  newObjective,
  objectiveConfidence,
  objectiveProgress,
  objectiveSchema,
  quarterOf,
} from "./objective.ts";
import { objectiveReport, quarterReport } from "./report.ts";

const now = new Date("2026-11-02T09:00:00.000Z");
const bare = newObjective("obj_1", { title: "Invoices are paid", owner: "Ada", quarter: "2026-Q4" }, now);
const planned = [
  { title: "Days until paid", unit: "days", startValue: 40, targetValue: 20 },
  { title: "Paid by card", unit: "%", startValue: 10, targetValue: 60 },
].reduce(addKeyResult, bare);
const moved = checkIn(
  checkIn(
    planned,
    { keyResultId: "kr_1", value: 30, confidence: "at_risk", note: "Two | customers\nleft" },
    now,
  ),
  { keyResultId: "kr_2", value: 70, confidence: "on_track" },
  now,
);
const closed = closeObjective(moved, "missed", "Start earlier", now);

test("progress runs from start to target, downwards too, and stays within 0 and 1", () => {
  expect([bare, planned, moved].map(objectiveProgress)).toEqual([0, 0, 0.75]);
  expect(moved.keyResults.map(keyResultProgress)).toEqual([0.5, 1]);
  const worse = checkIn(planned, { keyResultId: "kr_1", value: 90, confidence: "off_track" }, now);
  expect(worse.keyResults.map(keyResultProgress)).toEqual([0, 0]);
  expect([planned, moved, worse].map(objectiveConfidence)).toEqual(["on_track", "at_risk", "off_track"]);
});

test("every state is one that the store reads back, and check-ins are kept", () => {
  for (const state of [bare, planned, moved, closed])
    expect(objectiveSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  expect(moved.keyResults[0]?.checkIns).toEqual([
    { at: "2026-11-02T09:00:00.000Z", value: 30, confidence: "at_risk", note: "Two | customers\nleft" },
  ]);
});

test("closing again with the same outcome changes nothing", () => {
  expect(closeObjective(closed, "missed", "another lesson", now)).toBe(closed);
});

const full = [1, 2, 3].reduce(
  (objective, n) => addKeyResult(objective, { title: `More ${n}`, unit: "", startValue: 0, targetValue: n }),
  planned,
);
const refused: [string, () => Objective, string][] = [
  [
    "a key result without a way to go",
    () => addKeyResult(bare, { title: "x", unit: "", startValue: 3, targetValue: 3 }),
    "startValue and targetValue are both 3: there is nothing to reach. Change one of them.",
  ],
  [
    "a sixth key result",
    () => addKeyResult(full, { title: "x", unit: "", startValue: 0, targetValue: 3 }),
    "obj_1 has 5 key results already. Sharpen one of them, or create another objective.",
  ],
  [
    "an unknown key result",
    () => checkIn(planned, { keyResultId: "kr_3", value: 1, confidence: "on_track" }, now),
    "obj_1 has no key result kr_3. It has kr_1 (Days until paid), kr_2 (Paid by card).",
  ],
  [
    "a check-in on nothing",
    () => checkIn(bare, { keyResultId: "kr_1", value: 1, confidence: "on_track" }, now),
    "obj_1 has no key result kr_1. Add one with add_key_result.",
  ],
  [
    "a check-in after the end",
    () => checkIn(closed, { keyResultId: "kr_1", value: 1, confidence: "on_track" }, now),
    "obj_1 is closed (missed) and stays as it is. Create a new objective to go on.",
  ],
  [
    "another outcome",
    () => closeObjective(closed, "achieved", undefined, now),
    "obj_1 is closed (missed) and stays as it is. Create a new objective to go on.",
  ],
  [
    "success without key results",
    () => closeObjective(bare, "achieved", undefined, now),
    "obj_1 has no key results, so nothing shows that it was achieved. Add one, or close it as abandoned.",
  ],
];

test.each(refused)("%s is refused", (_, attempt, message) => {
  expect(attempt).toThrow(new Refusal(message));
});

test("a report shows it all, and what people typed stays text", () => {
  expect(objectiveReport(closed)).toBe(`# Invoices are paid

obj_1 · Ada · 2026-Q4 · missed · 75 %

| key result | start | now | target | progress | confidence |
|---|---|---|---|---|---|
| Days until paid | 40 days | 30 days | 20 days | 50 % | at risk |
| Paid by card | 10 % | 70 % | 60 % | 100 % | on track |

## Notes

- 2026-11-02, kr_1: Two \\| customers left

## Lesson

Start earlier
`);
  expect(quarterReport("2026-Q4", [moved, closed])).toBe(`# Objectives of 2026-Q4

- **Invoices are paid** (obj_1, Ada): 75 %, at risk
- **Invoices are paid** (obj_1, Ada): 75 %, missed
`);
  expect(quarterReport("2027-Q1", [])).toBe("# Objectives of 2027-Q1\n\nNone.\n");
});

test.each([
  ["2026-01-01T00:00:00Z", "2026-Q1"],
  ["2026-06-30T23:59:59Z", "2026-Q2"],
  ["2026-12-31T23:59:59Z", "2026-Q4"],
])("%s is in %s", (moment, quarter) => {
  expect(quarterOf(new Date(moment))).toBe(quarter);
});

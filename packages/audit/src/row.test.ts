import { expect, test } from "vitest";
import { absent, fieldSeparator, toLine } from "./row.ts";
import type { CallRecord } from "./call-record.ts";
import { exampleCall } from "./testing.ts";

/** All that came after the fields that every line has. */
const none = {
  via: undefined,
  class: undefined,
  name: undefined,
  clientId: undefined,
  country: undefined,
  policy: undefined,
  approvalId: undefined,
  accountId: undefined,
};

test.each<[string, Partial<CallRecord>, readonly string[]]>([
  ["without later fields a line is what it always was", none, []],
  ["as with the first of them", { ...none, via: "portal_execute" }, ["portal_execute"]],
  [
    "those before one that is present have their place",
    { ...none, clientId: "cli_1" },
    [absent, absent, absent, "cli_1"],
  ],
  [
    "rules are told by name",
    { ...none, policy: { outcome: "deny", rules: ["a", "b"] } },
    [absent, absent, absent, absent, absent, "deny a,b"],
  ],
  [
    "an account is the last of them",
    { ...none, accountId: "acc_1" },
    [absent, absent, absent, absent, absent, absent, absent, "acc_1"],
  ],
  [
    "a level that allows others has none",
    { ...none, policy: { outcome: "deny", rules: [] } },
    [absent, absent, absent, absent, absent, "deny"],
  ],
])("%s", (_, fields, later) => {
  expect(toLine(exampleCall(fields)).split(fieldSeparator).slice(25)).toEqual(later);
});

test("of more rules than there is room for the first stand, whole", () => {
  const rules = Array.from({ length: 100 }, (_, at) => `rule-${at}`.padEnd(63, "x"));
  const policy = toLine(exampleCall({ policy: { outcome: "ask", rules } })).split(fieldSeparator)[30];
  expect(policy).toBe(`ask ${rules.slice(0, 7).join(",")},…`);
  expect(policy?.length).toBeLessThanOrEqual(512);
});

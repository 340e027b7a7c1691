import type { Decision, LevelDecision } from "@castellan/policy";
import { expect, test } from "vitest";
import { policyDenied } from "./refusals.ts";
import { recordedPolicy } from "./recorded.ts";

const inherited = (level: LevelDecision["level"]): LevelDecision => ({
  level,
  outcome: "allow",
  why: "inherited",
  rules: [],
});
const decision = (outcome: Decision["outcome"], ...levels: LevelDecision[]): Decision => ({
  outcome,
  levels,
  demands: [],
});

test.each<[readonly LevelDecision[], string, { level: string; rules: string[] }, recorded?: string[]]>([
  [
    [inherited("portal"), { level: "server", outcome: "deny", why: "blocked", rules: ["a"] }],
    "Refused by policy: rule a blocks x",
    { level: "server", rules: ["a"] },
  ],
  [
    [
      { level: "portal", outcome: "deny", why: "blocked", rules: ["b"] },
      { level: "use", outcome: "deny", why: "blocked", rules: ["a", "b"] },
    ],
    "Refused by policy: rules a, b block x",
    { level: "portal", rules: ["a", "b"] },
  ],
  [
    [
      inherited("portal"),
      { level: "server", outcome: "deny", why: "not_allowed", rules: [], allowing: ["a"] },
    ],
    "Refused by policy: the rules for this server allow x only to others, or at other times or from other places",
    { level: "server", rules: [] },
    ["a"],
  ],
  [
    [
      { level: "portal", outcome: "deny", why: "not_allowed", rules: [], allowing: ["z"] },
      { level: "use", outcome: "deny", why: "blocked", rules: ["b"] },
    ],
    "Refused by policy: rule b blocks x",
    { level: "use", rules: ["b"] },
  ],
  [
    [{ level: "use", outcome: "deny", why: "blocked", rules: ["1", "2", "3", "4", "5", "6", "7"] }],
    "Refused by policy: rules 1, 2, 3, 4, 5 and 2 more block x",
    { level: "use", rules: ["1", "2", "3", "4", "5", "6", "7"] },
  ],
])("%j is told as %j", (levels, message, data, recorded = data.rules) => {
  const fault = policyDenied({ levels }, "x");
  expect([fault.code, fault.message, fault.data]).toEqual(["policy_denied", message, data]);
  expect(recordedPolicy(undefined, fault)).toEqual({ outcome: "deny", rules: recorded });
});

test("what no rule says anything of is not on record; what one says, by the level that decided", () => {
  expect(recordedPolicy(decision("allow", inherited("portal"), inherited("use")), undefined)).toBeUndefined();
  expect(recordedPolicy(undefined, undefined)).toBeUndefined();
  const asks = decision(
    "ask",
    { level: "portal", outcome: "allow", why: "allowed", rules: ["in"] },
    { level: "use", outcome: "ask", why: "asked", rules: ["two-eyes"] },
  );
  expect(recordedPolicy(asks, undefined)).toEqual({ outcome: "ask", rules: ["two-eyes"] });
});

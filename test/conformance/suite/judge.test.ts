import { expect, test } from "vitest";
import { judge, type ExpectedFailure } from "./judge.ts";
import type { Check, Outcome } from "./run.ts";

const passed: Check = { id: "passed", status: "SUCCESS" };
const failed: Check = { id: "failed", status: "FAILURE", errorMessage: "Expected 400" };
const warned: Check = { id: "warned", status: "WARNING" };

const outcome: Outcome = new Map([
  ["good", [passed, { id: "told", status: "INFO" }, { id: "skipped", status: "SKIPPED" }]],
  ["bad", [passed, failed, warned]],
  ["silent", []],
  ["beside", [failed]],
]);

const entry = (scenario: string, check?: string): ExpectedFailure => ({
  scenario,
  ...(check !== undefined && { check }),
  because: "Servers MUST NOT do this.",
  source: "https://modelcontextprotocol.io",
  so: "It cannot be done.",
});

test("failures and warnings of the scenarios that are asked for are failures, and silence is not a pass", () => {
  expect(judge(outcome, ["good", "bad", "silent", "absent"])).toEqual({
    failed: ["bad:failed: Expected 400", "bad:warned: WARNING"],
    stale: [],
    missing: ["silent", "absent"],
  });
});

test("an expected failure covers its check, or its scenario where it names no check", () => {
  expect(judge(outcome, ["bad"], [entry("bad", "failed")])).toEqual({
    failed: ["bad:warned: WARNING"],
    stale: [],
    missing: [],
  });
  expect(judge(outcome, ["bad"], [entry("bad")])).toEqual({ failed: [], stale: [], missing: [] });
});

test("an expected failure that does not happen is stale", () => {
  const entries = [
    entry("good"),
    entry("bad", "passed"),
    entry("bad", "typo"),
    entry("beside"),
    entry("bad"),
  ];
  expect(judge(outcome, ["good", "bad"], entries)).toEqual({
    failed: [],
    stale: ["good", "bad:passed", "bad:typo", "beside"],
    missing: [],
  });
});

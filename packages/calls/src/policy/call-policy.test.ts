import { compilePolicies, type Connection, type Judge, type Policies, type Rule } from "@castellan/policy";
import { createId } from "@castellan/kernel";
import { expect, test } from "vitest";
import { plainConnection } from "../testing.ts";
import { createCallPolicy, type CallPolicyOptions } from "./call-policy.ts";

const ann = { kind: "public", id: "public", name: "Ann", role: "member", scopes: undefined } as const;
const here: Connection = { ...plainConnection, postures: {} };
const madeAt = new Date("2026-01-01T00:00:00Z");
const use = {
  portal: "main",
  server: "files",
  class: "read",
  tool: undefined,
  method: "tools/call",
  arguments: {},
  nowMs: 0,
} as const;

/** Whose device is in order, as both of two evaluators say. */
const healthy: Rule = {
  id: createId("rule"),
  name: "healthy",
  action: "allow",
  description: "",
  at: {},
  include: [{ posture: "disk" }],
  require: [{ posture: "patch" }],
  exclude: [],
  stepUp: undefined,
  purpose: undefined,
  approval: undefined,
  startsAt: undefined,
  endsAt: undefined,
  isEnabled: true,
  managedBy: undefined,
  version: 1,
  createdAt: madeAt,
  updatedAt: madeAt,
};

function policyOf(evaluate: CallPolicyOptions["evaluate"], current = () => compilePolicies([healthy])) {
  return createCallPolicy({ current, ...(evaluate && { evaluate }) });
}

const outcome = (judge: Judge) => judge.decide(use).outcome;

test("what is known is judged at once, and nobody is asked where no answer matters", () => {
  const asked: (readonly string[])[] = [];
  const known = policyOf((evaluators) => {
    asked.push(evaluators);
    return { disk: true, patch: true };
  });
  const judge = known.judge(ann, here, "main");
  expect(judge).not.toBeInstanceOf(Promise);
  expect(outcome(judge as Judge)).toBe("allow");
  // What is known of the connection already stays.
  const partly = policyOf(() => ({ patch: true })).judge(ann, { ...here, postures: { disk: true } }, "main");
  expect(outcome(partly as Judge)).toBe("allow");
  const none = policyOf(
    () => expect.unreachable(),
    () => compilePolicies([]),
  );
  expect(none.judge(ann, here, "main")).not.toBeInstanceOf(Promise);
  expect(asked).toEqual([["disk", "patch"]]);
});

test("what has to be asked comes later, and is judged by the rules of then", async () => {
  let rules: Policies = compilePolicies([healthy]);
  const answered = Promise.withResolvers<Record<string, boolean>>();
  const policy = policyOf(
    () => answered.promise,
    () => rules,
  );
  const judge = policy.judge(ann, here, "main");
  expect(judge).toBeInstanceOf(Promise);
  rules = compilePolicies([
    healthy,
    { ...healthy, name: "closed", action: "block", include: [{ public: true }] },
  ]);
  answered.resolve({ disk: true, patch: true });
  expect(outcome(await judge)).toBe("deny");
});

test("without evaluators the rules that want one are not met", () => {
  expect(outcome(policyOf(undefined).judge(ann, here, "main") as Judge)).toBe("deny");
});

import type { Principal } from "@castellan/access";
import { createId } from "@castellan/kernel";
import type { Demand } from "@castellan/policy";
import { expect, test } from "vitest";
import { assertPerson, needsOf } from "./needs.ts";

const nowMs = Date.UTC(2026, 0, 1);

const person = (amr: readonly string[], agoSeconds?: number): Principal => ({
  kind: "user",
  id: createId("user"),
  name: "Ann",
  email: "ann@example.com",
  role: "member",
  scopes: [],
  directory: "workforce",
  groups: [],
  grantId: undefined,
  clientId: undefined,
  provider: "local",
  amr,
  provedAtMs: agoSeconds === undefined ? undefined : nowMs - agoSeconds * 1000,
  claims: {},
});
const program: Principal = { kind: "service", id: "tok_1", name: "ci", role: "member", scopes: [] };
const stepUp = (withinSeconds: number, methods?: readonly string[]): Demand => ({
  kind: "step_up",
  rule: "r",
  withinSeconds,
  methods,
});

test.each<[string, Principal, Demand, number]>([
  ["lately, with two factors", person(["pwd", "otp", "mfa"], 59), stepUp(60), 0],
  ["with a passkey", person(["hwk", "user", "mfa"], 59), stepUp(60), 0],
  ["with a key that asks for nothing", person(["hwk"], 59), stepUp(60), 1],
  ["too long ago", person(["mfa"], 60), stepUp(60), 1],
  ["with a password only", person(["pwd"], 1), stepUp(60), 1],
  ["by a way that the rule names", person(["otp"], 1), stepUp(60, ["otp"]), 0],
  ["by another than it names", person(["mfa"], 1), stepUp(60, ["hwk"]), 1],
  ["nobody knows when", person(["mfa"]), stepUp(60), 1],
  ["a program", program, stepUp(60), 1],
])("a proof, %s", (_, who, demand, open) => {
  expect(needsOf([demand], who, nowMs)).toHaveLength(open);
});

const demands: readonly Demand[] = [
  { kind: "approval", rule: "a", deciders: { groups: ["leads"] } },
  { kind: "purpose", rule: "b", holdsSeconds: 60 },
  stepUp(60),
];

test("what rules want, as requests for decisions know it", () => {
  expect(needsOf(demands, program, nowMs)).toEqual([
    { kind: "decision", rule: "a", deciders: { groups: ["leads"] }, holdsSeconds: 0 },
    { kind: "purpose", rule: "b", holdsSeconds: 60 },
    { kind: "proof", rule: "r", withinSeconds: 60, methods: undefined },
  ]);
});

test("a program can wait for others, and not be a person", () => {
  const needs = needsOf(demands, program, nowMs);
  const levels = [
    { level: "portal", outcome: "ask", why: "asked", rules: ["a"] },
    { level: "server", outcome: "ask", why: "asked", rules: ["r"] },
    { level: "use", outcome: "ask", why: "asked", rules: ["b"] },
  ] as const;
  expect(() => assertPerson({ needs: needs.slice(0, 1), levels }, program, "x")).not.toThrow();
  expect(() => assertPerson({ needs, levels }, program, "x")).toThrow(
    expect.objectContaining({ code: "policy_denied", data: { level: "server", rules: ["b", "r"] } }) as Error,
  );
  expect(() => assertPerson({ needs, levels }, person([]), "x")).not.toThrow();
});

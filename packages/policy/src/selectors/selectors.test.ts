import { describe, expect, test } from "vitest";
import type { Caller, Connection } from "../facts/facts.ts";
import type { Selector } from "../rules/selector.ts";
import { callerOf, connectionOf, useOf } from "../testing/rule-of.ts";
import type { Fit } from "./fit.ts";
import { readySelector, selectorProblem, selectorWords } from "./selectors.ts";

function fit(selector: Selector, who: Partial<Caller> = {}, where: Partial<Connection> = {}): Fit {
  const { matcher } = readySelector(selector);
  const caller = callerOf(who);
  const connection = connectionOf(where);
  if (matcher.time === "who") return matcher.match(caller);
  if (matcher.time === "where") return matcher.match(connection, caller);
  const use = useOf();
  return matcher.match({ caller, connection, portal: use.portal, nowMs: use.nowMs, use });
}

const program: Partial<Caller> = {
  kind: "service",
  id: "tok_1",
  email: undefined,
  groups: [],
  provider: undefined,
};
const laptop = { commonName: "laptop", fingerprint: "aa" };

const cases: readonly (readonly [Selector, Partial<Caller>, Partial<Connection>, Fit])[] = [
  [{ everyone: true }, {}, {}, "yes"],
  [{ everyone: true }, { kind: "public" }, {}, "yes"],
  [{ email: "ann@example.com" }, {}, {}, "yes"],
  [{ email: "ann@example.com" }, { email: "xann@example.com" }, {}, "no"],
  [{ email: "ann@example.com" }, program, {}, "no"],
  [{ emailDomain: "example.com" }, {}, {}, "yes"],
  [{ emailDomain: "example.com" }, { email: "ann@eu.example.com" }, {}, "no"],
  [{ emailDomain: "example.com" }, { email: "ann@notexample.com" }, {}, "no"],
  [{ emailDomain: "example.com" }, { email: '"x@example.com"@evil.org' }, {}, "no"],
  [{ emailDomain: "example.com" }, program, {}, "no"],
  [{ group: "staff" }, {}, {}, "yes"],
  [{ group: "staff" }, { groups: ["Staff"] }, {}, "no"],
  [
    { claim: { provider: "corp", name: "team", equals: "red" } },
    { provider: "corp", claims: { team: "red" } },
    {},
    "yes",
  ],
  [
    { claim: { provider: "corp", name: "team", equals: "red" } },
    { provider: "other", claims: { team: "red" } },
    {},
    "no",
  ],
  [
    { claim: { provider: "corp", name: "team", equals: "red" } },
    { provider: "corp", claims: { team: ["blue", "red"] } },
    {},
    "yes",
  ],
  [
    { claim: { provider: "corp", name: "team", equals: "blue,red" } },
    { provider: "corp", claims: { team: ["blue", "red"] } },
    {},
    "no",
  ],
  [
    { claim: { provider: "corp", name: "level", equals: "3" } },
    { provider: "corp", claims: { level: 3 } },
    {},
    "yes",
  ],
  [
    { claim: { provider: "corp", name: "toString", equals: "x" } },
    { provider: "corp", claims: {} },
    {},
    "no",
  ],
  [{ loginMethod: "local" }, {}, {}, "yes"],
  [{ loginMethod: "local" }, program, {}, "no"],
  [{ authenticationMethod: "mfa" }, { amr: ["pwd", "mfa"] }, {}, "yes"],
  [{ authenticationMethod: "mfa" }, { amr: ["pwd"] }, {}, "no"],
  [{ serviceToken: "any" }, program, {}, "yes"],
  [{ serviceToken: "tok_1" }, program, {}, "yes"],
  [{ serviceToken: "tok_2" }, program, {}, "no"],
  [{ serviceToken: "any" }, {}, {}, "no"],
  [{ serviceToken: "tok_1" }, { kind: "user", id: "tok_1" }, {}, "no"],
  [{ client: "cli_editor" }, {}, {}, "yes"],
  [{ client: "cli_editor" }, { clientId: undefined }, {}, "no"],
  [{ public: true }, { kind: "public" }, {}, "yes"],
  [{ public: true }, {}, {}, "no"],
  [{ country: "DE" }, {}, {}, "yes"],
  [{ country: "DE" }, {}, { country: "ZZ" }, "no"],
  [{ country: "ZZ" }, {}, { country: "ZZ" }, "yes"],
  [{ certificate: "valid" }, {}, {}, "no"],
  [{ certificate: "valid" }, {}, { certificate: laptop }, "yes"],
  [{ certificate: { commonName: "laptop" } }, {}, { certificate: laptop }, "yes"],
  [{ certificate: { commonName: "Laptop" } }, {}, { certificate: laptop }, "no"],
  [{ posture: "disk" }, {}, {}, "unknown"],
  [{ posture: "disk" }, {}, { postures: { disk: true } }, "yes"],
  [{ posture: "disk" }, {}, { postures: { disk: false } }, "no"],
  [{ posture: "constructor" }, {}, {}, "unknown"],
];

describe("each selector", () => {
  test.each(cases)("%j of %j from %j: %s", (selector, who, where, expected) => {
    expect(fit(selector, who, where)).toBe(expected);
  });

  test.each(cases.map(([selector]) => selector))(
    "%j has nothing wrong with it, or is of an id that is made up",
    (selector) => {
      const isMadeUp = "serviceToken" in selector && selector.serviceToken !== "any";
      expect(selectorProblem(selector) === undefined).toBe(!isMadeUp);
    },
  );

  test("is put into words", () => {
    const words = cases.map(([selector]) => selectorWords(selector));
    expect(words.every((text) => text.length > 5 && text.length < 100)).toBe(true);
    expect(
      selectorWords({ time: { days: ["mon", "fri"], from: "09:00", to: "17:00", zone: "Europe/Berlin" } }),
    ).toBe("the time in Europe/Berlin is 09:00 to 17:00, beginning on mon, fri");
  });

  test.each<Selector>([
    { email: "Ann@example.com" },
    { email: "ann" },
    { emailDomain: "@example.com" },
    { emailDomain: "Example.com" },
    { group: "" },
    { serviceToken: "tok_1" },
    { ip: "10.0.0.1/8" },
    { ip: "10.0.0.0/33" },
    { ip: "2001:db8::1/32" },
    { ip: "office" },
    { country: "de" },
    { country: "DEU" },
    { certificate: { commonName: "" } },
    { authenticationMethod: "" },
    { expression: "caller.emial == 'x'" },
  ])("that cannot mean what it says is told: %j", (selector) => {
    expect(selectorProblem(selector)).toMatch(/^[^\n]{10,200}$/);
  });
});

import { expect, test } from "vitest";
import { parseSelector, selectorText } from "./selector.ts";

test.each([
  ["everyone", { everyone: true }],
  ["public", { public: true }],
  ["group=A = b", { group: "A = b" }],
  ["email-domain=example.com", { emailDomain: "example.com" }],
  [
    "claim=entra:https://x/dept=R&D=1",
    { claim: { provider: "entra", name: "https://x/dept", equals: "R&D=1" } },
  ],
  ["authentication-method=mfa", { authenticationMethod: "mfa" }],
  ["ip=2001:db8::/32", { ip: "2001:db8::/32" }],
  ["certificate", { certificate: "valid" }],
  ["certificate=laptop=1", { certificate: { commonName: "laptop=1" } }],
  ["time=08:00-18:00 Europe/Berlin", { time: { from: "08:00", to: "18:00", zone: "Europe/Berlin" } }],
  [
    "time=mon,tue,sun 22:00-06:00 UTC",
    { time: { days: ["mon", "tue", "sun"], from: "22:00", to: "06:00", zone: "UTC" } },
  ],
  ["expression=call.arguments.amount > 10 && true", { expression: "call.arguments.amount > 10 && true" }],
] as const)("%s is read, and written as it is read", (text, selector) => {
  expect(parseSelector(text, "--include")).toEqual(selector);
  expect(selectorText(selector)).toBe(text);
});

test("days are said as a range, over the end of the week too", () => {
  const daysOf = (text: string) => parseSelector(`time=${text} 08:00-09:00 UTC`, "--include").time?.days;
  expect(daysOf("mon-fri,sun")).toEqual(["mon", "tue", "wed", "thu", "fri", "sun"]);
  expect(daysOf("sat-mon")).toEqual(["mon", "sat", "sun"]);
});

test.each([
  "",
  "nobody",
  "everyone=true",
  "group",
  "group=",
  "emailDomain=x",
  "claim=x",
  "time=8-9",
  "time=xyz 08:00-09:00 UTC",
  "constructor=x",
])("%j is refused", (text) => {
  const read = () => parseSelector(text, "--include");
  expect(read).toThrow(expect.objectContaining({ code: "usage_invalid" }));
});

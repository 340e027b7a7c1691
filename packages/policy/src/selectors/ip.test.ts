import { isWithin, parseAddress, parseCidr } from "@castellan/web";
import fc from "fast-check";
import { expect, test } from "vitest";
import { callerOf, connectionOf } from "../testing/rule-of.ts";
import { ip } from "./ip.ts";

// Few different bytes, so that addresses and ranges meet.
const byte = fc.constantFrom(0, 1, 127, 128, 255);
const four = fc.array(byte, { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join("."));
const six = fc
  .array(fc.constantFrom("0", "1", "7fff", "8000", "ffff"), { minLength: 8, maxLength: 8 })
  .map((words) => words.join(":"));
const address = fc.oneof(
  four,
  six,
  four.map((text) => `::ffff:${text}`),
);
const cidr = fc.oneof(
  fc.tuple(four, fc.integer({ min: 0, max: 32 })),
  fc.tuple(six, fc.integer({ min: 0, max: 128 })),
);

function fit(range: string, from: string) {
  const matcher = ip.matcher(range);
  return matcher.time === "where" ? matcher.match(connectionOf({ address: from }), callerOf()) : undefined;
}

test("an address is in a range exactly if it is by the library that parses both", () => {
  fc.assert(
    fc.property(cidr, address, ([network, bits], from) => {
      const range = parseCidr(`${network}/${bits}`);
      const parsed = parseAddress(from);
      fc.pre(range !== undefined && parsed !== undefined && ip.problem(`${network}/${bits}`) === undefined);
      expect(fit(`${network}/${bits}`, from)).toBe(isWithin(parsed, [range]) ? "yes" : "no");
    }),
    { numRuns: 2_000 },
  );
});

test("an address is a range of its own, in any spelling", () => {
  expect([
    fit("10.1.2.3", "::ffff:10.1.2.3"),
    fit("10.1.2.3", "10.1.2.4"),
    fit("2001:db8::1", "2001:DB8:0::1"),
  ]).toEqual(["yes", "no", "yes"]);
});

test("where there is no address, or none that can be read, nobody can tell", () => {
  expect([fit("0.0.0.0/0", ""), fit("::/0", "unix"), fit("10.0.0.0/8", "010.0.0.1")]).toEqual([
    "unknown",
    "unknown",
    "unknown",
  ]);
});

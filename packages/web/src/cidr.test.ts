import fc from "fast-check";
import { expect, test } from "vitest";
import { isWithin, parseAddress, parseCidr } from "./cidr.ts";

test.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::FFFF:0a01:0203", "10.1.2.3"],
  ["2001:DB8:0::1", "2001:db8::1"],
  ["::10.1.2.3", "::a01:203"],
  ["64:ff9b::10.1.2.3", "64:ff9b::a01:203"],
])("%s is read as %s", (text, canonical) => {
  expect(parseAddress(text)?.toString()).toBe(canonical);
});

test.each([
  "",
  "1",
  "010.1.2.3",
  "0x7f.0.0.1",
  "1.2.3",
  "1.2.3.4:80",
  "[::1]",
  "fe80::1%eth0",
  "a.example",
  "1.2.3.4 ",
])("%j is no address", (text) => expect(parseAddress(text)).toBeUndefined());

test.each([
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/",
  "10.0.0.0/8x",
  "::/129",
  "10/8",
  "/8",
  "::ffff:10.0.0.0/104",
])("%j is no CIDR", (text) => expect(parseCidr(text)).toBeUndefined());

test("an address is within its own network of any width, spelled either way, and IPv4 is never in an IPv6 one", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (text, bits) => {
      const cidr = parseCidr(`${text}/${bits}`);
      const [plain, mapped] = [parseAddress(text), parseAddress(`::ffff:${text}`)];
      if (cidr === undefined || plain === undefined || mapped === undefined) return false;
      const everyIPv6 = parseCidr("::/0");
      return (
        isWithin(plain, [cidr]) &&
        isWithin(mapped, [cidr]) &&
        everyIPv6 !== undefined &&
        !isWithin(plain, [everyIPv6])
      );
    }),
  );
});

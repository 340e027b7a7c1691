import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddress } from "../cidr.ts";
import { classifyAddress } from "./address-class.ts";

const classOf = (text: string) => {
  const address = parseAddress(text);
  return address === undefined ? undefined : classifyAddress(address);
};

test.each([
  "1.1.1.1",
  "8.8.8.8",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
])("%s is public", (text) => expect(classOf(text)).toBe("public"));
test.each(["2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"])(
  "%s is public",
  (text) => expect(classOf(text)).toBe("public"),
);

test.each([
  "127.0.0.1",
  "127.255.255.254",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "::1",
  "fc00::1",
  "fd00:ec2::254",
  "::ffff:127.0.0.1",
  "::ffff:c0a8:101",
  "64:ff9b::10.0.0.1",
])("%s is private", (text) => expect(classOf(text)).toBe("private"));

test.each([
  "0.0.0.0",
  "0.1.2.3",
  "169.254.169.254",
  "224.0.0.1",
  "239.1.1.1",
  "255.255.255.255",
  "240.0.0.1",
  "192.0.0.192",
  "192.0.2.1",
  "198.51.100.1",
  "203.0.113.1",
  "198.18.0.1",
  "192.88.99.1",
  "168.63.129.16",
  "::",
  "fe80::1",
  "fec0::1",
  "ff02::1",
  "2001:db8::1",
  "3fff::1",
  "100::1",
  "5f00::1",
  "2001:2::1",
  "::7f00:1",
  "::10.0.0.1",
  "64:ff9b::169.254.169.254",
  "64:ff9b:1::10.0.0.1",
  "::ffff:169.254.169.254",
  "2002:a00:1::1",
  "2002:7f00:1::",
  "2001:0:a00:1::",
  "::ffff:0:10.0.0.1",
  "4000::1",
  "1::1",
])("%s is reserved", (text) => expect(classOf(text)).toBe("reserved"));

/** The registries once more, in words of our own: RFC 6890 and its successors. */
const special = new BlockList();
for (const cidr of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "168.63.129.16/32",
]) {
  const [network = "", bits] = cidr.split("/");
  special.addSubnet(network, Number(bits));
}
const anyIPv4 = fc.oneof(
  fc.ipV4(),
  // Near the edges of the ranges above, where mistakes live.
  fc
    .tuple(
      fc.constantFrom("9", "10", "11", "100", "127", "128", "169", "172", "192", "198", "203", "224", "255"),
      fc.ipV4(),
    )
    .map(([first, rest]) => [first, ...rest.split(".").slice(1)].join(".")),
  fc
    .tuple(
      fc.constantFrom(
        "100.63",
        "100.64",
        "100.127",
        "100.128",
        "169.253",
        "169.254",
        "172.15",
        "172.31",
        "192.168",
        "198.19",
      ),
      fc.ipV4(),
    )
    .map(([start, rest]) => [start, ...rest.split(".").slice(2)].join(".")),
);

test("IPv4 is public exactly when no registry says otherwise, in IPv6 dress too", () => {
  fc.assert(
    fc.property(anyIPv4, (text) => {
      const isSpecial = special.check(text);
      expect(classOf(text) === "public").toBe(!isSpecial);
      for (const prefix of ["::ffff:", "64:ff9b::"]) expect(classOf(prefix + text)).toBe(classOf(text));
      // Tunnels that lead into an IPv4 network by themselves are never public, whatever is inside.
      expect(classOf(`::${text}`)).not.toBe("public");
      const hex = Buffer.from(text.split(".").map(Number)).toString("hex");
      expect(classOf(`2002:${hex.slice(0, 4)}:${hex.slice(4)}::1`)).toBe("reserved");
    }),
    { numRuns: 2000 },
  );
});

test("no IPv6 address outside 2000::/3 and the translation prefix is public", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text);
      fc.pre(address?.kind() === "ipv6");
      const [first = 0] = address?.toByteArray() ?? [];
      if (classOf(text) === "public") expect(first >> 5 === 1 || first === 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

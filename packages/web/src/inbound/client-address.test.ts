import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { serveApp } from "../testing.ts";
import { createProxyTrust } from "./client-address.ts";
import { clientAddress } from "./exchange.ts";

const echo = { trustedProxies: ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"] };

async function addressFor(headers: Record<string, string>, settings: object): Promise<string> {
  await using served = await serveApp((app) => app.get("/me", (c) => c.text(clientAddress(c))), settings);
  return (await served.send("/me", { headers })).body;
}

test.each([
  ["no header", {}, "127.0.0.1"],
  ["one client", { "x-forwarded-for": "203.0.113.7" }, "203.0.113.7"],
  ["what the client made up stays out", { "x-forwarded-for": "1.1.1.1, 203.0.113.7" }, "203.0.113.7"],
  ["through trusted hops", { "x-forwarded-for": "1.1.1.1, 203.0.113.7, 10.9.9.9, 10.1.1.1" }, "203.0.113.7"],
  ["all trusted: the leftmost", { "x-forwarded-for": "10.2.2.2,10.1.1.1" }, "10.2.2.2"],
  ["with port, mapped IPv4", { "x-forwarded-for": "[::ffff:203.0.113.7]:4711" }, "203.0.113.7"],
  ["IPv6", { "x-forwarded-for": "2001:DB9::1" }, "2001:db9::1"],
  ["nonsense ends the chain", { "x-forwarded-for": "1.1.1.1, unknown, 10.1.1.1" }, "10.1.1.1"],
  ["Forwarded is not believed beside it", { forwarded: "for=1.1.1.1" }, "127.0.0.1"],
])("X-Forwarded-For, %s", async (_name, headers, address) => {
  expect(await addressFor(headers, echo)).toBe(address);
});

test.each([
  ["for=203.0.113.7;proto=https", "203.0.113.7"],
  ['For="[2001:db9::1]:80", for=10.1.1.1;by=10.0.0.1', "2001:db9::1"],
  ['for=1.1.1.1, for="203.0.113.7:99"', "203.0.113.7"],
  ['for=1.1.1.1, for="_hidden", for=10.1.1.1', "10.1.1.1"],
  ['for=1.1.1.1;x="a, for=2.2.2.2"', "1.1.1.1"],
  ["proto=https", "127.0.0.1"],
])("Forwarded: %s", async (forwarded, address) => {
  expect(await addressFor({ forwarded }, { ...echo, forwardedHeader: "forwarded" })).toBe(address);
});

test("a peer that is no trusted proxy is believed nothing", async () => {
  expect(await addressFor({ "x-forwarded-for": "1.1.1.1" }, { trustedProxies: ["10.0.0.0/8"] })).toBe(
    "127.0.0.1",
  );
});

test("whatever a client writes in front, the address that the trusted proxy appended holds", async () => {
  await using served = await serveApp((app) => app.get("/me", (c) => c.text(clientAddress(c))), echo);
  const hostile = fc
    .oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[!-+\--~]{0,30}$/))
    .map((text) => `${text},`);
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { maxLength: 5 }), async (prefix) => {
      const headers = { "x-forwarded-for": `${prefix.join("")}203.0.113.7` };
      expect((await served.send("/me", { headers })).body).toBe("203.0.113.7");
    }),
    { numRuns: 50 },
  );
});

test("an entry that is no CIDR is refused by its index", () => {
  const make = () => createProxyTrust(["10.0.0.0/8", "proxy.internal"]);
  expect(make).toThrow('trustedProxies[1]: "proxy.internal" is not an address or CIDR');
  try {
    make();
  } catch (error) {
    expect(isFault(error, "web_setting_invalid") && error.field).toBe("trustedProxies[1]");
  }
});

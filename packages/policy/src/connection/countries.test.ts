import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createCountries } from "./countries.ts";
import { makeMmdb, type MmdbValue } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "countries-"));
function fileOf(content: Buffer | string): string {
  const file = join(folder, "countries.mmdb");
  writeFileSync(file, content);
  return file;
}

test.each([
  // RIPE NCC's own, ARIN's, Hetzner's.
  ["193.0.6.139", "NL"],
  ["199.43.0.44", "US"],
  ["2001:67c:2e8:22::c100:68b", "NL"],
  ["2a01:4f8::1", "DE"],
  ["10.0.0.1", "ZZ"],
  ["192.168.1.1", "ZZ"],
  ["172.16.0.1", "ZZ"],
  ["198.51.100.1", "ZZ"],
  ["100.64.0.1", "ZZ"],
  ["127.0.0.1", "ZZ"],
  ["::1", "ZZ"],
  ["fd00::1", "ZZ"],
  ["fe80::1", "ZZ"],
  ["", "ZZ"],
  ["1.2.3", "ZZ"],
  ["unknown", "ZZ"],
])("what comes with the package says of %s: %s", (address, country) => {
  const countries = createCountries();
  expect([countries.of(address), countries.of(address)]).toEqual([country, country]);
});

test("whatever is asked, the answer is a country or that none is known", () => {
  const countries = createCountries();
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) =>
      /^[A-Z]{2}$/.test(countries.of(address)),
    ),
  );
});

test.each<[string, MmdbValue]>([
  ["as ours", { country_code: "CH" }],
  [
    "as GeoLite2 and DB-IP",
    { country: { iso_code: "CH", geoname_id: 1 }, registered_country: { iso_code: "US" } },
  ],
  ["as ipinfo", { country: "CH", country_name: "Switzerland" }],
])("a file of one's own is taken, %s", (_, value) => {
  const file = fileOf(makeMmdb({ "8.8.8.0/24": value, "9.0.0.0/8": { country_code: "ch" } }));
  const countries = createCountries({ file });
  const asked = ["8.8.8.8", "8.8.9.1", "9.9.9.9", "193.0.6.139", "2808:808::", "2a01:4f8::1"];
  expect(asked.map((address) => countries.of(address))).toEqual(["CH", "ZZ", "ZZ", "ZZ", "ZZ", "ZZ"]);
});

test("a file of both kinds of addresses", () => {
  const require = createRequire(import.meta.url);
  const file = require.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb");
  const countries = createCountries({ file });
  expect(["193.0.6.139", "2a01:4f8::1"].map((address) => countries.of(address))).toEqual(["NL", "DE"]);
});

test.each<[string, Buffer | string | undefined]>([
  ["not there", undefined],
  ["empty", ""],
  ["text", "country,US\n".repeat(20)],
  ["cut", makeMmdb({ "8.8.8.0/24": { country_code: "US" } }).subarray(0, 60)],
  ["of something else", makeMmdb({ "8.8.8.0/24": { asn: 15_169 } })],
  ["of nothing", makeMmdb({})],
])("a file that is %s is refused at the start", (_, content) => {
  const file = content === undefined ? join(folder, "no.mmdb") : fileOf(content);
  let refused: unknown;
  try {
    createCountries({ file });
  } catch (error) {
    refused = isFault(error) && error.code;
  }
  expect(refused).toBe("country_database_invalid");
});

/**
 * The country of an address, from a database file (MaxMind DB 2.0): ours, which comes with the package, or the operator's
 * own. Which country an address is used in is somebody's estimate: good for keeping most of the world out, no proof of
 * where anybody is. Nothing is read before the first address is looked up.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import { isPublicAddress, RecentMap } from "@castellan/web";
import { Reader, type Response } from "mmdb-lib";
import { policyFaults } from "../faults.ts";

/** ISO 3166-1 leaves it to users; here: not known. */
const unknownCountry = "ZZ";

export interface Countries {
  /** ISO 3166-1 alpha-2, upper case; `ZZ` for private addresses, those that no country is known of, and what is none. */
  of(address: string): string;
}

type CountryReader = Reader<Response>;

const require = createRequire(import.meta.url);
const shipped = {
  ipv4: () => require.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country-ipv4.mmdb"),
  ipv6: () => require.resolve("@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country-ipv6.mmdb"),
};
const maxRemembered = 10_000;

/** With a file of one's own, that is read at once. Throws `country_database_invalid`. */
export function createCountries({ file }: { readonly file?: string | undefined } = {}): Countries {
  const own = file === undefined ? undefined : openFile(file);
  const readers = new Map<string, CountryReader>();
  const remembered = new RecentMap<string, string>(maxRemembered);

  /** Of each kind of address when the first one is looked up: together they take 8 MB. */
  const readerOf = (kind: "ipv4" | "ipv6"): CountryReader => {
    let reader = own ?? readers.get(kind);
    if (reader === undefined) {
      reader = new Reader(readFileSync(shipped[kind]()));
      readers.set(kind, reader);
    }
    return reader;
  };

  const lookUp = (address: string): string => {
    // Databases that are merged of others know countries of networks that are nobody's.
    if (!isPublicAddress(address)) return unknownCountry;
    const version = isIP(address);
    const reader = readerOf(version === 4 ? "ipv4" : "ipv6");
    // A file of IPv4 addresses would take the first bits of an IPv6 address for one.
    return version > reader.metadata.ipVersion ? unknownCountry : codeIn(reader.get(address));
  };

  return {
    of(address) {
      let country = remembered.get(address);
      if (country === undefined) {
        country = lookUp(address);
        remembered.set(address, country);
      }
      return country;
    },
  };
}

function openFile(file: string): CountryReader {
  try {
    const reader = new Reader(readFileSync(file));
    // One that tells no countries at all, of cities or networks only, would let every rule about countries lie.
    const told = probes.map((address) => codeIn(reader.get(address)));
    if (told.some((code) => code !== unknownCountry)) return reader;
    throw new Error("it knows no country of any well-known address");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "it cannot be read";
    throw policyFaults.fault("country_database_invalid", `${file} tells no countries: ${reason}`, { cause });
  }
}

/** Addresses of name servers that have been where they are for decades. */
const probes = ["8.8.8.8", "9.9.9.9", "193.0.14.129", "198.41.0.4", "202.12.27.33"];

/** `country_code` as in ours, `country.iso_code` as in GeoLite2 and DB-IP, `country` as in ipinfo. */
function codeIn(found: unknown): string {
  const { country_code: plain, country } = (found ?? {}) as { country_code?: unknown; country?: unknown };
  const nested = (country as { iso_code?: unknown } | null | undefined)?.iso_code;
  const code = [plain, nested, country].find((one) => typeof one === "string");
  return typeof code === "string" && /^[A-Z]{2}$/.test(code) ? code : unknownCountry;
}

import { X509Certificate } from "node:crypto";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { validityUnder } from "./authorities.ts";
import { parseCertificateHeader } from "./header.ts";
import { createTestAuthority } from "./testing.ts";

const authority = createTestAuthority("Devices");
const authorities = { pem: authority.cert, certificates: [new X509Certificate(authority.cert)] };
const laptop = new X509Certificate(authority.issue({ commonName: "laptop-7", uses: [2] }).cert).raw;
const holds = (der: Uint8Array) => {
  const found = parseCertificateHeader(`:${Buffer.from(der).toString("base64")}:`);
  return found !== undefined && validityUnder(authorities, found) !== undefined;
};

test("a certificate of which one byte is another one holds no more", () => {
  expect(holds(laptop)).toBe(true);
  fc.assert(
    fc.property(fc.nat(laptop.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const other = Uint8Array.from(laptop);
      other[at] = (other[at] as number) ^ difference;
      return !holds(other);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever is written there, it is one certificate or none", () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.uint8Array().map((bytes) => `:${Buffer.from(bytes).toString("base64")}:`),
    fc.string().map((inside) => `-----BEGIN CERTIFICATE-----${inside}-----END CERTIFICATE-----`),
    fc.string({ unit: fc.constantFrom("%", "0", "a", "E", ":", "=", "A") }),
  );
  fc.assert(fc.property(text, (value) => parseCertificateHeader(value) === undefined));
});

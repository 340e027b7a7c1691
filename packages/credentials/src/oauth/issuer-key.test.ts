import { expect, test } from "vitest";
import { isIssuerKey, issuerKey } from "./issuer-key.ts";

test("each issuer has a key of its own, to the letter", () => {
  // The first ten bytes of SHA-256 in base32, computed elsewhere (`sha256sum | xxd -r -p | head -c 10 | base32`).
  expect(issuerKey("https://as.example")).toBe("spra7pm5sq3potbf");
  expect(issuerKey("https://as.example/")).not.toBe(issuerKey("https://as.example"));
});

test("what is no key is told from what is one", () => {
  expect(isIssuerKey(issuerKey("https://as.example"))).toBe(true);
  for (const text of ["", "abc", "A".repeat(16), `${"a".repeat(15)}1`, "a".repeat(17), "../../../../../.."])
    expect(isIssuerKey(text)).toBe(false);
});

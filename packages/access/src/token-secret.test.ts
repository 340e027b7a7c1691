import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { generateSecret, hashSecret, isSecret } from "./token-secret.ts";

test("a secret has the prefix, 256 random bits and a checksum, and is never the same twice", () => {
  const secrets = Array.from({ length: 1_000 }, generateSecret);
  for (const secret of secrets) {
    expect(secret).toMatch(/^cst_[A-Za-z0-9_-]{49}$/);
    expect(isSecret(secret)).toBe(true);
  }
  expect(new Set(secrets).size).toBe(secrets.length);
});

test("one wrong character, anywhere, is seen by the checksum", () => {
  const secret = generateSecret();
  for (let at = 0; at < secret.length; at++) {
    const wrong = secret[at] === "A" ? "B" : "A";
    expect(isSecret(secret.slice(0, at) + wrong + secret.slice(at + 1))).toBe(false);
  }
});

test("nothing else is a secret", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => !isSecret(text)));
  expect(isSecret(`${generateSecret()}\n`)).toBe(false);
});

test("the hash is SHA-256 of the text", () => {
  expect(hashSecret("cst_x")).toBe(createHash("sha256").update("cst_x").digest("base64url"));
});

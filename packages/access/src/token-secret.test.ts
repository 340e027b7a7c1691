import { createHash } from "node:crypto";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  generateSecret,
  hashSecret,
  isSecret,
  secretKindOf,
  secretPrefixes,
  type SecretKind,
} from "./token-secret.ts";

const kinds = Object.keys(secretPrefixes) as SecretKind[];

test.each(kinds)(
  "a %s secret has its prefix, 256 random bits and a checksum, never the same twice",
  (kind) => {
    const secrets = Array.from({ length: 1_000 }, () => generateSecret(kind));
    for (const secret of secrets) {
      expect(secret).toMatch(new RegExp(`^${secretPrefixes[kind]}_[A-Za-z0-9_-]{49}$`));
      expect(kinds.filter((one) => isSecret(secret, one))).toEqual([kind]);
      expect(secretKindOf(secret)).toBe(kind);
    }
    expect(new Set(secrets).size).toBe(secrets.length);
  },
);

test("one kind is not made another by its prefix", () => {
  expect(secretKindOf(`cst_${generateSecret("access").slice(4)}`)).toBeUndefined();
});

test("one wrong character, anywhere, is seen by the checksum", () => {
  const secret = generateSecret();
  for (let at = 0; at < secret.length; at++) {
    const wrong = secret[at] === "A" ? "B" : "A";
    expect(isSecret(secret.slice(0, at) + wrong + secret.slice(at + 1))).toBe(false);
  }
});

test("nothing else is a secret", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 80 }), (text) => secretKindOf(text) === undefined),
  );
  expect(isSecret(`${generateSecret()}\n`)).toBe(false);
});

test("the hash is SHA-256 of the text", () => {
  expect(hashSecret("cst_x")).toBe(createHash("sha256").update("cst_x").digest("base64url"));
});

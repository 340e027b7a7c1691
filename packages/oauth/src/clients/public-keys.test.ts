import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { refusePublicKeys } from "./public-keys.ts";

const rsa = (modulusLength: number) =>
  generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
const ec = generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey.export({ format: "jwk" });
const okp = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });

test.each([
  ["RSA", { ...rsa(4096), kid: "2026", use: "sig", alg: "RS256" }],
  ["EC", { ...ec, key_ops: ["verify"], ext: true }],
  ["OKP", { ...okp, x5c: ["MIIB"], x5t: "abc" }],
])("a public key as tools write it is taken: %s", (_, key) => {
  expect(refusePublicKeys({ keys: [key] })).toBeUndefined();
});

const plain = "must hold keys whose members are text, or lists of it";
const size = "must hold keys of at most 8192 bits, in base64url";
const deep = JSON.parse("[".repeat(8000) + "]".repeat(8000)) as unknown;

test.each<[what: string, key: object, reason: string]>([
  ["a private one", { ...okp, d: "x" }, expect.stringMatching(/^must hold public keys only/) as string],
  ["U+0000 in a member", { ...okp, kid: "\0" }, plain],
  ["U+0000 in a list", { ...okp, x5c: ["\0"] }, plain],
  ["U+0000 in a name", { ...okp, "\0": "" }, plain],
  ["half a character", { ...okp, kid: "\ud800" }, plain],
  ["depth", { ...okp, x5c: deep }, plain],
  ["an object", { ...okp, kid: {} }, plain],
  ["nothing", { ...okp, kid: null }, plain],
  ["a modulus beyond use", { kty: "RSA", n: "_".repeat(1367), e: "AQAB" }, size],
  ["an exponent as long as a modulus", { kty: "RSA", n: "_".repeat(512), e: "_".repeat(512) }, size],
  ["a number that is none", { kty: "RSA", n: "=", e: "AQAB" }, size],
  ["a number as a number", { kty: "RSA", n: 5, e: "AQAB" }, size],
  [
    "more than there is room for",
    { ...okp, x5c: ["A".repeat(17_000)] },
    "must have at most 16384 characters",
  ],
])("a key with %s is refused", (_, key, reason) => {
  expect(refusePublicKeys({ keys: [key] })).toEqual(reason);
});

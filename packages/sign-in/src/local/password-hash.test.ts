import { randomBytes } from "node:crypto";
import { createVault, generateMasterKey } from "@castellan/vault";
import { expect, test } from "vitest";
import { createPasswordHasher } from "./password-hash.ts";

const ring = { current: generateMasterKey().key, older: [] };
const vault = createVault(ring, randomBytes(32));
const hasher = createPasswordHasher({ vault, costLog2: 10 });

test("a password matches its hash and no other, and no hash says what it is of", async () => {
  const [one, two] = [await hasher.hash("correct horse"), await hasher.hash("correct horse")];
  expect(one).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(two);
  expect(await hasher.verify("correct horse", one)).toBe(true);
  expect(await hasher.verify("correct horse ", one)).toBe(false);
  expect(await hasher.verify("correct horse", undefined)).toBe(false);
});

test("the usual cost is what OWASP asks for", async () => {
  const usual = createPasswordHasher({ vault });
  const hash = await usual.hash("correct horse");
  expect(hash).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$/);
  expect(await hasher.verify("correct horse", hash)).toBe(true);
});

test("the tables alone are worth nothing: with another root secret the right password does not match", async () => {
  const thief = createPasswordHasher({ vault: createVault(ring, randomBytes(32)), costLog2: 10 });
  expect(await thief.verify("correct horse", await hasher.hash("correct horse"))).toBe(false);
});

test("a hash of a form that is not known is a defect and no answer", async () => {
  await expect(hasher.verify("x", "$2b$12$abc")).rejects.toThrow(
    "A password's hash has a form that is not known",
  );
});

test("few at a time, some wait, and more are sent away", async () => {
  const small = createPasswordHasher({ vault, costLog2: 10, concurrency: 2, maxWaiting: 3 });
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => small.verify("x", undefined)));
  expect(all.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 5 }, () => "fulfilled"),
    ...Array.from({ length: 3 }, () => "rejected"),
  ]);
  expect(all.at(-1)).toMatchObject({ reason: { code: "sign_in_busy", data: { retryAfterSeconds: 5 } } });
  expect(await small.verify("x", undefined)).toBe(false);
});

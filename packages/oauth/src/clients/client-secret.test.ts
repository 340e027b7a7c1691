import { generateSecret, hashSecret } from "@castellan/access";
import { expect, test } from "vitest";
import { isSecretOf } from "./client-secret.ts";

test("a secret is known by its hash, whichever of those that are good it is", () => {
  const [first, second, other] = [
    generateSecret("client"),
    generateSecret("client"),
    generateSecret("client"),
  ];
  const hashes = [first, second].map(hashSecret);
  expect([first, second, other, "", hashes[0] ?? ""].map((secret) => isSecretOf(hashes, secret))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(isSecretOf([], first)).toBe(false);
  expect(isSecretOf([""], "")).toBe(false);
});

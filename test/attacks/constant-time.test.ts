/**
 * What strangers send as a secret is found by its SHA-256, at which nobody can aim, or compared in constant time. No
 * clock shows the difference over a network in the time of a test, so it is looked for in the source.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const sources = globSync(["packages/*/src/**/*.ts", "apps/server/src/**/*.ts"], { cwd: root })
  .filter((path) => !/\.test\.ts$|testing/.test(path))
  .map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(join(root, path), "utf8") }));

/** Calls whose result a stranger must not be able to feel out, to their closing parenthesis. */
const secretMaking = String.raw`\b(?:mac|macOf|proof|hashSecret|tokenOf|createHmac)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?:\.\w+\([^()]*\))*`;
const compared = new RegExp(
  `${secretMaking}\\s*[!=]==?|[!=]==?\\s*(?:\\w+\\.)*${secretMaking}|\\.includes\\((?:\\w+\\.)*${secretMaking}`,
);

test.each([
  ["proof({ server, taskId }, owner, mac) === proven", true],
  ['vault.mac("x", data).toString("base64url") !== sent', true],
  ["sent == hashSecret(secret)", true],
  ["hashes.includes(hashSecret(secret))", true],
  ["timingSafeEqual(sent, macOf(head, purpose))", false],
  ["const hash = hashSecret(bearer)", false],
])("%s is seen for what it is", (line, isSeen) => expect(compared.test(line)).toBe(isSeen));

test("no secret is compared as text, and whoever compares one does it in constant time", () => {
  expect(sources.length).toBeGreaterThan(500);
  expect(sources.filter(({ text }) => compared.test(text)).map(({ path }) => path)).toEqual([]);
  expect(
    sources
      .filter(({ text }) => /\btimingSafeEqual\(/.test(text))
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual([
    "packages/calls/src/tasks/task-id.ts",
    "packages/oauth/src/clients/client-secret.ts",
    "packages/sign-in/src/local/challenge.ts",
    "packages/sign-in/src/local/password-hash.ts",
    "packages/sign-in/src/local/tries.ts",
    "packages/web/src/pages/forms.ts",
  ]);
});

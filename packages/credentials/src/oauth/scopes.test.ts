import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseScopes, cleanScopes, parseScopes } from "./scopes.ts";

const nothing = { configured: undefined, asked: undefined, wanted: [], offered: undefined };

test.each([
  ["nothing is named where nobody names any", nothing, []],
  ["what the server asks for", { ...nothing, asked: ["a", "b"] }, ["a", "b"]],
  ["an admin's word goes before", { ...nothing, asked: ["a"], configured: ["c"] }, ["c"]],
  ["what was granted stays", { ...nothing, asked: ["a"], wanted: ["b", "a"] }, ["a", "b"]],
  ["more than the admin's where it is missing", { ...nothing, configured: ["c"], wanted: ["d"] }, ["c", "d"]],
  [
    "offline access where it is offered",
    { ...nothing, asked: ["a"], offered: ["offline_access"] },
    ["a", "offline_access"],
  ],
  [
    "never because the server asks for it",
    { ...nothing, asked: ["a", "offline_access"], offered: ["a"] },
    ["a"],
  ],
  ["nor because it was granted once", { ...nothing, wanted: ["offline_access", "a"] }, ["a"]],
  ["an admin may know better", { ...nothing, configured: ["a", "offline_access"] }, ["a", "offline_access"]],
  ["never alone", { ...nothing, offered: ["offline_access"] }, []],
])("%s", (_name, sources, expected) => {
  expect(chooseScopes(sources)).toEqual(expected);
});

test("what is no scope is left out, and no list is endless", () => {
  expect(parseScopes(' a\tb"c  d\\e \u00e9 a b ')).toEqual(["a", "b"]);
  expect(cleanScopes(["a", 1, null, "", "a b", "x".repeat(257)])).toEqual(["a"]);
  fc.assert(
    fc.property(fc.array(fc.string()), (scopes) => {
      const clean = cleanScopes(scopes);
      expect(clean.length).toBeLessThanOrEqual(100);
      expect(parseScopes(clean.join(" "))).toEqual(clean);
    }),
  );
});

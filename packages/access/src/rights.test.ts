import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Rights } from "./rights.ts";
import { parseScope, portalScope, rightsOfScopes, serverScope } from "./scopes.ts";
import { toolClasses } from "./tool-class.ts";

const servers = ["okrs", "jira", "portal"];
const classes = fc.uniqueArray(fc.constantFrom(...toolClasses));
const rights = fc
  .array(fc.tuple(classes, fc.option(fc.uniqueArray(fc.constantFrom(...servers)), { nil: undefined })))
  .map((parts) => parts.reduce((all, [some, at]) => all.or(Rights.of(some, at)), Rights.none));

/** All that can be asked of rights, one server more than any of them names. */
function answers(of: Rights): boolean[] {
  return [...servers, "elsewhere"].flatMap((server) =>
    toolClasses.map((toolClass) => of.allows(server, toolClass)),
  );
}

test("rights add up, and what two have in common is what each of them has", () => {
  fc.assert(
    fc.property(rights, rights, (a, b) => {
      const [ofA, ofB] = [answers(a), answers(b)];
      expect(answers(a.or(b))).toEqual(ofA.map((has, at) => has || ofB[at]));
      expect(answers(a.and(b))).toEqual(ofA.map((has, at) => has && ofB[at]));
    }),
  );
});

test("equal rights have equal keys, however they came about, and others have others", () => {
  fc.assert(
    fc.property(rights, rights, (a, b) => {
      expect(a.key === b.key).toBe(JSON.stringify(answers(a)) === JSON.stringify(answers(b)));
      expect(a.or(b).key).toBe(b.or(a).key);
      expect(a.and(a.or(b)).key).toBe(a.key);
    }),
  );
});

test("none is nothing, everything is everything", () => {
  expect([Rights.none.isNone, Rights.everything.isNone]).toEqual([true, false]);
  expect([Rights.none.isEverything, Rights.everything.isEverything]).toEqual([false, true]);
  fc.assert(
    fc.property(rights, (a) => {
      expect(a.isNone).toBe(!answers(a).includes(true));
      expect(a.or(Rights.none).key).toBe(a.key);
      expect(a.and(Rights.everything).key).toBe(a.key);
      expect(a.and(Rights.none).isNone).toBe(true);
    }),
  );
});

test.each<readonly [string, object | undefined]>([
  ["portal:team", { kind: "portal", portal: "team", toolClass: undefined }],
  ["portal:read", { kind: "portal", portal: "read", toolClass: undefined }],
  ["portal:team:write", { kind: "portal", portal: "team", toolClass: "write" }],
  ["okrs:destructive", { kind: "server", server: "okrs", toolClass: "destructive" }],
  ["api", { kind: "api" }],
  ...[
    "",
    ":",
    "portal",
    "portal:",
    "okrs:",
    ":read",
    "okrs:admin",
    "Okrs:read",
    "portal:a:b",
    "portal:a:read:",
  ].map((text) => [text, undefined] as const),
  ...[
    "okrs:read ",
    "okrs:READ",
    "openid",
    "offline_access",
    "api:read:x",
    "__proto__:read",
    "okrs:toString",
  ].map((text) => [text, undefined] as const),
])("scope %j means %j", (text, scope) => {
  expect(parseScope(text)).toEqual(scope);
});

test("scopes give what they name, at the portals that they let in to and nowhere else", () => {
  const scopes = [portalScope("team"), portalScope("other", "write"), serverScope("okrs", "read")];
  expect(rightsOfScopes(scopes, "team").key).toBe(Rights.of(["read"], ["okrs"]).key);
  expect(rightsOfScopes(scopes, "other").isNone).toBe(true);
  expect(rightsOfScopes([...scopes, portalScope("team", "read")], "team").key).toBe(Rights.of(["read"]).key);
  expect(rightsOfScopes(["openid", "portal:team:all", "portal:team"], "team").isNone).toBe(true);
});

test("what is no scope of ours never gives anything", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (scopes) => {
      const ours = scopes.filter((text) => parseScope(text) !== undefined);
      expect(rightsOfScopes(["portal:team", ...scopes], "team").key).toBe(
        rightsOfScopes(["portal:team", ...ours], "team").key,
      );
    }),
  );
});

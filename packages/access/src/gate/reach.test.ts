import { createId, isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import type { Principal, UserPrincipal } from "../principal.ts";
import {
  firstEnd,
  livingRules,
  takesPublic,
  toPlainRule,
  toWho,
  type AccessRule,
  type Gate,
} from "./access-rule.ts";
import { insufficientScope, isGranted, reachOf } from "./reach.ts";

const gate = (access: readonly AccessRule[], more: Partial<Gate> = {}): Gate => ({
  slug: "main",
  directory: "workforce",
  access,
  isReadOnly: false,
  ...more,
});

function person(more: Partial<UserPrincipal> = {}): UserPrincipal {
  return {
    kind: "user",
    id: createId("user"),
    name: "Ann",
    role: "owner",
    email: "ann@example.com",
    directory: "workforce",
    groups: ["a", "b"],
    scopes: undefined,
    grantId: undefined,
    clientId: undefined,
    provider: "local",
    amr: ["pwd"],
    provedAtMs: undefined,
    claims: {},
    ...more,
  };
}

const service = (...scopes: string[]): Principal => ({
  kind: "service",
  id: "tok_1",
  name: "ci",
  role: "admin",
  scopes,
});
const stranger: Principal = {
  kind: "public",
  id: "public:1",
  name: "public",
  role: "member",
  scopes: undefined,
};

const read = { classes: ["read"] } as const;

test.each<[string, Principal, Gate, string]>([
  ["nobody by default, not even an owner", person(), gate([]), "0"],
  ["everyone of the directory", person(), gate([{ who: "everyone", ...read }]), "1"],
  ["not those of the other", person({ directory: "customers" }), gate([{ who: "everyone", ...read }]), "0"],
  ["by group", person(), gate([{ who: "group:b", ...read, servers: ["s"] }]), "0 s:1"],
  ["not by a group of another case", person(), gate([{ who: "group:B", ...read }]), "0"],
  ["by address", person(), gate([{ who: "user:ann@example.com", classes: ["write"] }]), "2"],
  [
    "not by a group that is called like a person",
    person({ groups: ["ann@example.com"] }),
    gate([{ who: "user:b", ...read }]),
    "0",
  ],
  [
    "all rules together",
    person(),
    gate([
      { who: "everyone", ...read },
      { who: "group:a", classes: ["write"], servers: ["s"] },
      { who: "group:z", classes: ["destructive"] },
    ]),
    "1 s:3",
  ],
  ["programs by no rule", service("portal:other", "s:read"), gate([{ who: "everyone", ...read }]), "0"],
  ["programs by their scopes", service("portal:main", "s:read"), gate([]), "0 s:1"],
  ["the public by its own rule only", stranger, gate([{ who: "everyone", ...read }]), "0"],
  ["the public to read", stranger, gate([{ who: "public", ...read }]), "1"],
  ["the public not beyond that", stranger, gate([{ who: "public", classes: ["read", "write"] }]), "0"],
  [
    "no more than to read, where nobody does",
    person(),
    gate(
      [
        { who: "everyone", classes: ["write"] },
        { who: "group:a", classes: ["read", "destructive"], servers: ["s"] },
      ],
      { isReadOnly: true },
    ),
    "0 s:1",
  ],
  [
    "programs neither",
    service("portal:main", "portal:main:read", "s:write"),
    gate([], { isReadOnly: true }),
    "1",
  ],
  ["people not by the public's rule", person(), gate([{ who: "public", ...read }]), "0"],
])("%s", (_, principal, at, rights) => {
  expect(reachOf(principal, at).rights.key).toBe(rights);
});

test("what a token was given is never more than what its holder may", () => {
  const scopes = ["portal:main", "portal:main:destructive", "s:read", "t:read"];
  const at = gate([{ who: "everyone", classes: ["read", "write"], servers: ["s"] }]);
  const { rights, granted, enters } = reachOf(person({ scopes }), at);
  expect([rights.key, granted.key, enters]).toEqual(["0 s:3", "0 s:1", true]);
});

test("a rule ends by itself at the moment that it says, and what says no moment has ended", () => {
  const forever: AccessRule = { who: "everyone", classes: ["read"] };
  const ends = (until: string): AccessRule => ({ ...forever, until });
  const noon = Date.parse("2026-06-01T12:00:00Z");
  const rules = [forever, ends("2026-06-01T14:00:00+02:00"), ends("2026-06-01T12:00:00.001Z"), ends("soon")];
  expect(livingRules(rules, noon - 1)).toEqual(rules.slice(0, 3));
  expect(livingRules(rules, noon)).toEqual([rules[0], rules[2]]);
  expect(livingRules([forever], noon)).toEqual([forever]);
  expect(firstEnd(rules.slice(0, 3))).toBe(noon);
  expect(firstEnd([forever])).toBe(Number.POSITIVE_INFINITY);
  expect(toPlainRule(ends("2026-06-01T14:00:00+02:00")).until).toBe("2026-06-01T12:00:00.000Z");
});

test("a token of another portal enters not, whatever it may use there", () => {
  const at = gate([{ who: "everyone", classes: ["read"] }]);
  const reach = reachOf(person({ scopes: ["portal:other", "portal:main:read", "s:read"] }), at);
  expect([reach.enters, reach.rights.key, reach.granted.key]).toEqual([false, "1", "0"]);
  expect(isGranted(reach, { server: "s", toolClass: undefined })).toBe(false);
});

test("it is found once for each principal and state of the portal", () => {
  const [who, at] = [person(), gate([{ who: "everyone", classes: ["read"] }])];
  expect(reachOf(who, at)).toBe(reachOf(who, at));
  expect(reachOf({ ...who }, at)).not.toBe(reachOf(who, at));
  expect(reachOf(who, { ...at, access: [] }).rights.isNone).toBe(true);
});

test("what is missing is told as scopes", () => {
  const told = (error: unknown) => isFault(error) && [error.code, error.status, error.data];
  expect(told(insufficientScope("main", { server: "s", toolClass: "write" }))).toEqual([
    "insufficient_scope",
    403,
    { scope: "portal:main s:write" },
  ]);
  expect(told(insufficientScope("main"))).toEqual(["insufficient_scope", 403, { scope: "portal:main" }]);
});

test.each([
  ["everyone", "everyone"],
  ["public", "public"],
  ["group:A b", "group:A b"],
  ["user:Ann@Example.COM", "user:ann@example.com"],
  ["group:", undefined],
  ["group: a", undefined],
  ["group:a\u202e", undefined],
  ["user:ann", undefined],
  ["user:", undefined],
  ["Everyone", undefined],
  ["all", undefined],
  ["", undefined],
])("%j names %j", (text, who) => {
  expect(toWho(text)).toBe(who);
});

test("a portal takes the public where a rule gives it something", () => {
  expect(takesPublic(gate([{ who: "public", classes: [] }]))).toBe(false);
  expect(takesPublic(gate([{ who: "public", classes: ["read"], servers: ["s"] }]))).toBe(true);
});

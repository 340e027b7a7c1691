import { isFault, isPrintable } from "@castellan/kernel";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultClaimNames, type Claims } from "./claims.ts";
import { readPerson, type ClaimRules, type ToldPerson } from "./told-person.ts";

const issuer = "https://login.example.com";
const rules: ClaimRules = {
  claims: { ...defaultClaimNames, groups: "groups" },
  groupPrefix: "",
  allowedDomains: [],
  requiresVerifiedEmail: true,
  keptClaims: [],
};

/** Without the claims that are kept (`kept-claims.test.ts`). */
function read(
  claims: Claims,
  over: Partial<ClaimRules> = {},
  from = issuer,
): Omit<ToldPerson, "claims"> | string {
  try {
    const { claims: _, ...person } = readPerson(claims, { ...rules, ...over }, from);
    return person;
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

const named = (groups: string) => ({ claims: { ...defaultClaimNames, groups } });

test("what Okta says of a person", () => {
  const claims = {
    sub: "00uid4BxXw6I6TV4m0g3",
    name: "Ada Lovelace",
    email: "Ada@Corp.example",
    email_verified: true,
    groups: ["Everyone", "Engineering"],
  };
  expect(read(claims)).toEqual({
    subject: "00uid4BxXw6I6TV4m0g3",
    email: "ada@corp.example",
    name: "Ada Lovelace",
    groups: ["Engineering", "Everyone"],
  });
});

test("what Entra says: groups by object id, an address that its admin gives, and who it is in `oid`", () => {
  const claims = {
    sub: "pairwise-of-one-application",
    oid: "00000000-0000-0000-66f3-3332eca7ea81",
    tid: "9122040d-6c67-4c5b-b112-36a304b66dad",
    preferred_username: "ada@corp.example",
    groups: ["0d9ffb5e-57d5-4cbc-b0f7-0d3c8a9a4a11", "f6d2bd19-6d0e-4f0a-8e41-9c9c7d1a7c55"],
  };
  const over = {
    claims: { subject: "oid", email: "preferred_username", name: "name", groups: "groups" },
    groupMap: { "0d9ffb5e-57d5-4cbc-b0f7-0d3c8a9a4a11": "engineering" },
    requiresVerifiedEmail: false,
  };
  expect(read(claims, over)).toEqual({
    subject: "00000000-0000-0000-66f3-3332eca7ea81",
    email: "ada@corp.example",
    groups: ["engineering"],
  });
  expect(read(claims, { ...over, requiresVerifiedEmail: true })).toEqual({
    subject: "00000000-0000-0000-66f3-3332eca7ea81",
    groups: ["engineering"],
  });
});

test.each([
  { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://graph.windows.net/x" } } },
  { hasgroups: true },
])("Entra's groups overage is not taken for no groups", (overage) => {
  expect(read({ sub: "a", ...overage })).toBe("claims_refused");
  expect(read({ sub: "a", ...overage }, { claims: defaultClaimNames })).toEqual({ subject: "a" });
});

test("what Keycloak says: roles of the realm, by their path", () => {
  const claims = {
    sub: "f:1:ada",
    realm_access: { roles: ["offline_access", "engineer"] },
    groups: ["/corp/a"],
  };
  expect(read(claims, named("realm_access.roles"))).toEqual({
    subject: "f:1:ada",
    groups: ["engineer", "offline_access"],
  });
  expect(read(claims, { groupPrefix: "kc:" })).toEqual({ subject: "f:1:ada", groups: ["kc:/corp/a"] });
});

test("a claim whose name holds dots comes before a path", () => {
  const claims = { sub: "a", "https://corp.example/groups": ["one"], "a.b": "two", a: { b: "three" } };
  expect(read(claims, named("https://corp.example/groups"))).toEqual({ subject: "a", groups: ["one"] });
  expect(read(claims, named("a.b"))).toEqual({ subject: "a", groups: ["two"] });
});

test.each(["__proto__", "constructor.name", "groups.length", "groups.0", "toString"])(
  "what every object has is no claim: %s",
  (path) => {
    expect(read({ sub: "a", groups: ["x"] }, named(path))).toEqual({ subject: "a", groups: [] });
  },
);

test("a group map leaves out whom it does not name, whatever they are called", () => {
  const groups = ["a", "b", "__proto__", "constructor", "toString"];
  expect(read({ sub: "a", groups }, { groupMap: { a: "admins" } })).toEqual({
    subject: "a",
    groups: ["admins"],
  });
});

test("Google: an address of the company's domain is nobody's of the company without `hd`", () => {
  const google = "https://accounts.google.com";
  const claims = { sub: "1", email: "ada@corp.example", email_verified: true };
  const over = { allowedDomains: ["corp.example"], claims: defaultClaimNames };
  expect(read(claims, over, google)).toBe("claims_refused");
  expect(read({ ...claims, hd: "other.example" }, over, google)).toBe("claims_refused");
  expect(read({ ...claims, hd: "corp.example" }, over, google)).toEqual({
    subject: "1",
    email: "ada@corp.example",
  });
  expect(read(claims, over)).toEqual({ subject: "1", email: "ada@corp.example" });
});

test.each([
  ["another domain", { email: "ada@evil.example", email_verified: true }],
  ["a domain below it", { email: "ada@x.corp.example", email_verified: true }],
  ["a domain that ends like it", { email: "ada@notcorp.example", email_verified: true }],
  ["two at signs", { email: "ada@corp.example@evil.example", email_verified: true }],
  ["no verified address", { email: "ada@corp.example", email_verified: false }],
  ["no address", {}],
])("where domains are named, %s does not come in", (_, claims) => {
  expect(read({ sub: "a", ...claims }, { allowedDomains: ["corp.example"] })).toBe("claims_refused");
});

test.each([true, "true"])("an address is verified: %j", (email_verified) => {
  expect(read({ sub: "a", email: "a@b.example", email_verified })).toMatchObject({ email: "a@b.example" });
});

test.each([undefined, false, "false", "yes", 1, [true], {}])("an address is not: %j", (email_verified) => {
  expect(read({ sub: "a", email: "a@b.example", email_verified })).not.toHaveProperty("email");
});

test("that `email` is verified says nothing of an address in another claim", () => {
  const claims = { sub: "a", upn: "root@corp.example", email: "mallory@evil.example", email_verified: true };
  const over = { claims: { ...defaultClaimNames, email: "upn" } };
  expect(read(claims, over)).toEqual({ subject: "a" });
  expect(read(claims, { ...over, requiresVerifiedEmail: false })).toEqual({
    subject: "a",
    email: "root@corp.example",
  });
});

test.each([
  undefined,
  null,
  42,
  true,
  "",
  "x".repeat(256),
  "a\nb",
  "\0",
  ["a"],
  { sub: "a" },
  "\u202Ea",
  "\uD800",
])("nobody is called %j", (sub) => {
  expect(read({ sub })).toBe("claims_refused");
});

test("a name is one line of at most 128 characters, whatever was sent", () => {
  const nameOf = (name: unknown) =>
    (read({ sub: "a", name }, { claims: defaultClaimNames }) as ToldPerson).name;
  expect(nameOf("  Ada\u202E\n\0Lovelace ")).toBe("AdaLovelace");
  expect(nameOf("x".repeat(10_000_000))).toBe("x".repeat(128));
  expect([{ first: "Ada" }, 42, null, "\n\t", []].map(nameOf)).toEqual(Array(5).fill(undefined));
});

test("more groups than a person can be in are not cut off silently", () => {
  const groups = Array.from({ length: 1001 }, (_, at) => `group ${at}`);
  expect(read({ sub: "a", groups })).toBe("claims_refused");
  expect(read({ sub: "a", groups }, { groupMap: { "group 7": "seven" } })).toEqual({
    subject: "a",
    groups: ["seven"],
  });
});

test("whatever the claims are, what is read of them can be kept and shown, or is refused", () => {
  const hostile = fc.dictionary(
    fc.constantFrom("sub", "email", "email_verified", "name", "groups", "hd", "_claim_names", "hasgroups"),
    fc.oneof(
      fc.string({ unit: codePoint }),
      fc.jsonValue(),
      fc.constant(true),
      fc.array(fc.string({ unit: codePoint })),
    ),
  );
  fc.assert(
    fc.property(hostile, (claims) => {
      const told = read(claims);
      if (typeof told === "string") {
        expect(told).toBe("claims_refused");
        return;
      }
      const texts = [told.subject, told.email ?? "a", told.name ?? "a", ...(told.groups ?? [])];
      expect(texts.filter((text) => text === "" || text.length > 255 || !isPrintable(text))).toEqual([]);
    }),
  );
});

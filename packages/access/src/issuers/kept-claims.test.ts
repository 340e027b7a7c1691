import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readKeptClaims, type KeptClaims } from "./kept-claims.ts";

function read(claims: Record<string, unknown>, ...names: string[]): KeptClaims | string {
  try {
    return readKeptClaims(claims, names);
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("what is named is kept, under the name that it was asked for by", () => {
  const claims = {
    department: "Research",
    level: 7,
    manager: false,
    realm_access: { roles: ["dev", 4, true, null, { a: 1 }] },
    "https://corp.example/site": "Berlin",
    address: { locality: "Berlin" },
    secret: "not asked for",
  };
  expect(
    read(
      claims,
      "department",
      "level",
      "manager",
      "realm_access.roles",
      "https://corp.example/site",
      "address",
      "toString",
      "nothing",
    ),
  ).toEqual({
    department: "Research",
    level: 7,
    manager: false,
    "realm_access.roles": ["dev", "4", "true"],
    "https://corp.example/site": "Berlin",
  });
});

test.each<[string, unknown]>([
  ["too long", "x".repeat(1025)],
  ["too many", Array.from({ length: 1001 }, (_, at) => at)],
  ["too long a value among others", ["a", "x".repeat(1025)]],
  ["beyond the range of numbers", JSON.parse("1e999")],
  ["no text for PostgreSQL", "a\0b"],
  ["half a character", "a\ud800"],
])("what cannot be kept whole is refused: %s", (_, claim) => {
  expect(read({ claim }, "claim")).toBe("claims_refused");
  expect(read({ claim }, "other")).toEqual({});
});

/** As they come out of JSON that was written: it has no negative zero. */
const anyClaims = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((claims) => JSON.parse(JSON.stringify(claims)) as Record<string, unknown>);

test("whatever an issuer sends, the outcome is claims as JSON keeps them, or a refusal", () => {
  fc.assert(
    fc.property(anyClaims, fc.array(fc.string()), (claims, others) => {
      const names = [...Object.keys(claims), ...others];
      const kept = read(claims, ...names);
      if (kept === "claims_refused") return;
      expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
      expect(names).toEqual(expect.arrayContaining(Object.keys(kept)));
    }),
  );
});

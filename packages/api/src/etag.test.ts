import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIfMatch, toEtag } from "./etag.ts";

test("a version comes back from its tag, strong or weak", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e14 }), (version) => {
      expect(parseIfMatch(toEtag(version))).toBe(version);
      expect(parseIfMatch(` W/${toEtag(version)} `)).toBe(version);
    }),
  );
});

test("no tag, and any tag, mean no version", () => {
  expect([parseIfMatch(undefined), parseIfMatch("*")]).toEqual([undefined, undefined]);
});

test.each(["", "3", '"3', '"3", "4"', '"three"', '"-1"', '"1.5"', `"${"9".repeat(16)}"`, 'w/"3"'])(
  "%j is refused",
  (header) => {
    expect(() => parseIfMatch(header)).toThrow("If-Match must be one entity tag that was answered");
  },
);

import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIdempotencyKey } from "./key.ts";

const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";

test.each([
  [undefined, undefined],
  [`"${uuid}"`, uuid],
  [uuid, uuid],
  [` ${uuid} `, uuid],
  ['"two words"', "two words"],
  ["a".repeat(255), "a".repeat(255)],
])("%j is the key %j", (header, key) => {
  expect(parseIdempotencyKey(header)).toBe(key);
});

test.each(["", '""', '"', '"a', 'a"', "two words", '"a\\"b"', "a".repeat(256), "ä", '"a";b=1'])(
  "%j is refused",
  (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(/^Idempotency-Key must be 1 to 255 visible ASCII/);
  },
);

test("what is taken is the header, less its quotes and the space around it", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 300 }), (header) => {
      let key: string | undefined;
      try {
        key = parseIdempotencyKey(header);
      } catch {
        return;
      }
      expect([key, `"${key}"`]).toContain(header.trim());
    }),
  );
});

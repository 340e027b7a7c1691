import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, hasControl } from "./clean-text.ts";

test.each([
  ["plain ünïcode 🏰", "plain ünïcode 🏰"],
  ["nul \u0000 esc \u001b[31m del \u007f c1 \u009b", "nul ␀ esc ␛[31m del ␡ c1 \ufffd"],
  ["lone \ud800 surrogates \udc00", "lone \ufffd surrogates \ufffd"],
  ["x".repeat(41), `${"x".repeat(39)}…`],
  [`${"x".repeat(38)}🏰🏰`, `${"x".repeat(38)}\ufffd…`],
  ["", ""],
])("%j becomes %j", (text, clean) => {
  expect(cleanText(text, 40)).toBe(clean);
});

test("whatever comes in, what comes out is bounded, well-formed, without controls, and stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: codePoint, maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, max) => {
        const clean = cleanText(text, max);
        expect(clean.length).toBeLessThanOrEqual(max);
        expect(clean.isWellFormed()).toBe(true);
        expect(hasControl(clean)).toBe(false);
        expect(cleanText(clean, max)).toBe(clean);
      },
    ),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";

test("every string comes back, and what is sent is a legal header value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      const header = encodeHeaderValue(value);
      expect(header).toMatch(/^[ -~]*$/);
      expect(header).toBe(header.trim());
      expect(decodeHeaderValue(header)).toBe(value);
    }),
  );
});

test.each([
  ["search", "search"],
  ["two words", "two words"],
  ["", ""],
  ["café", "=?base64?Y2Fmw6k=?="],
  [" padded ", "=?base64?IHBhZGRlZCA=?="],
  ["a\r\nX-Evil: 1", "=?base64?YQ0KWC1FdmlsOiAx?="],
  ["=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="],
])("%j travels as %j", (value, header) => {
  expect(encodeHeaderValue(value)).toBe(header);
});

test.each([
  "=?base64?a?=",
  "=?base64?/w==?=",
  "=?base64?SGVsbG8?=",
  "=?base64?SGVs!G8=?=",
  "=?base64?YR==?=",
])("%s is broken", (header) => {
  expect(decodeHeaderValue(header)).toBeUndefined();
});

test("markers in other letters are no markers", () => {
  expect(decodeHeaderValue("=?BASE64?YQ==?=")).toBe("=?BASE64?YQ==?=");
});

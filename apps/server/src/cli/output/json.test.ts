import fc from "fast-check";
import { expect, test } from "vitest";
import { toJson, toVisibleJson } from "./json.ts";

test("what could act on a terminal is written as an escape", () => {
  const answer = { name: "csi\u009b31m del\u007f bidi\u202e line\u2028 tag\u{e0041} nl\n", é: "日本🧾" };
  expect(toJson(answer)).toBe(
    '{"name":"csi\\u009b31m del\\u007f bidi\\u202e line\\u2028 tag\\udb40\\udc41 nl\\n","é":"日本🧾"}',
  );
  expect(toJson({ a: ["\u009b"] }, 2)).toBe('{\n  "a": [\n    "\\u009b"\n  ]\n}');
});

test("whatever a value holds, a program reads it as it was and a terminal shows it only", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom(0, 2), (value, indent) => {
      const text = toJson(value, indent);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test("to whoever judges it, nothing is hidden", () => {
  const text = "a\u200bb\u00a0c\u3164d\ufe0fe\u2800f g";
  expect(toVisibleJson([text])).toBe('["a\\u200bb\\u00a0c\\u3164d\\ufe0fe\\u2800f g"]');
  expect(JSON.parse(toVisibleJson([text]))).toEqual([text]);
});

import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayElements, assertUnambiguous, edit, maxJsonDepth, objectMembers } from "./scan.ts";

const hasSpecialKey = (text: string) => text.includes("__proto__");

test("any object's members are found, whatever the spacing", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: codePoint }), fc.jsonValue()),
      fc.constantFrom(0, 1, "\t", " \r\n"),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent as string);
        const members = objectMembers(text);
        const found = Object.fromEntries(
          [...members].map(([name, span]) => [name, JSON.parse(text.slice(span.start, span.end))]),
        );
        expect(found).toEqual(JSON.parse(text));
      },
    ),
  );
});

test("any array's elements are found", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(arrayElements(text).map((span) => JSON.parse(text.slice(span.start, span.end)))).toEqual(
        JSON.parse(text),
      );
    }),
  );
});

test("what JSON.stringify writes is never called ambiguous", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      fc.pre(!hasSpecialKey(text));
      expect(() => assertUnambiguous(text)).not.toThrow();
    }),
  );
});

test.each([
  ['{"a":1,"a":2}'],
  ['{"a":1,"\\u0061":2}'],
  ['{"x":[{"b":{},"c":[],"b":0}]}'],
  ['{"x":{"__proto__":{"admin":true}}}'],
  ['{"\\u005f_proto__":1}'],
  [`{${Array.from({ length: 40 }, (_, i) => `"k${i}":0`).join(",")},"k3":1}`],
])("%s is refused", (text) => {
  expect(() => assertUnambiguous(text)).toThrow(expect.objectContaining({ code: "json_ambiguous" }));
});

test.each([
  ['{"a":"\\"a\\":1,","b":["a","a",{"a":1},{"a":1}]}'],
  ['{"a":{"a":{"a":1}}}'],
  ['[{"a":1},{"a":1}]'],
  ['{"a":"__proto__"}'],
  ['{"a":[],"b":"}","c":"\\\\"}'],
])("%s is let through", (text) => {
  JSON.parse(text);
  expect(() => assertUnambiguous(text)).not.toThrow();
});

test("nesting is bounded", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(() => assertUnambiguous(nested(maxJsonDepth))).not.toThrow();
  expect(() => assertUnambiguous(nested(maxJsonDepth + 1))).toThrow(
    expect.objectContaining({ code: "json_too_deep" }),
  );
});

test("an edit leaves everything else to the letter", () => {
  const text = '{ "name" : "a",\n "n":1E400, "big":1234567890123456789 }';
  const name = objectMembers(text).get("name");
  expect(name && edit(text, [{ span: name, text: '"b"' }])).toBe(
    '{ "name" : "b",\n "n":1E400, "big":1234567890123456789 }',
  );
});

import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isObjectText, withMemberAt, withMembers } from "./members.ts";
import { objectMembers } from "./scan.ts";

const name = fc.string({ unit: codePoint, maxLength: 6 }).filter((key) => key !== "__proto__");
const someObject = fc.dictionary(name, fc.jsonValue(), { maxKeys: 6 });
const spacing = fc.constantFrom<string | number>(0, 1, "\t", " \r\n");

/** The members in their order, each with the text of its value. */
function entries(text: string): [name: string, valueText: string][] {
  return [...objectMembers(text)].map(([key, { start, end }]) => [key, text.slice(start, end)]);
}

test("what is set is set, what is taken away is gone, the rest is the text that it was, in its order", () => {
  fc.assert(
    fc.property(
      someObject,
      spacing,
      fc.dictionary(name, fc.constantFrom("1E400", '"x"', undefined), { maxKeys: 3 }),
      fc.infiniteStream(fc.constantFrom("keep", "set", "remove")),
      (value, indent, foreign, does) => {
        const text = JSON.stringify(value, null, indent);
        const touched = Object.keys(value).flatMap((key): [string, string | undefined][] => {
          const act = does.next().value;
          return act === "keep" ? [] : [[key, act === "set" ? "[ 1.0 ]" : undefined]];
        });
        const changes = { ...foreign, ...Object.fromEntries(touched) };

        const changed = withMembers(text, changes);

        expect(() => void JSON.parse(changed)).not.toThrow();
        const added = Object.entries(changes).filter(([key]) => !Object.hasOwn(value, key));
        const kept = entries(text).map(([key, old]) => [key, key in changes ? changes[key] : old]);
        expect(entries(changed)).toEqual([...added, ...kept].filter(([, held]) => held !== undefined));
      },
    ),
  );
});

test("without a change not a letter changes", () => {
  fc.assert(
    fc.property(someObject, spacing, name, (value, indent, absent) => {
      fc.pre(!Object.hasOwn(value, absent));
      const text = JSON.stringify(value, null, indent);
      expect(withMembers(text, {})).toBe(text);
      expect(withMembers(text, { [absent]: undefined })).toBe(text);
    }),
  );
});

test.each([
  ['{ "a" : 1 , "b":1E400,\n "c":"}" }', { a: undefined }, '{ "b":1E400,\n "c":"}" }'],
  ['{ "a" : 1 , "b":1E400,\n "c":"}" }', { b: undefined }, '{ "a" : 1,\n "c":"}" }'],
  ['{ "a" : 1 , "b":1E400,\n "c":"}" }', { c: undefined }, '{ "a" : 1 , "b":1E400 }'],
  ['{ "a" : 1 , "b":2 }', { a: undefined, b: undefined }, "{  }"],
  ['{ "a" : 1 , "b":2 }', { a: undefined, b: undefined, z: "0" }, '{"z":0  }'],
  ['{"a":1,"b":2}', { z: "0", b: undefined }, '{"z":0,"a":1}'],
  ["{ }", { z: "0", y: '""' }, '{"z":0,"y":"" }'],
  // A name is what it means, not how it is written.
  ['{"\\u0061":1,"b":2}', { a: undefined }, '{"b":2}'],
  ['{"\\u0061":1,"b":2}', { a: "3" }, '{"\\u0061":3,"b":2}'],
  ['{"a":{"a":{"a":1}},"x":"a"}', { a: "1" }, '{"a":1,"x":"a"}'],
])("%s with %o is %s", (text, changes, expected) => {
  expect(withMembers(text, changes)).toBe(expected);
});

test.each<[string, [string, ...string[]], string]>([
  ['{"p": {"m":{"id" : 1E400, "x":2}, "q":3}}', ["p", "m", "id"], '{"p": {"m":{"id" : "!", "x":2}, "q":3}}'],
  ['{"q":1}', ["p", "m", "id"], '{"p":{"m":{"id":"!"}},"q":1}'],
  ['{"p":[{"m":1}],"q":1}', ["p", "m", "id"], '{"p":{"m":{"id":"!"}},"q":1}'],
  ['{"p":{"m":null}}', ["p", "m", "id"], '{"p":{"m":{"id":"!"}}}'],
  ['{"\\u0070":{}}', ["p", "m"], '{"\\u0070":{"m":"!"}}'],
])("in %s at %o stands what is put there", (text, path, expected) => {
  expect(withMemberAt(text, path, '"!"')).toBe(expected);
});

test.each([
  ["{}", true],
  [' \n{"a":1}', true],
  ["[{}]", false],
  ['"{}"', false],
  ["null", false],
  ["", false],
  [undefined, false],
])("%o is an object: %o", (text, expected) => {
  expect(isObjectText(text)).toBe(expected);
});

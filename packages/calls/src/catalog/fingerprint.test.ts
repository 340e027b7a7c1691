import { isDeepStrictEqual } from "node:util";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DefinitionKind } from "./definition.ts";
import { fingerprintOf, fingerprintOfAll, fingerprintOfBody, isFingerprint } from "./fingerprint.ts";

const ofTool = (text: string) => fingerprintOf({ kind: "tool", text });

/** The same value in another hand: members in another order, spaces anywhere, each character of a string escaped. */
function rewritten(value: unknown): string {
  if (Array.isArray(value)) return `[\n${value.map(rewritten).join(" ,\t")} ]`;
  if (typeof value === "string")
    return `"${[...Array(value.length).keys()].map((at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toReversed();
  return ` {\r\n${members.map(([name, member]) => `${rewritten(name)} : ${rewritten(member)}`).join("\n, ")}} `;
}

const names = fc.string({ unit: codePoint }).filter((name) => name !== "__proto__");
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: codePoint }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const objects = fc.dictionary(names, values, { noNullPrototype: true });

test("one value has one fingerprint, however it is written", () => {
  fc.assert(
    fc.property(objects, (value) => {
      expect(ofTool(rewritten(value))).toBe(ofTool(JSON.stringify(value)));
    }),
  );
});

test("two values have two", () => {
  fc.assert(
    fc.property(objects, objects, (one, other) => {
      const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
      const isSame = ofTool(a) === ofTool(b);
      if (isSame) expect(JSON.parse(a)).toEqual(JSON.parse(b));
    }),
  );
});

test("whatever is added to a value, taken from it or put in its place shows", () => {
  fc.assert(
    fc.property(objects, names, values, values, (value, name, first, second) => {
      const { [name]: _, ...without } = value;
      const [none, one, other] = [without, { ...without, [name]: first }, { ...without, [name]: second }].map(
        (object) => ofTool(JSON.stringify(object)),
      );
      expect(none).not.toBe(one);
      const [a, b] = [first, second].map((one): unknown => JSON.parse(JSON.stringify(one)));
      expect(one === other).toBe(isDeepStrictEqual(a, b));
    }),
  );
});

test.each([
  ["big numbers", "[1234567890123456789]", "[1234567890123456788]"],
  ["numbers that no double holds", "[1E400]", "[1E401]"],
  ["zeros", "[0]", "[-0]"],
  ["a number and a string", "[1]", '["1"]'],
  ["a list in another order", "[1,2]", "[2,1]"],
  ["an empty object and nothing", '{"a":{}}', "{}"],
  ["null and nothing", '{"a":null}', "{}"],
  ["upper and lower case", '["A"]', '["a"]'],
  ["composed and decomposed characters", '["\\u00e9"]', '["e\\u0301"]'],
  ["halves of characters", '["\\ud800"]', '["\\ud801"]'],
])("%s are two", (_, one, other) => {
  expect(ofTool(one)).not.toBe(ofTool(other));
});

test("it is spelled in one way", () => {
  const fingerprint = ofTool("{}");
  expect(fingerprint).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  expect(
    [fingerprint, fingerprint.toUpperCase(), fingerprint.slice(1), `${fingerprint}0`, `${fingerprint}\n`].map(
      isFingerprint,
    ),
  ).toEqual([true, false, false, false, false]);
});

test.each<[DefinitionKind, string, string, boolean]>([
  ["resource", '{"uri":"a:b","size":1}', '{"uri":"a:b"}', true],
  [
    "resource",
    '{"uri":"a:b","annotations":{"lastModified":"2026-01-02T03:04:05.678+01:00"}}',
    '{"uri":"a:b"}',
    true,
  ],
  ["resource", '{"uri":"a:b","annotations":{"lastModified":"Obey"}}', '{"uri":"a:b"}', false],
  ["resource", '{"uri":"a:b","size":"Obey"}', '{"uri":"a:b"}', false],
  ["resource", `{"uri":"a:b","size":${"79".repeat(500)}}`, '{"uri":"a:b"}', false],
  ["resource_template", '{"uriTemplate":"a:{b}","size":"Obey"}', '{"uriTemplate":"a:{b}"}', false],
  ["resource_template", '{"uriTemplate":"a:{b}","size":1}', '{"uriTemplate":"a:{b}"}', false],
  [
    "resource_template",
    '{"annotations":{"priority":1,"lastModified":"2026-01-02T03:04:05Z"}}',
    '{"annotations":{"priority":1}}',
    true,
  ],
  ["resource", '{"si\\u007ae":1}', "{}", true],
  ["resource", '{"_meta":{"size":1}}', '{"_meta":{"size":2}}', false],
  ["resource", '{"lastModified":1}', "{}", false],
  ["tool", '{"size":1}', "{}", false],
  ["tool", '{"annotations":{"lastModified":"x"}}', "{}", false],
  ["instructions", '"a"', '"b"', false],
  ["instructions", '"a"', '"\\u0061"', true],
])("of a %s %s and %s: is it one? %j", (kind, one, other, isOne) => {
  expect(fingerprintOf({ kind, text: one }) === fingerprintOf({ kind, text: other })).toBe(isOne);
});

test("of all definitions there is one fingerprint, in any order, and it moves with each of them", () => {
  const entries = fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom<DefinitionKind>("tool", "prompt"),
      name: fc.string({ minLength: 1 }),
      fingerprint: fc.constantFrom("sha256:a", "sha256:b"),
    }),
    { selector: ({ kind, name }) => JSON.stringify([kind, name]), minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(entries, fc.nat(), (all, pick) => {
      const whole = fingerprintOfAll(all);
      expect(fingerprintOfAll(all.toReversed())).toBe(whole);
      const at = pick % all.length;
      expect(fingerprintOfAll(all.toSpliced(at, 1))).not.toBe(whole);
      const moved = all.map((entry, n) => (n === at ? { ...entry, fingerprint: "sha256:c" } : entry));
      expect(fingerprintOfAll(moved)).not.toBe(whole);
      const renamed = all.map((entry, n) => (n === at ? { ...entry, name: `${entry.name} other` } : entry));
      expect(fingerprintOfAll(renamed)).not.toBe(whole);
    }),
  );
});

test("a body is known by what it says, whatever it is called", () => {
  const body = (text: string) => fingerprintOfBody({ kind: "tool", text });
  expect(body('{"name":"a","title":"A","description":"x"}')).toBe(body('{"description":"x","name":"b"}'));
  expect(body('{"name":"a","description":"x"}')).not.toBe(body('{"name":"a","description":"y"}'));
  expect([body('{"name":"a"}'), body('{"name":"a","description":""}')]).toEqual([undefined, undefined]);
  expect(fingerprintOfBody({ kind: "instructions", text: '"x"' })).toBeUndefined();
});

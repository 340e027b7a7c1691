import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLines } from "./json-lines.ts";

const written = (text: string) =>
  jsonLines(text)
    ?.map((line) => line.map((piece) => (typeof piece === "string" ? piece : piece.said)).join(""))
    .join("\n");

test("a member on each line, short lists on one, and nothing of it is changed", () => {
  const long = "x".repeat(60);
  expect(
    written(
      `{"a" :1E400,"b":[1,{"c":"}, \\u202e\\""}],"d":{},"e":[ ],"f":["${long}"],"a":12345678901234567890}`,
    ),
  ).toBe(
    [
      "{",
      '  "a": 1E400,',
      '  "b": [',
      "    1,",
      '    {"c": "}, \\u202e\\""}',
      "  ],",
      '  "d": {},',
      '  "e": [],',
      '  "f": [',
      `    "${long}"`,
      "  ],",
      '  "a": 12345678901234567890',
      "}",
    ].join("\n"),
  );
  expect(written('[1 ,"a",{ }]')).toBe('[\n  1,\n  "a",\n  {}\n]');
});

test("strings stand by themselves, each in one piece", () => {
  expect(jsonLines('{"שלום":"a: b"}')).toEqual([["{", { said: '"שלום"' }, ": ", { said: '"a: b"' }, "}"]]);
});

test.each(["", "{", "{'a':1}", '{"a":1} x', "NaN", '"\n"'])("%j is no JSON", (text) =>
  expect(jsonLines(text)).toBeUndefined(),
);

test("whatever the JSON is, what is laid out has the same tokens in the same order", () => {
  const squeezed = (text: string | undefined) =>
    text?.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? "");
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 1, 3), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), null, space);
      expect(squeezed(written(text))).toBe(squeezed(text));
      expect(JSON.parse(written(text) ?? "")).toEqual(JSON.parse(text));
    }),
  );
});

test("a text of brackets does not become a much larger one", () => {
  const deep = `${"[".repeat(5000)}1${"]".repeat(5000)}`;
  expect((written(deep) ?? "").length).toBeLessThan(deep.length * 30);
});

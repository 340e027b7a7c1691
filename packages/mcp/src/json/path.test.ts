import { expect, test } from "vitest";
import { spansAt } from "./path.ts";

function textsAt(text: string, path: readonly string[]): string[] {
  return spansAt(text, path).map(({ start, end }) => text.slice(start, end));
}

test("every value at the path, as it stands", () => {
  const text = ' { "a": [ {"b": 1E400}, {"b" : "x"}, {"c":2}, 3, null ], "\\u0064": {"e":[]} }';
  expect(textsAt(text, ["a", "*", "b"])).toEqual(["1E400", '"x"']);
  expect(textsAt(text, ["d", "e"])).toEqual(["[]"]);
  expect(textsAt(text, [])).toEqual([text]);
});

test("what is something else than the path expects has no such value", () => {
  for (const text of ["[]", "1", '"a"', "null", '{"a":{"*":1}}', '{"a":"[{}]"}'])
    expect(textsAt(text, ["a", "*", "b"])).toEqual([]);
});

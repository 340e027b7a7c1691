import { expect, test } from "vitest";
import { pathTree, spansAt, spansIn } from "./path.ts";

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

test("many paths are looked up as one, also where one ends on the way of another", () => {
  const text = '{"a":{"b":[1,{"c":2}],"d":3},"e":4}';
  const tree = pathTree([["a", "b", "*", "c"], ["a", "d"], ["e"], ["a", "b", "*"], ["x"]]);
  const found = spansIn(text, tree).map(({ start, end }) => text.slice(start, end));
  expect(found).toEqual(["1", '{"c":2}', "2", "3", "4"]);
});

test("more values than a call takes arguments are found", () => {
  const count = 300_000;
  const text = `{"a":{"b":[${"0,".repeat(count - 1)}0]}}`;
  expect(spansAt(text, ["a", "b", "*"]).length).toBe(count);
});

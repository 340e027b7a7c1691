import { expect, test } from "vitest";
import { z } from "zod";
import { checkInput } from "./input.ts";

const schema = z.strictObject({
  name: z.string(),
  parts: z.array(
    z.union([
      z.string().max(3),
      z.strictObject({ slug: z.string(), size: z.int().min(2).max(9).optional() }),
    ]),
  ),
  byName: z.record(z.string(), z.strictObject({})).optional(),
});

function problemsOf(input: unknown) {
  const checked = checkInput(schema, input, "body");
  return "problems" in checked
    ? checked.problems.map(({ field, reason }) => `${field} ${reason}`)
    : checked.value;
}

test("every problem has its field, in the form in which the value was given", () => {
  expect(problemsOf({ name: "n", parts: ["abc", { slug: "s" }] })).toEqual({
    name: "n",
    parts: ["abc", { slug: "s" }],
  });
  expect(problemsOf([])).toEqual(["body must be an object"]);
  expect(
    problemsOf({ parts: ["abcd", { slug: 1, colour: 2, size: 0.5 }, 3], "a b": 1, byName: { x: { y: 1 } } }),
  ).toEqual([
    "name is required",
    "parts[0] must have at most 3 characters",
    "parts[1].slug must be a string",
    "parts[1].size must be a whole number",
    "parts[1].colour is not known",
    "parts[2] is not valid",
    "byName.x.y is not known",
    '["a b"] is not known',
  ]);
  expect([1, 10].map((size) => problemsOf({ name: "n", parts: [{ slug: "s", size }] }))).toEqual([
    ["parts[0].size must be at least 2"],
    ["parts[0].size must be at most 9"],
  ]);
});

test("problems lead back to their place", () => {
  const checked = checkInput(schema, { name: "n", parts: [{ slug: "s", "a.b": 1 }] }, "body");
  expect(checked).toEqual({
    problems: [{ field: 'parts[0]["a.b"]', reason: "is not known", path: ["parts", 0, "a.b"] }],
  });
});

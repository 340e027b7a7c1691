import { expect, test } from "vitest";
import { toolTextOf } from "./tool-text.ts";

const definitionOf = (more: object) => JSON.stringify({ name: "a", ...more });

test("what a definition says", () => {
  const definition = definitionOf({
    description: "Creates issues.",
    title: "No",
    inputSchema: { type: "object", properties: { dueDate: {} } },
  });
  const { schemas, ...text } = toolTextOf(definition);
  const { start = 0, end = 0 } = schemas.inputSchema ?? {};
  expect([text, definition.slice(start, end), schemas.outputSchema]).toEqual([
    { description: "Creates issues.", words: ["creat", "issu"], argumentWords: ["due", "date"] },
    '{"type":"object","properties":{"dueDate":{}}}',
    undefined,
  ]);
});

test("the title stands in for a description; half a character is none", () => {
  const texts = [{ title: "T" }, { description: 5 }, { description: `${"x".repeat(3999)}💶` }].map(
    (more) => toolTextOf(definitionOf(more)).description,
  );
  expect(texts).toEqual(["T", "", `${"x".repeat(3999)}\ufffd`]);
});

test("read once for all that have it in these words, until much else was asked for", () => {
  const [one, again] = [definitionOf({ description: "x" }), definitionOf({ description: "x" })];
  const first = toolTextOf(one);
  expect(toolTextOf(again)).toBe(first);
  const large = "y".repeat(4 * 1024 * 1024);
  for (let n = 0; n < 7; n++) toolTextOf(definitionOf({ n, large }));
  expect(toolTextOf(one)).toBe(first);
  for (let n = 7; n < 16; n++) toolTextOf(definitionOf({ n, large }));
  expect(toolTextOf(one)).not.toBe(first);
  expect(toolTextOf(one)).toEqual(first);
});

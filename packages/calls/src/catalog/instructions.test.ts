import { expect, test } from "vitest";
import { maxDefinitionLength } from "./definition.ts";
import { findInstructions } from "./instructions.ts";

const said = (text: string) => ({ helloText: `{ "capabilities":{}, "instructions" : ${text} }` });

test("what is told in each era is a definition of its own, to the letter", () => {
  expect(findInstructions({ legacy: said('"a\\u0062"'), modern: said('"c"') })).toEqual({
    definitions: [
      { kind: "instructions", name: "legacy", publicName: "legacy", text: '"a\\u0062"' },
      { kind: "instructions", name: "modern", publicName: "modern", text: '"c"' },
    ],
    skipped: [],
  });
});

test("nothing is made of nothing", () => {
  const none = { definitions: [], skipped: [] };
  expect(findInstructions({ legacy: undefined, modern: undefined })).toEqual(none);
  expect(findInstructions({ legacy: { helloText: "{}" }, modern: { helloText: "[1]" } })).toEqual(none);
  expect(findInstructions({ legacy: said('""'), modern: undefined })).toEqual(none);
});

test("what cannot be told is left out, and it is said why", () => {
  const long = said(JSON.stringify("x".repeat(maxDefinitionLength)));
  expect(findInstructions({ legacy: long, modern: said('["a"]') })).toEqual({
    definitions: [],
    skipped: [
      "instructions (legacy): they are longer than 1048576 characters",
      "instructions (modern): they are no text",
    ],
  });
});

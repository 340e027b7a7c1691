import fc from "fast-check";
import { expect, test } from "vitest";

import { parseLogLine } from "./log-line.ts";

test("a program's line is read, a word of the runtime is none", () => {
  expect(parseLogLine(`{"timestamp":1,"level":"warn","message":"a\\nb"}`)).toEqual({
    level: "warn",
    text: "a\nb",
  });
  expect(
    parseLogLine(`{"timestamp":"1","level":"error","source":"setup.c++:43","message":"V8"}`),
  ).toBeUndefined();
  expect(parseLogLine(`{"level":"fatal","message":"x"}`)).toBeUndefined();
  expect(parseLogLine(`{"level":"log","message":{}}`)).toBeUndefined();
});

test("whatever comes, it does not throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseLogLine(line)));
});

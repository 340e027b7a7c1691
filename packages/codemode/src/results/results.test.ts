import fc from "fast-check";
import { expect, test } from "vitest";
import { truncate } from "./truncate.ts";
import { unwrapResource, unwrapToolResult } from "./unwrap.ts";

const text = (value: string) => ({ type: "text", text: value });

test.each([
  [
    "structured content",
    '{"content":[],"structuredContent":{"id":12345678901234567890}}',
    '{"id":12345678901234567890}',
  ],
  ["an only text that is JSON", JSON.stringify({ content: [text('{"a": 1E400}')] }), '{"a": 1E400}'],
  ["a number", JSON.stringify({ content: [text("5")] }), "5"],
  [
    "a number that is none",
    JSON.stringify({ content: [text("12345678901234567890")] }),
    '"12345678901234567890"',
  ],
  ["a text", JSON.stringify({ content: [text("so\nit is")] }), '"so\\nit is"'],
  ["texts", JSON.stringify({ content: [text("1"), text("2")] }), '"1\\n2"'],
  [
    "other blocks",
    '{"content":[{"type":"text","text":"a"},{"type":"image","data":""}]}',
    '[{"type":"text","text":"a"},{"type":"image","data":""}]',
  ],
  ["nothing", '{"content":[]}', "[]"],
  ["no content", "{}", "[]"],
  ["content that is none", '{"content":7}', "7"],
  ["a text block without text", '{"content":[{"type":"text"}]}', '[{"type":"text"}]'],
])("%s", (_, result, value) => {
  expect(unwrapToolResult(result)).toEqual({ kind: "value", text: value });
});

test.each([
  ["in words", { isError: true, content: [text("No such"), text("ticket")] }, "No such\nticket"],
  ["as data", { isError: true, content: [], structuredContent: { why: 1 } }, '{"why":1}'],
  ["without a word", { isError: true, content: [text("")] }, "The tool failed."],
  ["in too many words", { isError: true, content: [text("x".repeat(5000))] }, `${"x".repeat(4000)}…`],
])("a failure told %s", (_, result, message) => {
  expect(unwrapToolResult(JSON.stringify(result))).toEqual({
    kind: "error",
    code: "code_tool_failed",
    message,
  });
});

test("contents of a resource", () => {
  expect(unwrapResource('{"contents":[{"uri":"a:b","text":"x"}],"_meta":{}}')).toEqual({
    kind: "value",
    text: '[{"uri":"a:b","text":"x"}]',
  });
});

test("what is too long says how much is missing, and where it is", () => {
  const note =
    "\n--- TRUNCATED ---\n240 of 300 characters are missing. Return less: filter, select fields, slice or count in the code. The client, not code, can read all of it for an hour: resource codemode://runs/run_1/result";
  expect(truncate("x".repeat(300), "codemode://runs/run_1/result", 60 + note.length)).toEqual({
    text: "x".repeat(60) + note,
    isTruncated: true,
  });
  expect(truncate("x".repeat(24_000), "a:b")).toEqual({ text: "x".repeat(24_000), isTruncated: false });
});

test("no cut is longer than it may be, or splits a character", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 300, maxLength: 600 }),
      fc.integer({ min: 200, max: 700 }),
      (value, max) => {
        const { text: cut, isTruncated } = truncate(value, "a:b", max);
        expect([cut.length <= max, cut.isWellFormed(), isTruncated]).toEqual([
          true,
          true,
          value.length > max,
        ]);
      },
    ),
  );
});

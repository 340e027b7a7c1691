import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseToolPattern } from "./tool-pattern.ts";

function fits(pattern: string, text: string): boolean {
  const parsed = parseToolPattern(pattern);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.fits(text);
}

test.each([
  ["invoice", "Send an INVOICE now", true],
  ["^okrs_", "okrs_list", true],
  ["^okrs_", "my okrs_list", false],
  ["(create|delete)_issue", "github_Delete_Issue", true],
  ["", "", true],
  ["straße", "STRASSE", false],
  ["über.*müde", "ÜBER alles MÜDE", true],
  [".", "\ud83d", true],
])("%j and %j: %s", (pattern, text, expected) => {
  expect(fits(pattern, text)).toBe(expected);
});

const syntax = "is no regular expression in the syntax of RE2: ";

test.each([
  ["a(b", `${syntax}missing closing ), at character 1: "a(b"`],
  ["ab[z-a]c", `${syntax}invalid character class range, at character 4: "z-a"`],
  ["a(?=x)", `${syntax}invalid or unsupported Perl syntax, at character 2: "(?="`],
  ["(a)\\1", `${syntax}invalid escape sequence, at character 4: "\\\\1"`],
  ["x{1001}", `${syntax}invalid repeat count, at character 2: "{1001}"`],
  ["((a{100}){100}){100}", `${syntax}invalid repeat count: "{100}"`],
  ["(".repeat(512), `${syntax}missing closing ), at character 1: "${"(".repeat(40)}"`],
  ["a".repeat(513), "must not be longer than 512 characters"],
  ["a".repeat(2 ** 20), "must not be longer than 512 characters"],
  ["(.|a){0,999}zz", "is too large: repeat fewer things, or less often"],
])("a pattern is refused (case %#)", (pattern, problem) => {
  expect(parseToolPattern(pattern)).toEqual({ problem });
});

test("whatever is asked for, it is a pattern or a problem", () => {
  const piece = fc.constantFrom(
    "(",
    ")",
    "[",
    "]",
    "^",
    "{2,",
    "9}",
    "*",
    "+?",
    "|",
    "\\",
    "\\p{",
    "(?i",
    "a",
    "\ud800",
    "-",
    "$",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: codePoint }),
        fc.array(piece).map((all) => all.join("")),
      ),
      (pattern) => {
        const parsed = parseToolPattern(pattern);
        if ("problem" in parsed) expect(parsed.problem).toMatch(/^(is|must) /);
        else expect(typeof parsed.fits("some text, \u00fc and \ud83d")).toBe("boolean");
      },
    ),
    { numRuns: 200 },
  );
});

/** Each takes a backtracking matcher years; what is measured is steps of this one, which read each character once. */
test.each(["(a+)+$", "(a|aa)+$", "(.*)*x", "(a|a?)+b", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
  "%s comes to an end on a text that is made against it",
  (pattern) => {
    expect(fits(pattern, `${"a".repeat(8_000)}!`)).toBe(false);
  },
);

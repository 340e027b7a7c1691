import { expect, test } from "vitest";
import { literalLength, matchesUri, parseUriTemplate } from "./uri-template.ts";

test.each([
  ["invoice://{id}", "invoice://42", true],
  ["invoice://{id}", "okr://42", false],
  ["file:///{+path}", "file:///a/b/c.txt", true],
  ["test://template/{id}/data", "test://template/7/data", true],
  ["test://template/{id}/data", "test://template/7/rows", false],
  ["test://template/{id}/data", "test://template/data", false],
  ["a://{x}/b/{y}/c", "a://1/b/2/c", true],
  ["a://{x}/b/{y}/c", "a://1/c/2/b", false],
  ["a://{x}-{y}", "a://--", true],
  ["search://x{?q,limit}", "search://x?q=a&limit=3", true],
  ["literal://no-variables", "literal://no-variables", true],
  ["literal://no-variables", "literal://no-variables/x", false],
  ["{", "{", true],
])("%s and %s: %s", (template, uri, expected) => {
  expect(matchesUri(parseUriTemplate(template), uri)).toBe(expected);
});

test("a template made to be slow is not", () => {
  const pattern = parseUriTemplate("a://" + "{+x}a".repeat(200));
  const started = performance.now();
  matchesUri(pattern, `a://${"a".repeat(100_000)}b`);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("the literal parts measure how close a template fits", () => {
  expect(literalLength(parseUriTemplate("a://{x}/b"))).toBe(6);
});

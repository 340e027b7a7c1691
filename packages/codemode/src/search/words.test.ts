import { expect, test } from "vitest";
import { termsOf, wordsOf } from "./words.ts";

test.each([
  ["searchIssues search_issues search-issues", ["search", "issu"]],
  ["getHTTPServerV2Beta", ["get", "http", "server", "v2", "beta"]],
  ["creates, creating, created: create", ["creat"]],
  ["merging merged merge", ["merg"]],
  ["planned planning plans", ["plan"]],
  ["queries query", ["query"]],
  [
    "status, string, thing, need, class, analysis",
    ["status", "string", "thing", "need", "class", "analysis"],
  ],
  ["Größen übersetzen", ["größen", "übersetzen"]],
])("%s", (text, words) => {
  expect(wordsOf(text, 20)).toEqual(words);
});

test("a query is of the words that tell something, unless there are no others", () => {
  expect([termsOf("How do I list the open pull requests?", 8), termsOf("the", 8)]).toEqual([
    ["list", "open", "pull", "request"],
    ["the"],
  ]);
});

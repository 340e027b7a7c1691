import { expect, test } from "vitest";
import { toModernResult } from "./results.ts";

test.each([
  ["tools/call", "{}", '{"resultType":"complete"}'],
  ["tools/call", '{ "content":[], "n":1E400 }', '{"resultType":"complete", "content":[], "n":1E400 }'],
  [
    "resources/read",
    '{"contents":[]}',
    '{"resultType":"complete","ttlMs":0,"cacheScope":"private","contents":[]}',
  ],
  ["resources/read", '{"ttlMs":5}', '{"resultType":"complete","cacheScope":"private","ttlMs":5}'],
  ["resources/read", '{"cacheScope":"public"}', '{"resultType":"complete","ttlMs":0,"cacheScope":"private"}'],
  [
    "tools/list",
    '{"cacheScope":"private","tools":[]}',
    '{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[]}',
  ],
  ["x/y", '{"\\u0072esultType":"x-own"}', '{"\\u0072esultType":"x-own"}'],
  ["toString", "{}", '{"resultType":"complete"}'],
])("%s: %s is %s", (method, result, expected) => {
  expect(toModernResult(result, method)).toBe(expected);
});

test.each([
  '{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"}}}',
  '{"\\u0072esultType":"input\\u005frequired"}',
  '{"resultType":"task","taskId":"1"}',
  '{"resultType":null}',
  '{"input\\u0052equests":{}}',
])("%s is refused", (result) => {
  expect(() => toModernResult(result, "tools/call")).toThrow(
    expect.objectContaining({ code: "upstream_invalid" }),
  );
});

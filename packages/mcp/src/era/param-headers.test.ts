import { expect, test } from "vitest";
import { paramHeadersOf, toParamHeaders } from "./param-headers.ts";

const schema = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    page: { type: "integer", "x-mcp-header": "Page" },
    filter: { type: "object", properties: { live: { type: "boolean", "x-mcp-header": "Live" } } },
    free: { type: "string" },
  },
};

test("marked arguments become headers, nested ones too, absent ones do not", () => {
  const headers = paramHeadersOf(schema) ?? [];
  expect(toParamHeaders(headers, { region: "köln", page: 3, filter: { live: false }, free: "x" })).toEqual({
    "mcp-param-region": "=?base64?a8O2bG4=?=",
    "mcp-param-page": "3",
    "mcp-param-live": "false",
  });
  expect(toParamHeaders(headers, { region: null })).toEqual({});
  expect(toParamHeaders(headers, undefined)).toEqual({});
});

test.each([
  ["an empty name", { a: { type: "string", "x-mcp-header": "" } }],
  ["a name that is no token", { a: { type: "string", "x-mcp-header": "a b" } }],
  ["a number, which has no one spelling", { a: { type: "number", "x-mcp-header": "A" } }],
  ["an object", { a: { type: "object", "x-mcp-header": "A" } }],
  [
    "a name twice, in another case",
    { a: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
  ],
])("a tool is unsound with %s", (_, properties) => {
  expect(paramHeadersOf({ type: "object", properties })).toBeUndefined();
});

test("no schema, no headers", () => {
  expect(paramHeadersOf(undefined)).toEqual([]);
  expect(paramHeadersOf({ anyOf: [{ properties: { a: { "x-mcp-header": "" } } }] })).toEqual([]);
});

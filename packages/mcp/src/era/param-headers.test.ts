import { isFault } from "@castellan/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  assertParamHeaders,
  assertSentParamHeaders,
  paramHeadersOf,
  toParamHeaders,
  unmarkedParamHeaders,
  type ParamHeader,
} from "./param-headers.ts";

const schema = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    page: { type: "integer", "x-mcp-header": "Page" },
    filter: { type: "object", properties: { live: { type: "boolean", "x-mcp-header": "Live" } } },
    free: { type: "string" },
  },
};
const marked = paramHeadersOf(schema) ?? [];

test.each([
  [
    '{"region":"köln","page":3,"filter":{"live":false},"free":"x"}',
    { "mcp-param-region": "=?base64?a8O2bG4=?=", "mcp-param-page": "3", "mcp-param-live": "false" },
  ],
  ['{ "page" : 12345678901234567890 }', { "mcp-param-page": "12345678901234567890" }],
  ['{"page":1.0}', { "mcp-param-page": "1.0" }],
  [String.raw`{"region":"a\r\nX-Evil: 1"}`, { "mcp-param-region": "=?base64?YQ0KWC1FdmlsOiAx?=" }],
  ['{"region":null,"page":[1],"filter":"x"}', {}],
  ['{"filter":[{"live":true}]}', {}],
  ["{}", {}],
  ['"no object"', {}],
  [undefined, {}],
])("the headers of %s", (args, expected) => {
  expect(toParamHeaders(marked, args)).toEqual(expected);
});

test.each([
  ['{"page":3}', { page: "3" }, true],
  ['{"page":3.0}', { page: "3" }, true],
  ['{"page":3}', { page: "4" }, false],
  ['{"page":3}', {}, false],
  ["{}", { page: "3" }, false],
  ["{}", { page: "=?base64?/w==?=" }, false],
  ['{"page":12345678901234567890}', { page: "12345678901234567890" }, true],
  ['{"page":12345678901234567890}', { page: "12345678901234567891" }, false],
  ['{"page":"3.0"}', { page: "3" }, false],
  ['{"region":""}', { region: "" }, true],
  ['{"region":""}', {}, false],
  ['{"region":"ü"}', { region: "=?base64?w7w=?=" }, true],
  ['{"region":"ü"}', { region: "=?base64?w7z=?=" }, false],
])("%s with %j agrees: %s", (args, sent: Record<string, string>, agrees) => {
  const header = (name: string) => sent[name.replace("mcp-param-", "")];
  let outcome: string | undefined = "agrees";
  try {
    assertParamHeaders(marked, args, header);
  } catch (error) {
    outcome = isFault(error) ? error.code : String(error);
  }
  expect(outcome).toBe(agrees ? "agrees" : "header_mismatch");
});

test.each([
  ["{}", {}, true],
  ['{"page":3,"region":"x"}', {}, true],
  ['{"page":3,"region":"x"}', { page: "3" }, true],
  ['{"page":3,"region":"x"}', { page: "4" }, false],
  ["{}", { page: "4" }, false],
])("of who was not shown the marks, %s with %j agrees: %s", (args, sent: Record<string, string>, agrees) => {
  const check = () => assertSentParamHeaders(marked, args, (name) => sent[name.replace("mcp-param-", "")]);
  if (agrees) expect(check).not.toThrow();
  else expect(check).toThrow("Header Mcp-Param-Page is not what the arguments say");
});

test("what we send for any arguments is what we take for them", () => {
  fc.assert(
    fc.property(
      fc.record(
        { region: fc.jsonValue(), page: fc.jsonValue(), filter: fc.record({ live: fc.jsonValue() }) },
        { requiredKeys: [] },
      ),
      (args) => {
        const text = JSON.stringify(args);
        const headers = toParamHeaders(marked, text);
        for (const value of Object.values(headers)) expect(value).toMatch(/^[ -~]*$/);
        expect(() => assertParamHeaders(marked, text, (name) => headers[name])).not.toThrow();
      },
    ),
  );
});

test.each<[string, object]>([
  ["an empty name", { properties: { a: { type: "string", "x-mcp-header": "" } } }],
  ["a name that is no token", { properties: { a: { type: "string", "x-mcp-header": "a b" } } }],
  ["a number, which has no one spelling", { properties: { a: { type: "number", "x-mcp-header": "A" } } }],
  ["an object", { properties: { a: { type: "object", "x-mcp-header": "A" } } }],
  ["no type", { properties: { a: { "x-mcp-header": "A" } } }],
  [
    "a name twice, in another case",
    {
      properties: { a: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
    },
  ],
  ["a mark on the whole", { type: "string", "x-mcp-header": "A" }],
  ["a mark under items", { properties: { l: { items: { type: "string", "x-mcp-header": "A" } } } }],
  ["a mark under anyOf", { anyOf: [{ properties: { a: { type: "string", "x-mcp-header": "A" } } }] }],
  ["a mark in a definition", { $defs: { d: { type: "string", "x-mcp-header": "A" } } }],
  [
    "a mark within a marked one",
    {
      properties: {
        a: { type: "string", "x-mcp-header": "A", not: { type: "string", "x-mcp-header": "B" } },
      },
    },
  ],
])("a tool is unsound with %s (SEP-2243)", (_, inputSchema) => {
  expect(paramHeadersOf(inputSchema)).toBeUndefined();
});

test.each<[string, unknown]>([
  ["no schema", undefined],
  ["a schema that is none", []],
  ["a property called x-mcp-header", { properties: { "x-mcp-header": { type: "string" } } }],
  ["an example that holds a mark", { properties: { a: { const: { "x-mcp-header": "" }, default: 1 } } }],
])("no headers for %s", (_, inputSchema) => {
  expect(paramHeadersOf(inputSchema)).toEqual([]);
});

test.each(["0x10", "", " ", "1_6", "+16", "016", "16n", "Infinity"])(
  "%j is no way to write a number, whatever a language takes it for",
  (header) => {
    const page: ParamHeader = { name: "Page", path: ["page"] };
    for (const value of [16, 0, 1])
      expect(() => assertParamHeaders([page], `{"page":${value}}`, () => header)).toThrow(
        expect.objectContaining({ code: "header_mismatch" }) as Error,
      );
  },
);

test("headers that the tool does not mark go on as they came; those that it marks are not among them", () => {
  const sent = { "mcp-param-region": "eu", "mcp-param-tenant": "a b", "mcp-param-x.y": "=?base64?w7w=?=" };
  expect(unmarkedParamHeaders([{ name: "ReGion", path: ["r"] }], sent)).toEqual({
    "mcp-param-tenant": "a b",
    "mcp-param-x.y": "=?base64?w7w=?=",
  });
  expect(unmarkedParamHeaders([], {})).toEqual({});
});

test.each<[string, Record<string, string>]>([
  ["no name", { "mcp-param-": "x" }],
  ["a long name", { [`mcp-param-${"x".repeat(65)}`]: "x" }],
  ["a blank at its end", { "mcp-param-a": "x " }],
  ["a control character", { "mcp-param-a": "x\ty" }],
  ["other letters", { "mcp-param-a": "\u00fc" }],
  ["base64 that is none", { "mcp-param-a": "=?base64?=?=" }],
  ["bytes that are no UTF-8", { "mcp-param-a": "=?base64?/w==?=" }],
  ["too much of it", { "mcp-param-a": "x".repeat(5_000) }],
  ["too many", Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`mcp-param-${n}`, "x"]))],
])("a header that nobody marked is refused with %s", (_, sent) => {
  expect(() => unmarkedParamHeaders([], sent)).toThrow(
    expect.objectContaining({ code: "header_mismatch" }) as Error,
  );
});

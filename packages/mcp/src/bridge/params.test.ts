import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toLegacyParams, toModernParams, type ModernEnvelope } from "./params.ts";

const bare: ModernEnvelope = { clientCapabilities: "{}", clientInfo: undefined };
const full: ModernEnvelope = {
  clientCapabilities: '{"roots":{}, "n":1E400}',
  clientInfo: '{"name":"c","version":"1"}',
  logLevel: "info",
};

const version = '"io.modelcontextprotocol/protocolVersion":"2026-07-28"';
const bareMeta = `${version},"io.modelcontextprotocol/clientCapabilities":{}`;
const fullMeta =
  `${version},"io.modelcontextprotocol/clientCapabilities":{"roots":{}, "n":1E400},` +
  '"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/logLevel":"info"';

test.each<[string | undefined, ModernEnvelope, string]>([
  [undefined, bare, `{"_meta":{${bareMeta}}}`],
  ["{}", full, `{"_meta":{${fullMeta}}}`],
  ['{"_meta":null}', bare, `{"_meta":{${bareMeta}}}`],
  [
    '{ "name":"a", "arguments":{"n":1234567890123456789} }',
    bare,
    `{"_meta":{${bareMeta}}, "name":"a", "arguments":{"n":1234567890123456789} }`,
  ],
  [
    '{"name":"a","_meta":{ "progressToken":1E2,"traceparent":"00-1" }}',
    bare,
    `{"name":"a","_meta":{${bareMeta}, "progressToken":1E2,"traceparent":"00-1" }}`,
  ],
])("legacy %s to modern", (params, envelope, expected) => {
  expect(toModernParams(params, envelope)).toBe(expected);
});

test("an envelope or a retry that a legacy caller wrote itself does not reach the server", () => {
  const smuggled =
    '{"\\u005fmeta":{"io.modelcontextprotocol\\u002fclientCapabilities":{"sampling":{}},' +
    '"io.modelcontextprotocol/clientInfo":{"name":"other"},"io.modelcontextprotocol/logLevel":"debug",' +
    '"io.modelcontextprotocol/protocolVersion":"2099-01-01","x":1},' +
    '"inputResponses":{"a":{}},"\\u0072equestState":"s","name":"a"}';
  expect(JSON.parse(toModernParams(smuggled, bare))).toEqual({
    _meta: {
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      x: 1,
    },
    name: "a",
  });
});

test("a retry carries its answers and its state to the letter, in the place of any others", () => {
  const retry = { inputResponses: '{"k":{"n":1E400}}', requestState: '"\\u0061"' };
  expect(toModernParams('{"inputResponses":1,"requestState":2,"name":"a"}', bare, retry)).toBe(
    `{"_meta":{${bareMeta}},"inputResponses":{"k":{"n":1E400}},"requestState":"\\u0061","name":"a"}`,
  );
  const stateOnly = { inputResponses: undefined, requestState: '"s"' };
  expect(toModernParams('{"inputResponses":1,"name":"a"}', bare, stateOnly)).toBe(
    `{"_meta":{${bareMeta}},"requestState":"s","name":"a"}`,
  );
});

test.each(['{"_meta":1}', '{"_meta":[]}', '{"\\u005fmeta":"{}"}'])("%s is refused", (params) => {
  expect(() => toModernParams(params, bare)).toThrow(
    expect.objectContaining({ code: "params_invalid", field: "params._meta" }),
  );
});

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ["{}", "{}"],
  [`{"name":"a", "_meta":{${fullMeta}}}`, '{"name":"a"}'],
  [
    `{"name":"a", "_meta":{${fullMeta}, "progressToken":1234567890123456789}}`,
    '{"name":"a", "_meta":{"progressToken":1234567890123456789}}',
  ],
  ['{"\\u005fmeta":{"io.modelcontextprotocol\\u002flogLevel":"info"}}', "{}"],
  ['{"_meta":{ },"inputResponses":{},"requestState":"s","x":1E400}', '{"_meta":{ },"x":1E400}'],
  ['{"_meta":null}', '{"_meta":null}'],
])("modern %s to legacy is %s", (params, expected) => {
  expect(toLegacyParams(params)).toBe(expected);
});

test("what goes to the other era and back is the text that it was", () => {
  const spacing = fc.constantFrom<string | number>(0, 2, "\t");
  const name = fc.string({ unit: codePoint, maxLength: 8 }).filter((key) => key !== "__proto__");
  const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 6 }));
  fc.assert(
    fc.property(object, object, spacing, fc.constantFrom(bare, full), (args, meta, indent, envelope) => {
      const text = JSON.stringify(
        { name: "a", arguments: args, _meta: { progressToken: 1, ...meta } },
        null,
        indent,
      );
      expect(toLegacyParams(text)).toBe(text);
      const there = toModernParams(text, envelope);
      // A member at the head takes the space before its name along.
      expect(toLegacyParams(there)?.replace(/("_meta":\s*\{)\s*/, "$1")).toBe(
        text.replace(/("_meta":\s*\{)\s*/, "$1"),
      );
    }),
  );
});

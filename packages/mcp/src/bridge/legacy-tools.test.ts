import { expect, test } from "vitest";
import type { Era } from "../versions.ts";
import { toLegacyTool, toLegacyToolResult } from "./legacy-tools.ts";

const moved = (schema: string) =>
  `"outputSchema":{"type":"object","properties":{"result":${schema}},"required":["result"]}`;

test.each<[string, string, string, Era?]>([
  ["an object", '"outputSchema":{"type":"object","x":1E400}', '"outputSchema":{"type":"object","x":1E400}'],
  ["nothing", '"n":1E400', '"n":1E400'],
  [
    "a list",
    '"outputSchema" : {"type":"array", "n":1.0}, "z":-0',
    `${moved('{"type":"array", "n":1.0}').replace(":", " : ")}, "z":-0`,
  ],
  ["one of two", '"outputSchema":{"type":["null","string"]}', moved('{"type":["null","string"]}')],
  ["perhaps an object", '"outputSchema":{"type":["null","object"]}', '"outputSchema":{"type":"object"}'],
  ["anything", '"outputSchema":{}', '"outputSchema":{"type":"object"}'],
  ["no type at all", '"outputSchema":{"type":[]}', '"outputSchema":{"type":"object"}'],
  ["no schema", '"outputSchema":[true]', '"outputSchema":{"type":"object"}'],
  [
    "a reference",
    String.raw`"outputSchema":{"type":"array","items":{"\u0024ref":"#/$defs/a"}}`,
    '"outputSchema":{"type":"object"}',
  ],
  [
    "a list of a legacy server",
    '"outputSchema":{"type":"array"}',
    '"outputSchema":{"type":"object"}',
    "legacy",
  ],
  [
    "boolean properties",
    '"inputSchema":{"type":"object","properties":{"a": true ,"b":false,"c":{"x":true},"d":[true]},"y":true},"outputSchema":{"type":"object","properties":{"a":true}}',
    '"inputSchema":{"type":"object","properties":{"a": {} ,"b":{"not":{}},"c":{"x":true},"d":[true]},"y":true},"outputSchema":{"type":"object","properties":{"a":{}}}',
  ],
])("a tool that answers with %s", (_, given, expected, era = "modern") => {
  expect(toLegacyTool(`{"name":"t",${given}}`, era)).toBe(`{"name":"t",${expected}}`);
});

test.each([
  ['{"content":[],"structuredContent":{"n":1E400}}', '{"content":[],"structuredContent":{"n":1E400}}'],
  ['{"content":[]}', '{"content":[]}'],
  [
    '{"structuredContent" : [1E400], "content":[]}',
    '{"structuredContent" : {"result":[1E400]}, "content":[]}',
  ],
  ['{"structuredContent":null}', '{"structuredContent":{"result":null}}'],
  ['{"content":[{"structuredContent":1}]}', '{"content":[{"structuredContent":1}]}'],
])("the result %s", (given, expected) => {
  expect(toLegacyToolResult(given)).toBe(expected);
});

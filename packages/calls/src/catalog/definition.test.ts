import { isFault } from "@castellan/kernel";
import type { CapabilityKind } from "@castellan/mcp";
import { expect, test } from "vitest";
import { nameOf } from "./definition.ts";

function name(text: string, kind: CapabilityKind = "prompt") {
  try {
    return nameOf(kind, text);
  } catch (error) {
    if (isFault(error)) return error.code;
    throw error;
  }
}

test.each([
  ["a plain name", '{"name":"search"}', "search"],
  ["an escaped name", '{"name":"s\\u00fc\\u00df"}', "süß"],
  ["no object", "1", "upstream_invalid"],
  ["null", "null", "upstream_invalid"],
  ["no name", "{}", "upstream_invalid"],
  ["an empty name", '{"name":""}', "upstream_invalid"],
  ["a name that is none", '{"name":1}', "upstream_invalid"],
  ["a NUL, which PostgreSQL cannot keep", '{"name":"a\\u0000"}', "upstream_invalid"],
  ["a name that no JSON object may have as a key", '{"name":"__proto__"}', "upstream_invalid"],
  ["the name of a member that every object has", '{"name":"constructor"}', "constructor"],
  ["half a character", '{"name":"\\ud800"}', "upstream_invalid"],
  ["a long name", JSON.stringify({ name: "x".repeat(1024) }), "x".repeat(1024)],
  ["a name that is too long", JSON.stringify({ name: "x".repeat(1025) }), "upstream_invalid"],
  ["a name of too many bytes for an index", JSON.stringify({ name: "漢".repeat(1000) }), "upstream_invalid"],
  [
    "a definition that is too long",
    JSON.stringify({ name: "a", x: "x".repeat(1 << 20) }),
    "upstream_invalid",
  ],
])("%s", (_, text, expected) => {
  expect(name(text)).toBe(expected);
});

const schema = '"inputSchema":{"type":"object"}';
const sound: readonly (readonly [CapabilityKind, string])[] = [
  ["tool", schema],
  ["tool", `"title":"","description":"","icons":[],"annotations":{},"execution":{},"_meta":{},${schema}`],
  ["tool", `${schema},"outputSchema":{"type":"array","properties":1}`],
  ["tool", `${schema},"outputSchema":{"type":"object","properties":{"a":false}}`],
  ["tool", `${schema},"icons":[{"src":"x","theme":"dark","sizes":["any"],"x":null}]`],
  ["tool", `${schema},"annotations":{"x":null,"priority":7},"execution":{"x":1},"_meta":{"a":null}`],
  ["tool", `${schema},"x":1E400,"arguments":1,"size":null,"mimeType":1`],
  [
    "tool",
    '"inputSchema":{"type":"object","properties":{"__proto__":1,"a":true,"b":{"type":7}},"required":["c"],"x":null}',
  ],
  ["prompt", '"inputSchema":1,"arguments":[{"name":"","required":false,"x":null}]'],
  ["resource", '"uri":"x","size":1.5,"annotations":{"audience":["user"],"priority":1,"title":7}'],
  ["resource", '"uri":"x","annotations":{"lastModified":"2026-01-01T00:00:00+02:00"}'],
  ["resource_template", '"uriTemplate":"x","size":null'],
];

test.each(sound)("a %s with %s is for every client", (kind, members) => {
  const text = `{"name":"n",${members}}`;
  expect(name(text, kind)).toBe(kind === "tool" || kind === "prompt" ? "n" : "x");
});

const unsound: readonly (readonly [CapabilityKind, string, string])[] = [
  ["tool", '"x":1', "inputSchema"],
  ["tool", '"inputSchema":null', "inputSchema"],
  ["tool", '"inputSchema":[]', "inputSchema"],
  ["tool", '"inputSchema":{}', "inputSchema.type"],
  ["tool", '"inputSchema":{"type":["object"]}', "inputSchema.type"],
  ["tool", '"inputSchema":{"type":"object","$schema":1}', "inputSchema.$schema"],
  ["tool", '"inputSchema":{"type":"object","properties":[]}', "inputSchema.properties"],
  ["tool", '"inputSchema":{"type":"object","properties":{"a":null}}', "inputSchema.properties.a"],
  ["tool", '"inputSchema":{"type":"object","properties":{"a\\u0000":1}}', "inputSchema.properties.a\0"],
  ["tool", '"inputSchema":{"type":"object","properties":{"a":{"maximum":1E400}}}', "inputSchema"],
  ["tool", '"inputSchema":{"type":"object","required":[1]}', "inputSchema.required.0"],
  ["tool", `"outputSchema":null,${schema}`, "outputSchema"],
  ["tool", `"outputSchema":true,${schema}`, "outputSchema"],
  ["tool", `"outputSchema":{"minimum":-1E400},${schema}`, "outputSchema"],
  ["tool", `"outputSchema":{"type":"object","properties":{"a":1}},${schema}`, "outputSchema.properties.a"],
  ["tool", `"outputSchema":{"type":"object","required":"a"},${schema}`, "outputSchema.required"],
  ["tool", `"title":null,${schema}`, "title"],
  ["tool", `"description":1,${schema}`, "description"],
  ["tool", `"icons":{},${schema}`, "icons"],
  ["tool", `"icons":[{}],${schema}`, "icons.0.src"],
  ["tool", `"icons":[{"src":"x","theme":"sepia"}],${schema}`, "icons.0.theme"],
  ["tool", `"icons":[{"src":"x","sizes":"any"}],${schema}`, "icons.0.sizes"],
  ["tool", `"annotations":{"readOnlyHint":"yes"},${schema}`, "annotations.readOnlyHint"],
  ["tool", `"annotations":[],${schema}`, "annotations"],
  ["tool", `"execution":{"taskSupport":true},${schema}`, "execution.taskSupport"],
  ["tool", `"_meta":[],${schema}`, "_meta"],
  ["prompt", '"arguments":{}', "arguments"],
  ["prompt", '"arguments":[{}]', "arguments.0.name"],
  ["prompt", '"arguments":[{"name":"a","required":1}]', "arguments.0.required"],
  ["resource", '"uri":"x","size":"1"', "size"],
  ["resource", '"uri":"x","mimeType":null', "mimeType"],
  ["resource", '"uri":"x","annotations":{"audience":["me"]}', "annotations.audience.0"],
  ["resource", '"uri":"x","annotations":{"priority":2}', "annotations.priority"],
  ["resource", '"uri":"x","annotations":{"lastModified":"today"}', "annotations.lastModified"],
  ["resource_template", '"uriTemplate":"x","_meta":1', "_meta"],
];

test.each(unsound)("a %s with %s is for none, and its %s is said to be why", (kind, members, path) => {
  expect(() => nameOf(kind, `{"name":"n",${members}}`)).toThrow(
    `The definition has a bad ${JSON.stringify(path)}: `,
  );
});

test("a resource and a template have a name", () => {
  expect([name('{"uri":"x"}', "resource"), name('{"uriTemplate":"x"}', "resource_template")]).toEqual([
    "upstream_invalid",
    "upstream_invalid",
  ]);
});

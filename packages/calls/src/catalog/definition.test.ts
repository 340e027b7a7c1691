import { isFault } from "@castellan/kernel";
import { expect, test } from "vitest";
import { nameOf } from "./definition.ts";

function name(text: string) {
  try {
    return nameOf("tool", text);
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

import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { apiDefinitions, portalDefinitions } from "./definitions.ts";

const tokensOf = (definitions: readonly string[]) => encode(definitions.join("\n")).length;

test("the two tools of a portal cost a model at most 500 tokens", () => {
  expect(tokensOf(portalDefinitions())).toBeLessThanOrEqual(500);
  expect(portalDefinitions().map((text) => (JSON.parse(text) as { name: string }).name)).toEqual([
    "portal_codemode_search",
    "portal_codemode_execute",
  ]);
});

test("the two tools of an API cost at most 600, whatever it is called", () => {
  const names = { search: `${"s".repeat(56)}_search`, execute: `${"s".repeat(55)}_execute` };
  for (const title of ["Invoices", '"\\ \n'.repeat(100), "💶 请求 ".repeat(100), ""])
    expect(tokensOf(apiDefinitions(title, names)), title).toBeLessThanOrEqual(600);
});

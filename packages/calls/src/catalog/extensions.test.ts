import { createId, type Slug } from "@castellan/kernel";
import type { Era } from "@castellan/mcp";
import { expect, test } from "vitest";
import type { CatalogServer } from "./catalog.ts";
import { extensionServer } from "./extensions.ts";
import { createScope } from "./offering.ts";

/** A server and the text of its hello in each era that it speaks. */
function server(slug: string, hello: Partial<Record<Era, string>>): CatalogServer {
  const { modern, legacy } = hello;
  const transport = { version: "2025-11-25", transport: "streamable-http" };
  return {
    server: { id: createId("server"), slug: slug as Slug },
    state: {
      modern: modern && { helloText: modern },
      legacy: legacy && { helloText: legacy, ...transport },
    },
    definitions: [],
  } as unknown as CatalogServer;
}

const extended = '{"capabilities":{"extensions":{"com.example/x":{}}}}';
const experimental = '{"capabilities":{"experimental":{"com.example/x":{}}}}';
const plain = '{"capabilities":{"extensions":{}}}';

function found(servers: readonly CatalogServer[], era: Era, named?: unknown) {
  return extensionServer(createScope({ era, servers, naming: "prefixed" }), named)?.server.slug;
}

test("the only one that declares an extension takes its methods, unless another is named", () => {
  const servers = [server("a", { modern: extended }), server("b", { modern: plain })];
  const named = [undefined, "a", "b", "c", "", 5, null, ["a"]];
  expect(named.map((one) => found(servers, "modern", one))).toEqual([
    "a",
    "a",
    ...Array.from({ length: 6 }, () => undefined),
  ]);
  const two = [...servers, server("c", { legacy: experimental })];
  expect([found(two, "modern"), found(two, "modern", "c")]).toEqual([undefined, "c"]);
});

test("a server of both eras has a word for each", () => {
  const both = server("a", { modern: extended, legacy: plain });
  const eras: readonly Era[] = ["modern", "legacy", "modern"];
  expect(eras.map((era) => found([both], era))).toEqual(["a", undefined, "a"]);
});

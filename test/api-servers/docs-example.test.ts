import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readDocument } from "@castellan/openapi";
import { expect, test } from "vitest";
import { root } from "../house/packages.ts";

test("the document in docs/api-servers.md is what the page says of it", async () => {
  const page = await readFile(join(root, "docs/api-servers.md"), "utf8");
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  const text = blocks.find((block) => block.startsWith("openapi:")) ?? "";
  const { operations, skipped, baseUrl } = readDocument(text);
  const told = operations.map(({ tool, parameters, body }) => [
    tool.name,
    [...parameters.map(({ argument }) => argument), ...(body ? ["body"] : [])],
  ]);
  expect([told, skipped, baseUrl?.href]).toEqual([
    [
      ["notes_list", ["q"]],
      ["notes_add", ["body"]],
    ],
    [],
    "https://notes.example/v1",
  ]);
});

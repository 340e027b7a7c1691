/** Sections that are written from the code say what the code says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { operationsPath, operationsSource } from "../../docs/generate/client.ts";
import { fillPlaces, placesIn } from "../../docs/generate/markdown.ts";
import { formatted, readPages, renderPage, sections } from "../../docs/generate/pages.ts";
import { root } from "../house/packages.ts";

const pages = (await readPages()).filter(({ text }) => placesIn(text).length > 0);

test.each(pages)("$path is what `npm run docs` would write", async (page) => {
  const rendered = await renderPage(page);
  expect(rendered === page.text, `${page.path} is stale: run "npm run docs"`).toBe(true);
});

test("the client's types are what the API's document says", async () => {
  const written = await readFile(join(root, operationsPath), "utf8");
  const source = await formatted(operationsPath, operationsSource());
  expect(written === source, `${operationsPath} is stale: run "npm run docs"`).toBe(true);
});

test("every section has a place in a page", () => {
  const placed = new Set(pages.flatMap(({ text }) => placesIn(text)));
  expect(Object.keys(sections).filter((name) => !placed.has(name))).toEqual([]);
});

test("a marker that is not closed, or closed under another name, is no place and shows", () => {
  const marker = /<!-- (?:generated|end): ([a-z-]+) -->/g;
  for (const { path, text } of pages) {
    const names = [...text.matchAll(marker)].map((match) => match[1]);
    expect({ path, names }).toEqual({ path, names: placesIn(text).flatMap((name) => [name, name]) });
  }
});

test("a section is written between its markers, and nothing else changes", async () => {
  const page = "# A\n\n<!-- generated: x -->\nold\n<!-- end: x -->\n\nB $& $1\n";
  expect(await fillPlaces(page, { x: () => "new $& $1" })).toBe(
    "# A\n\n<!-- generated: x -->\n\nnew $& $1\n\n<!-- end: x -->\n\nB $& $1\n",
  );
  await expect(fillPlaces(page, {})).rejects.toThrow('Nothing generates the section "x"');
});

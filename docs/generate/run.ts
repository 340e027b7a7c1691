/** `npm run docs`: writes the generated sections of all pages anew. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../test/house/packages.ts";
import { placesIn } from "./markdown.ts";
import { readPages, renderPage } from "./pages.ts";

for (const page of await readPages()) {
  if (placesIn(page.text).length === 0) continue;
  const text = await renderPage(page);
  if (text === page.text) continue;
  await writeFile(join(root, page.path), text);
  process.stdout.write(`${page.path}\n`);
}

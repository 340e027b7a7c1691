/** `npm run docs`: writes the generated sections of all pages anew, and what else is written from the code. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../test/house/packages.ts";
import { operationsPath, operationsSource } from "./client.ts";
import { placesIn } from "./markdown.ts";
import { formatted, readPages, renderPage } from "./pages.ts";

// First, for pages are written by modules that may stand on it.
await writeFile(join(root, operationsPath), await formatted(operationsPath, operationsSource()));

for (const page of await readPages()) {
  if (placesIn(page.text).length === 0) continue;
  const text = await renderPage(page);
  if (text === page.text) continue;
  await writeFile(join(root, page.path), text);
  process.stdout.write(`${page.path}\n`);
}

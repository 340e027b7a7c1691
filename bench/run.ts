/** `npm run bench NAME [-- options]`: runs one of the measuring programs beside this file. */
import { readdir } from "node:fs/promises";

const notPrograms = new Set(["run.ts"]);
const [name, ...args] = process.argv.slice(2);
const folder = new URL("./programs/", import.meta.url);
const programs = (await readdir(folder)).filter((file) => file.endsWith(".ts") && !notPrograms.has(file));

if (name === undefined || !programs.includes(`${name}.ts`)) {
  console.error(
    `Usage: npm run bench NAME, with one of: ${programs.map((file) => file.slice(0, -3)).join(", ")}`,
  );
  process.exit(2);
}
process.argv.splice(2, process.argv.length, ...args);
await import(new URL(`${name}.ts`, folder).href);

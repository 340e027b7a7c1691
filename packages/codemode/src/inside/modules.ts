/** The modules that run inside, as texts. */
import { readFileSync } from "node:fs";

const names = [
  "clock.js",
  "codemode.js",
  "console.js",
  "host.js",
  "intrinsics.js",
  "json.js",
  "main.js",
  "random.js",
  "rejections.js",
] as const;

export const mainModule = "main.js" satisfies (typeof names)[number];

/** What `main.js` loads: the code. */
export const programModule = "program.js";

export const insideModules: Readonly<Record<string, string>> = Object.fromEntries(
  names.map((name) => [name, readFileSync(new URL(name, import.meta.url), "utf8")]),
);

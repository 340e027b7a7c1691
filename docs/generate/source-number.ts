/** Numbers that the code keeps to itself, read out of its text. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../test/house/packages.ts";

/**
 * What a constant, a member of one or a default (`?? 10_000`) is set to: a number, or a product of numbers and
 * constants of the same file. Throws when the file sets none, or two that differ.
 */
export async function numberIn(path: string, name: string): Promise<number> {
  const source = await readFile(join(root, path), "utf8");
  const set = new RegExp(String.raw`\b${name}(?:: \w+)?(?: =|:| \?\?) ([\d_]+(?: \* \w+)*)\s*[,;})]`, "g");
  const values = new Set([...source.matchAll(set)].map(([, text = ""]) => product(text, source)));
  const [value] = values;
  if (value === undefined || values.size > 1) throw new Error(`${path} sets no one number as "${name}"`);
  return value;
}

function product(text: string, source: string): number {
  return text
    .split(" * ")
    .map((factor) =>
      /^[\d_]+$/.test(factor) ? Number(factor.replaceAll("_", "")) : constant(factor, source),
    )
    .reduce((all, factor) => all * factor, 1);
}

function constant(name: string, source: string): number {
  const [, text] = new RegExp(String.raw`\bconst ${name} = ([\d_ *]+);`).exec(source) ?? [];
  if (text === undefined) throw new Error(`There is no constant "${name}" beside what it is a factor of`);
  return product(text, source);
}

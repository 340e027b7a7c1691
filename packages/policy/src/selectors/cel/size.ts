/** How large arguments are that a stranger sent. */
import { spellingsOf } from "./spellings.ts";

export interface Size {
  /** Objects, lists and what is in them. */
  readonly values: number;
  /** UTF-16 units of texts and names. */
  readonly characters: number;
}

const maxDepth = 32;

/**
 * Of a JSON value; undefined: more than `most`, nested too deep, or not alike to all readers: a number is another one to those
 * that keep all of its digits, and names that differ in case alone are one to others. Looks at no more of it than that.
 */
export function sizeOf(value: unknown, most: Size): Size | undefined {
  let { values, characters } = most;

  function spend(part: unknown, depth: number): boolean {
    if (--values < 0) return false;
    if (typeof part === "string") return (characters -= part.length) >= 0;
    if (typeof part === "number") return Math.abs(part) <= Number.MAX_SAFE_INTEGER;
    if (typeof part !== "object" || part === null) return true;
    if (depth === maxDepth) return false;
    if (Array.isArray(part)) return part.length <= values && part.every((item) => spend(item, depth + 1));
    const names = Object.keys(part);
    if (names.length > values || [...spellingsOf(names).values()].includes(undefined)) return false;
    for (const name of names) {
      if ((characters -= name.length) < 0 || !spend((part as Record<string, unknown>)[name], depth + 1))
        return false;
    }
    return true;
  }

  if (!spend(value, 0)) return undefined;
  return { values: most.values - values, characters: most.characters - characters };
}

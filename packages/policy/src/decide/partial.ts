/**
 * How far a rule has got: what its selectors that have been looked at come to, in one byte. `no`, `unknown` and `yes` are 0,
 * 1 and 2, so that "some fits" is the greatest and "all fit" the least of them.
 */
import type { Left, Parts } from "./program.ts";

export type Degree = 0 | 1 | 2;

/** Nothing has been looked at. As the least that includes come to, the most of the required, the least of the excluded. */
export const nothingYet = pack(0, 2, 0);
/** No rule's; for tables of bytes that are filled when asked. */
export const notAsked = 0xff;

/** With further selectors: `degreeOf` is asked for those that still matter. */
export function advance(partial: number, parts: Parts, degreeOf: (selector: number) => number): number {
  if (parts.isEmpty) return partial;
  let include = partial & 3;
  let require = (partial >> 2) & 3;
  let exclude = partial >> 4;
  for (let at = 0; require > 0 && at < parts.require.length; at++) {
    require = Math.min(require, degreeOf(parts.require[at] as number));
  }
  if (require === 0) return pack(include, require, exclude);
  for (let at = 0; exclude < 2 && at < parts.exclude.length; at++) {
    exclude = Math.max(exclude, degreeOf(parts.exclude[at] as number));
  }
  if (exclude === 2) return pack(include, require, exclude);
  for (let at = 0; include < 2 && at < parts.include.length; at++) {
    include = Math.max(include, degreeOf(parts.include[at] as number));
  }
  return pack(include, require, exclude);
}

/** Of a rule whose selectors have all been looked at. */
export function degreeOf(partial: number): Degree {
  return Math.min(partial & 3, (partial >> 2) & 3, 2 - (partial >> 4)) as Degree;
}

/** The least that it can come to, whatever the selectors that are left say. */
export function leastOf(partial: number, left: Left): Degree {
  return left.narrows ? 0 : degreeOf(partial);
}

/** The most that it can come to. */
export function mostOf(partial: number, left: Left): Degree {
  return degreeOf(left.widens ? (partial & ~3) | 2 : partial);
}

function pack(include: number, require: number, exclude: number): number {
  return include | (require << 2) | (exclude << 4);
}

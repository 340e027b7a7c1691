/**
 * One text for all the ways in which a client may write the same JSON value: members in any order, any
 * spaces, any escapes in strings. Numbers count as they are written, since `1234567890123456789` and
 * `1234567890123456788` are one number to `JSON.parse`: so a client that writes `1.0` once and `1` the
 * next time is taken to mean two things, and two values are never taken for one.
 */

/** The text must be JSON without a key twice and without `__proto__` (`assertUnambiguous`). */
export function canonicalJson(text: string): string {
  return JSON.stringify(parseWithSource(text, (_key, value, { source }) => canonical(value, source)));
}

/** ECMA-262, "JSON.parse source text access": what a primitive was written as. The standard library's types lack it. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Strings and numbers are both strings then, told apart by their first character. */
function canonical(value: unknown, source: string | undefined): unknown {
  if (typeof value === "number") return `n${source}`;
  if (typeof value === "string") return `s${value}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

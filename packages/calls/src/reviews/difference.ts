/**
 * What changed between a definition that was approved and the one that is listed now, for whoever decides on it.
 * Both are strangers' texts of up to a megabyte: time and size of what is told are bounded, and no change hides
 * another by its length.
 */
import { visible } from "@castellan/kernel";
import { arrayElements, objectMembers, type Span } from "@castellan/mcp";
import { structuredPatch } from "diff";
import { canonicalJson } from "../canonical-json.ts";
import { toLines } from "./pretty-json.ts";

export interface Difference {
  /** By place; the first of them, where there are very many or very long ones. */
  readonly changes: readonly Change[];
  /** How many there are; beyond those that are told, what differs within one object or list counts as one. */
  readonly changeCount: number;
  /** Line by line, as `diff -u` tells it without file names; ends with a line that says so when it was cut. */
  readonly text: string;
}

export interface Change {
  /** `inputSchema.properties.path.description`, `arguments[0]`, `annotations["a.b"]`; empty: the whole. */
  readonly path: string;
  /** A string as it reads, anything else as JSON, each as `visible` shows it; absent: there was none. */
  readonly before?: string;
  readonly after?: string;
}

const maxChanges = 100;
const maxValueLength = 1_000;
const maxTextLength = 60_000;
/** Deeper down a value is told as a whole. */
const maxDepth = 24;

export function differenceOf(before: string, after: string): Difference {
  const [was, is] = [canonicalJson(before), canonicalJson(after)];
  const found = new Changes();
  found.compare(was, is, "", 0);
  return { changes: found.first, changeCount: found.count, text: patch(toLines(was), toLines(is)) };
}

/** Compares canonical texts: what is equal in them is equal. */
class Changes {
  readonly #told: { readonly member: string; readonly change: Change }[] = [];
  count = 0;
  #length = 0;
  #member = "";

  /** By place. */
  get first(): readonly Change[] {
    return this.#told.toSorted((a, b) => compareText(a.member, b.member)).map(({ change }) => change);
  }

  compare(before: string | undefined, after: string | undefined, path: string, depth: number): void {
    if (before === after) return;
    if (this.count >= maxChanges) this.count++;
    else if (before?.[0] === "{" && after?.[0] === "{" && depth < maxDepth)
      this.#objects(before, after, path, depth + 1);
    else if (before?.[0] === "[" && after?.[0] === "[" && depth < maxDepth && holdsObjects(before + after))
      this.#arrays(before, after, path, depth + 1);
    else this.#add(before, after, path);
  }

  #objects(before: string, after: string, path: string, depth: number): void {
    const [was, is] = [objectMembers(before), objectMembers(after)];
    const names = [...new Set([...was.keys(), ...is.keys()])].toSorted(
      depth === 1 ? compareRank : compareText,
    );
    for (const name of names) {
      if (depth === 1) this.#member = name;
      this.compare(cut(before, was.get(name)), cut(after, is.get(name)), `${path}${step(name, path)}`, depth);
    }
  }

  #arrays(before: string, after: string, path: string, depth: number): void {
    const [was, is] = [arrayElements(before), arrayElements(after)];
    for (let at = 0; at < Math.max(was.length, is.length); at++)
      this.compare(cut(before, was[at]), cut(after, is[at]), `${path}[${at}]`, depth);
  }

  #add(before: string | undefined, after: string | undefined, path: string): void {
    if (++this.count > maxChanges || this.#length > maxTextLength) return;
    // A string that reads like what is no string would look the same.
    const isAlike = shown(before) === shown(after);
    const [was, is] = isAlike ? [before, after] : [shown(before), shown(after)];
    const same = was !== undefined && is !== undefined ? commonLength(was, is) : 0;
    const change = {
      path,
      ...(was !== undefined && { before: excerpt(was, same) }),
      ...(is !== undefined && { after: excerpt(is, same) }),
    };
    this.#length += path.length + (change.before?.length ?? 0) + (change.after?.length ?? 0);
    this.#told.push({ member: this.#member, change });
  }
}

/** What models read most is looked at first: a hundred changes elsewhere are not to take its place. */
const readMost: readonly string[] = ["description", "title", "name", "inputSchema"];

function compareRank(a: string, b: string): number {
  const rank = (name: string) => (readMost.includes(name) ? readMost.indexOf(name) : readMost.length);
  return rank(a) - rank(b) || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A list of plain values is told as one. */
function holdsObjects(text: string): boolean {
  return text.includes("{");
}

function cut(text: string, span: Span | undefined): string | undefined {
  return span && text.slice(span.start, span.end);
}

function step(name: string, path: string): string {
  if (/^[A-Za-z_$][\w$-]*$/.test(name) && name.length <= 100) return path === "" ? name : `.${name}`;
  return `[${visible(JSON.stringify(name.length <= 100 ? name : `${name.slice(0, 100)}…`))}]`;
}

function shown(value: string | undefined): string | undefined {
  return value?.[0] === '"' ? (JSON.parse(value) as string) : value;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

/** From a little before where two long texts part. */
function excerpt(text: string, sameLength: number): string {
  if (text.length <= maxValueLength) return visible(text);
  const from = Math.max(0, sameLength - 100);
  const to = Math.min(text.length, from + maxValueLength);
  return `${from > 0 ? "…" : ""}${visible(text.slice(from, to))}${to < text.length ? `… (${text.length} characters)` : ""}`;
}

/** What is more different than this is told as one text in the place of another. */
const maxEdits = 1_000;
const maxLines = 20_000;
const contextLines = 3;

function patch(before: readonly string[], after: readonly string[]): string {
  const [start, end] = commonEnds(before, after);
  const [was, is] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const hunks =
    was.length + is.length <= maxLines
      ? structuredPatch("", "", was.join("\n"), is.join("\n"), "", "", {
          context: contextLines,
          maxEditLength: maxEdits,
        })?.hunks
      : undefined;
  if (hunks)
    return bounded(
      hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
        `@@ -${oldStart + start},${oldLines} +${newStart + start},${newLines} @@`,
        ...lines.filter((line) => !line.startsWith("\\")),
      ]),
      maxTextLength,
    );
  // Each has its half: what is listed now is not to be pushed out by what was.
  const sides = [was.map((line) => `-${line}`), is.map((line) => `+${line}`)];
  return sides.map((lines) => bounded(lines, maxTextLength / 2)).join("\n");
}

/** How many lines at the start and at the end are the same, less those that are shown around what is not. */
function commonEnds(
  before: readonly string[],
  after: readonly string[],
): readonly [start: number, end: number] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return [Math.max(0, start - contextLines), Math.max(0, end - contextLines)];
}

function bounded(lines: readonly string[], maxLength: number): string {
  const told: string[] = [];
  let length = 0;
  for (const line of lines) {
    const text = visible(line.length <= maxValueLength ? line : `${line.slice(0, maxValueLength)}…`);
    length += text.length + 1;
    if (length > maxLength) return [...told, `… and ${lines.length - told.length} more lines`].join("\n");
    told.push(text);
  }
  return told.join("\n");
}

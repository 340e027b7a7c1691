/**
 * What changed between a definition that was approved and the one that is listed now, for whoever decides on it.
 * Both are strangers' texts of up to a megabyte: time and size of what is told are bounded, and no change hides
 * another by its length.
 */
import { arrayElements, objectMembers, type Span } from "@castellan/mcp";
import { structuredPatch } from "diff";
import { canonicalJson } from "../canonical-json.ts";
import { toLines } from "./pretty-json.ts";
import { visible } from "./visible.ts";

export interface Difference {
  /** By place; the first of them, where there are very many or very long ones. */
  readonly changes: readonly Change[];
  /** How many there are. */
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
  readonly first: Change[] = [];
  count = 0;
  #length = 0;

  compare(before: string | undefined, after: string | undefined, path: string, depth: number): void {
    if (before === after) return;
    if (before?.[0] === "{" && after?.[0] === "{" && depth < maxDepth)
      this.#objects(before, after, path, depth + 1);
    else if (before?.[0] === "[" && after?.[0] === "[" && depth < maxDepth && holdsObjects(before + after))
      this.#arrays(before, after, path, depth + 1);
    else this.#add(before, after, path);
  }

  #objects(before: string, after: string, path: string, depth: number): void {
    const [was, is] = [objectMembers(before), objectMembers(after)];
    for (const name of new Set([...was.keys(), ...is.keys()].toSorted()))
      this.compare(cut(before, was.get(name)), cut(after, is.get(name)), `${path}${step(name, path)}`, depth);
  }

  #arrays(before: string, after: string, path: string, depth: number): void {
    const [was, is] = [arrayElements(before), arrayElements(after)];
    for (let at = 0; at < Math.max(was.length, is.length); at++)
      this.compare(cut(before, was[at]), cut(after, is[at]), `${path}[${at}]`, depth);
  }

  #add(before: string | undefined, after: string | undefined, path: string): void {
    if (++this.count > maxChanges || this.#length > maxTextLength) return;
    const [was, is] = [shown(before), shown(after)];
    const same = was !== undefined && is !== undefined ? commonLength(was, is) : 0;
    const change = {
      path,
      ...(was !== undefined && { before: excerpt(was, same) }),
      ...(is !== undefined && { after: excerpt(is, same) }),
    };
    this.#length += path.length + (change.before?.length ?? 0) + (change.after?.length ?? 0);
    this.first.push(change);
  }
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
const maxEdits = 2_000;

function patch(before: readonly string[], after: readonly string[]): string {
  const options = { context: 3, maxEditLength: maxEdits };
  const hunks = structuredPatch("", "", before.join("\n"), after.join("\n"), "", "", options)?.hunks;
  const lines = hunks
    ? hunks.flatMap((hunk) => [
        `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
        ...hunk.lines.filter((line) => !line.startsWith("\\")),
      ])
    : [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
  return bounded(lines);
}

function bounded(lines: readonly string[]): string {
  const told: string[] = [];
  let length = 0;
  for (const line of lines) {
    const text = visible(line.length <= maxValueLength ? line : `${line.slice(0, maxValueLength)}…`);
    length += text.length + 1;
    if (length > maxTextLength) return [...told, `… and ${lines.length - told.length} more lines`].join("\n");
    told.push(text);
  }
  return told.join("\n");
}

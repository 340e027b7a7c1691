/** Finds values by their place in JSON text that JSON.parse has accepted, without taking the text apart. */
import { arrayElements, objectMembers, type Span } from "./scan.ts";

/** A member's name, or `*` for every element of an array. */
export type Path = readonly string[];

/** Paths joined where they begin alike: what many lead through is looked at once. */
export interface PathTree {
  readonly isEnd: boolean;
  readonly next: ReadonlyMap<string, PathTree>;
}

export function pathTree(paths: readonly Path[]): PathTree {
  const heads = new Map<string, Path[]>();
  for (const [head, ...rest] of paths)
    if (head !== undefined) heads.set(head, [...(heads.get(head) ?? []), rest]);
  const next = new Map([...heads].map(([head, rests]) => [head, pathTree(rests)]));
  return { isEnd: paths.some(({ length }) => length === 0), next };
}

/** The spans of all values at the path. What is not an object or an array where one is expected has none. */
export function spansAt(text: string, path: Path): Span[] {
  return spansIn(text, pathTree([path]));
}

/** The same for every path of a tree. A value at one of them may hold the values at others. */
export function spansIn(text: string, tree: PathTree): Span[] {
  const found: Span[] = [];
  collect(text, tree, { start: 0, end: text.length }, found);
  return found;
}

function collect(text: string, { isEnd, next }: PathTree, from: Span, found: Span[]): void {
  if (isEnd) found.push(from);
  if (next.size === 0) return;
  const start = from.start + (text.slice(from.start, from.end).search(/\S/) || 0);
  const opens = text[start];
  if (opens === "[") {
    const each = next.get("*");
    if (each) for (const element of arrayElements(text, start)) collect(text, each, element, found);
  } else if (opens === "{") {
    const members = objectMembers(text, start);
    for (const [name, tree] of next) {
      const member = name === "*" ? undefined : members.get(name);
      if (member) collect(text, tree, member, found);
    }
  }
}

/** Finds operations by their paths. */
import type { Operation } from "./operation.ts";
import type { PathPart } from "./path-template.ts";

interface Index {
  readonly byPath: ReadonlyMap<string, readonly Operation[]>;
  /** By how many segments they have; those with more written out first. */
  readonly bySegments: ReadonlyMap<number, readonly Operation[]>;
}

const indexes = new WeakMap<readonly Operation[], Index>();

/** Of the operations of a document, made once. */
export function indexOf(operations: readonly Operation[]): Index {
  const known = indexes.get(operations);
  if (known) return known;
  const sorted = operations.toSorted((a, b) => compare(rank(a), rank(b)));
  const index = {
    byPath: Map.groupBy(operations, ({ path }) => path),
    bySegments: Map.groupBy(sorted, ({ segments }) => segments.length),
  };
  indexes.set(operations, index);
  return index;
}

/** `/a/{b}/c.{d}` → `021`: a segment that is written out goes before one that is so in part. */
function rank({ segments }: Operation): string {
  return segments.map(rankOf).join("");
}

/** The less, the more of a segment is written out. */
export function rankOf(parts: readonly PathPart[]): 0 | 1 | 2 {
  if (parts.every((part) => "literal" in part)) return 0;
  return parts.length > 1 ? 1 : 2;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What its parameters would be, as they stand there; undefined where the segments are not of this template. */
export function matchSegments(
  template: Operation["segments"],
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const params = new Map<string, string>();
  for (const [index, parts] of template.entries())
    if (!matchSegment(parts, segments[index] ?? "", params)) return undefined;
  return params;
}

/** Each parameter takes as little as it can, and at least one character; the last part takes the rest. */
function matchSegment(parts: readonly PathPart[], segment: string, params: Map<string, string>): boolean {
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if ("literal" in part) {
      const isLast = index === parts.length - 1;
      if (!segment.startsWith(part.literal, at) || (isLast && at + part.literal.length !== segment.length))
        return false;
      at += part.literal.length;
      continue;
    }
    const next = parts[index + 1];
    const isBeforeLast = index + 2 === parts.length;
    const end =
      next === undefined || !("literal" in next)
        ? segment.length
        : isBeforeLast
          ? segment.length - next.literal.length
          : segment.indexOf(next.literal, at + 1);
    if (end <= at) return false;
    params.set(part.parameter, segment.slice(at, end));
    at = end;
  }
  return at === segment.length;
}

/** Two values as the list of fields in which they differ. */
import { isDeepStrictEqual } from "node:util";
import { fieldOf } from "@castellan/kernel";
import { isRecord } from "../document/compact.ts";

/** One field of a resource that is another one afterwards. */
export interface FieldChange {
  /** `limits.tools.search.timeoutSeconds`, `headers.authorization`; below the resource. */
  readonly path: string;
  /** Absent: it was not there. */
  readonly before?: unknown;
  /** Absent: it is gone. */
  readonly after?: unknown;
  /** The value of a secret is another one: it is not told, be it the old or the new one. */
  readonly secret?: "changed";
}

/** Goes down as long as both sides are objects; lists and all else are compared as a whole. */
export function differences(before: unknown, after: unknown, path: readonly string[] = []): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(after), ...Object.keys(before)]);
    return [...names].flatMap((name) =>
      differences(member(before, name), member(after, name), [...path, name]),
    );
  }
  const field = fieldOf(path, "");
  return [
    {
      path: field,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
  ];
}

/** A tool may be called `constructor`. */
function member(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

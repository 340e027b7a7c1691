/**
 * Whether a path is that of the operation that it was made for: what a value makes of `/users/{id}` may be `/users/me`, which is
 * another operation, with rules and reviews of its own.
 */
import { matchSegments, rankOf } from "./operation-index.ts";
import type { Operation } from "./operation.ts";
import type { PathPart } from "./path-template.ts";

/** `path`: as it is sent, without that of the base URL. The operation that an API may take it for; undefined for none. */
export function takenFor(
  operations: readonly Operation[],
  operation: Operation,
  path: string,
): Operation | undefined {
  if (!operation.path.includes("{")) return undefined;
  const templates = templatesOf(operations).get(operation.method) ?? [];
  for (const segments of readings(path))
    for (const { other, template } of templates) {
      if (other === operation || other.basePath !== operation.basePath) continue;
      if (
        template.length === segments.length &&
        matchSegments(template, segments) &&
        isNearer(other, operation)
      )
        return other;
    }
  return undefined;
}

/** As it stands there; and as a reader has it that takes `%2F` and `\` for a slash, and several for one. */
function readings(path: string): readonly (readonly string[])[] {
  const exact = path.slice(1).split("/");
  const slashes = /%2F|%5C/gi;
  const lenient = path.replaceAll(slashes, "/").split("/");
  const all = slashes.test(path) ? [exact, lenient.filter((segment) => segment !== "")] : [exact];
  return all.map((segments) => segments.map(plain));
}

/** Some readers do not tell capitals from small letters. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text).toLowerCase();
  } catch {
    return text.toLowerCase();
  }
}

/** Whether the other one is of another length, or has written out more of some segment than this one has. */
function isNearer(other: Operation, operation: Operation): boolean {
  if (other.segments.length !== operation.segments.length) return true;
  return other.segments.some((parts, index) => rankOf(parts) < rankOf(operation.segments[index] ?? []));
}

interface Template {
  readonly other: Operation;
  readonly template: readonly (readonly PathPart[])[];
}

const known = new WeakMap<readonly Operation[], ReadonlyMap<string, readonly Template[]>>();

function templatesOf(operations: readonly Operation[]): ReadonlyMap<string, readonly Template[]> {
  const found = known.get(operations);
  if (found) return found;
  const templates = operations.map((other) => ({
    other,
    template: other.segments.map((parts) =>
      parts.map((part) => ("literal" in part ? { literal: plain(part.literal) } : part)),
    ),
  }));
  const made = Map.groupBy(templates, ({ other }) => other.method);
  known.set(operations, made);
  return made;
}

/** Operations that a request may have meant that is none: told with the error, so that a model need not read the document again. */
import type { Operation } from "../operations/operation.ts";

const maxNearest = 3;

/** The best of `open`, each as `GET /users/{id}`: with what is written out of the path in common, then by the method. None where nothing is. */
export function nearestOperations(
  open: readonly Operation[],
  { method, path }: { readonly method: string; readonly path: string },
): readonly string[] {
  const wanted = wordsOf(path);
  if (wanted.size === 0) return [];
  const length = path.split("/").length;
  return open
    .map((operation) => ({ operation, score: scoreOf(operation, { wanted, method, length }) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, maxNearest)
    .map(({ operation }) => `${operation.method} ${operation.path}`);
}

interface Wanted {
  readonly wanted: ReadonlySet<string>;
  readonly method: string;
  /** In segments. */
  readonly length: number;
}

/** 0: not a word in common. Less than a word: as long, and of that method. */
function scoreOf(operation: Operation, { wanted, method: asked, length }: Wanted): number {
  const { method, path } = operation;
  const words = known.get(operation) ?? wordsOf(path);
  known.set(operation, words);
  const shared = [...words].filter((word) => wanted.has(word)).length;
  if (shared === 0) return 0;
  const likeness = (2 * shared) / (words.size + wanted.size);
  return likeness + (path.split("/").length === length ? 0.1 : 0) + (method === asked ? 0.05 : 0);
}

/** Code may ask for what is not there as often as it likes. */
const known = new WeakMap<Operation, ReadonlySet<string>>();

/** `/userGroups/{id}/list-all` → user, group, list, all: of any case, without what marks a plural; no parameters and numbers. */
function wordsOf(path: string): ReadonlySet<string> {
  const literal = path.replaceAll(/\{[^{}]*\}/g, "").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  const words = literal.toLowerCase().match(/[\p{L}][\p{L}\d]*/gu) ?? [];
  return new Set(words.slice(0, 32).map((word) => (word.length > 3 ? word.replace(/s$/, "") : word)));
}

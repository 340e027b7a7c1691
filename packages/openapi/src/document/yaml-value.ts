/** What YAML can say and JSON cannot: an alias stands for a value, which may hold the alias. */
import { isObject } from "@castellan/mcp";
import { toPointer } from "./pointer.ts";
import type { DocumentProblem } from "./problems.ts";

/** A few lines of anchors can stand for billions of values ("billion laughs"); each counts as often as it is there. */
const maxValues = 2_000_000;
/** As deep as JSON may be. */
const maxDepth = 128;

/** Why a loaded value is none of JSON. */
export function problemsOf(value: unknown): readonly DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  let count = 0;
  const walk = (found: unknown, path: readonly (string | number)[]): void => {
    count += 1;
    if (count > maxValues || problems.length > 100) return;
    const problem = problemOf(found, path);
    if (problem !== undefined) problems.push({ place: toPointer(...path.slice(0, 16)), problem });
    else if (Array.isArray(found)) found.forEach((item, index) => walk(item, [...path, index]));
    else if (isObject(found)) for (const [name, inner] of Object.entries(found)) walk(inner, [...path, name]);
  };
  walk(value, []);
  if (count <= maxValues) return problems;
  return [...problems, { place: "", problem: `stands for more than ${maxValues} values` }];
}

function problemOf(value: unknown, path: readonly (string | number)[]): string | undefined {
  if (path.length > maxDepth) return `is nested deeper than ${maxDepth} levels`;
  if (path.at(-1) === "__proto__") return "has a name that is not allowed";
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "is not a number of JSON";
  return Array.isArray(value) || isObject(value) ? undefined : "is not a value of JSON";
}

/** Input against its schema: every problem at once, each with its field as the caller wrote it. */
import type { z } from "zod";
import { kernelFaults } from "./faults.ts";

/** One thing that is wrong with the input. */
export interface InputProblem {
  /** Where: `servers[0].url`; `body`, `query` or `path` when it is the whole. */
  readonly field: string;
  /** The rest of a sentence that begins with the field: `must be a string`. */
  readonly reason: string;
  /** The same place, member by member; absent where it was not found by a schema. */
  readonly path?: readonly PropertyKey[];
}

/**
 * What the schema makes of the input; undefined where there is no schema. Throws `invalid_input`
 * naming the first field, with all problems in `data.problems`. No value is repeated: it may be secret.
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema | undefined,
  input: unknown,
  whole: string,
): z.output<Schema> {
  const parsed = schema && checkInput(schema, input, whole);
  // No schema: the handler's type for it is unknown.
  if (parsed === undefined) return undefined as z.output<Schema>;
  if ("value" in parsed) return parsed.value;
  throw invalidInput(parsed.problems);
}

/** The same for who tells of problems in another way. */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  whole: string,
): { readonly value: z.output<Schema> } | { readonly problems: readonly InputProblem[] } {
  const parsed = schema.safeParse(input, { error: reasonOf });
  if (parsed.success) return { value: parsed.data };
  return { problems: parsed.error.issues.flatMap((issue) => toProblems(issue, [], whole)) };
}

/** `invalid_input` for problems that were found in another way. */
export function invalidInput(problems: readonly InputProblem[]): Error {
  const [first = { field: "body", reason: "is not valid" }, ...more] = problems;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  return kernelFaults.fault("invalid_input", `${first.field} ${first.reason}${others}`, {
    field: first.field,
    data: { problems: problems.slice(0, maxProblems).map(({ field, reason }) => ({ field, reason })) },
  });
}

/** More would tell nobody more: a body may hold a hundred thousand keys that are not known. */
const maxProblems = 100;

function toProblems(issue: z.core.$ZodIssue, above: readonly PropertyKey[], whole: string): InputProblem[] {
  const at = [...above, ...issue.path];
  const problem = (path: readonly PropertyKey[], reason: string) => ({
    field: fieldOf(path, whole),
    reason,
    path,
  });
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => problem([...at, key], "is not known"));
  const meant = issue.code === "invalid_union" ? meantBranch(issue.errors) : undefined;
  return meant?.flatMap((inner) => toProblems(inner, at, whole)) ?? [problem(at, issue.message)];
}

/** Of several forms that a value may have, the one that it was given in: its own type is right. */
function meantBranch(branches: readonly (readonly z.core.$ZodIssue[])[]) {
  return branches.find((issues) =>
    issues.every(({ code, path }) => code !== "invalid_type" || path.length > 0),
  );
}

/** `["servers", 0, "url"]` → `servers[0].url`. */
export function fieldOf(path: readonly PropertyKey[], whole: string): string {
  const text = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    const key = String(part).slice(0, maxKeyLength);
    return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return text.join("").replace(/^\./, "") || whole;
}

const maxKeyLength = 64;

/** Zod's issues in this house's words; what a schema says itself comes before. */
function reasonOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be ${article(issue.expected)}`;
    case "too_small":
      return `must ${sizeVerb(issue.origin)} at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `must ${sizeVerb(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_value":
      return issue.input === undefined ? "is required" : `must be one of ${issue.values.join(", ")}`;
    case "invalid_format":
      return issue.format === "datetime"
        ? "must be a time in ISO 8601 with a zone: 2026-07-28T12:00:00Z"
        : "does not have the right form";
    case "invalid_key":
      return issue.issues[0]?.message ?? "is not a name that is allowed";
    default:
      return "is not valid";
  }
}

function article(expected: string): string {
  const word = { record: "object", int: "whole number" }[expected] ?? expected;
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`;
}

function sizeVerb(origin: string): "be" | "have" {
  return origin === "number" || origin === "int" ? "be" : "have";
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " entries" : "";
}

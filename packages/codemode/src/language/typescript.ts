/** Types taken out of TypeScript: blanks stand in their place, so that nothing moves. */
import { stripTypeScriptTypes } from "node:module";
import { CodeProblemError, countLines, problemAtLine } from "./problem.ts";

/** A call with type arguments is also JavaScript, with another meaning: `f<T>(x)` compares twice. Nobody means that. */
export function mayHaveTypeArguments(code: string): boolean {
  return /[\w$)\]]<[^<>;]{1,120}>\(/.test(code);
}

/**
 * Throws `CodeProblemError` with the place: no TypeScript either, or a part of it that is more than types (`enum`, `namespace`).
 * Whatever else it throws is a failure of the parser itself, which is not to be used again.
 */
export function withoutTypes(code: string): string {
  const [before, after] = /^[ \t]*export\s/m.test(code) ? ["", ""] : [head, tail];
  try {
    const text = stripTypeScriptTypes(before + code + after);
    return text.slice(before.length, text.length - after.length);
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    const problem = problemOf(error, code, before.length);
    throw new CodeProblemError(problem, error.code === unsupported);
  }
}

const head = "export default async () => {";
const tail = "\n}";
const unsupported = "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX";

function isSyntaxError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ERR_INVALID_TYPESCRIPT_SYNTAX" || error.code === unsupported)
  );
}

/** The stack begins with `:line`, the code around the line, and a caret below the place. */
function problemOf(error: Error & { code: string }, code: string, shift: number) {
  const shown = (error.stack ?? "").split("\n\n", 1)[0] ?? "";
  const told = Number(/:(\d+)\n/.exec(shown)?.[1] ?? 1);
  // Below the code: it is about what stands around it, and says less than any other problem.
  const line = told > countLines(code) ? 1 : told;
  const caret = /\n( *)\^+(?:\n|$)/.exec(shown)?.[1]?.length ?? 0;
  const column = line === told ? caret + 1 - (line === 1 ? shift : 0) : 1;
  const [message = ""] = error.message.split(/\. Expected| in strip-only mode| in type strip mode/, 1);
  const advice = instead.find(([what]) => message.includes(what))?.[1] ?? "";
  return problemAtLine(code, line, Math.max(column, 1), `${message.replace(/\.$/, "")}.${advice}`);
}

/** What to write where TypeScript is more than types. */
const instead: readonly (readonly [what: string, advice: string])[] = [
  ["enum", ' Write an object: `const Name = { A: "a" } as const`.'],
  ["namespace", " Write an object: `const Name = { … }`."],
  ["parameter property", " Assign it in the constructor: `this.x = x`."],
  ["angle-bracket", " Write `expr as T`."],
  ["import equals", " There is nothing to import."],
];

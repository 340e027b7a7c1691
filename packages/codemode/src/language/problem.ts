/** Why code does not parse, told by its place in the code as it was sent. */

export interface CodeProblem {
  /** One sentence, without the place. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** The line itself, at most 200 characters of it around the column. */
  readonly text: string;
}

export class CodeProblemError extends Error {
  readonly problem: CodeProblem;
  /** Whether it says more than any other reading of the code would. */
  readonly isCertain: boolean;

  constructor(problem: CodeProblem, isCertain = false) {
    super(problem.message);
    this.problem = problem;
    this.isCertain = isCertain;
  }
}

/** At an offset of the code. */
export function problemAt(code: string, offset: number, message: string): CodeProblem {
  const lines = code.slice(0, offset).split(lineBreak);
  return problemAtLine(code, lines.length, (lines.at(-1) ?? "").length + 1, message);
}

/** At a line and a column, both from 1. */
export function problemAtLine(code: string, line: number, column: number, message: string): CodeProblem {
  const text = lineOf(code, line);
  const start = Math.max(0, Math.min(column - 1 - maxText / 2, text.length - maxText));
  return { message, line, column, text: text.slice(start, start + maxText) };
}

/** A line of the code, from 1; empty where there is none. */
export function lineOf(code: string, line: number): string {
  return code.split(lineBreak)[line - 1] ?? "";
}

export function countLines(code: string): number {
  return code.split(lineBreak).length;
}

export function isLater(a: CodeProblem, b: CodeProblem): boolean {
  return a.line > b.line || (a.line === b.line && a.column > b.column);
}

/** As ECMAScript counts lines. */
const lineBreak = /\r\n?|[\n\u2028\u2029]/;
const maxText = 200;

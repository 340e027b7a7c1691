/** The thread in which code is read: what takes it too long, or breaks it, is ended with it. */
import { serveThread } from "@castellan/kernel";
import { normalise } from "./normalise.ts";
import { CodeProblemError, type CodeProblem } from "./problem.ts";

/** What comes of one code. `isSpent`: the thread is to be replaced, a parser in it has failed. */
export type Reading =
  | { readonly kind: "module"; readonly text: string }
  | { readonly kind: "problem"; readonly problem: CodeProblem }
  | { readonly kind: "unreadable"; readonly isSpent: boolean };

serveThread(read);

function read(code: string): Reading {
  try {
    return { kind: "module", text: normalise(code) };
  } catch (error) {
    if (error instanceof CodeProblemError) return { kind: "problem", problem: error.problem };
    return { kind: "unreadable", isSpent: !(error instanceof RangeError) };
  }
}

/** What the doctor looks at: one thing a check, each with what it found and what to do about it. */
import type { AccessOptions } from "../access/find-access.ts";
import type { Terminal } from "../terminal.ts";

export type Verdict = "ok" | "warning" | "problem";

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What is the case. */
  readonly detail: string;
  /** What to do, where something is to be done. */
  readonly advice?: string;
}

export interface Patient {
  readonly options: AccessOptions;
  readonly terminal: Terminal;
}

/** Looks at something of the machine or the server. What it throws is a problem with the error's message. */
export interface Check {
  readonly name: string;
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}

export function ok(check: string, detail: string): Finding {
  return { check, verdict: "ok", detail };
}

export function warning(check: string, detail: string, advice: string): Finding {
  return { check, verdict: "warning", detail, advice };
}

export function problem(check: string, detail: string, advice: string): Finding {
  return { check, verdict: "problem", detail, advice };
}

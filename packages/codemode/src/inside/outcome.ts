/** How a pass over a program ended, in the words of Code Mode. */
import type { RunEnd } from "@castellan/isolates";
import type { Fault } from "@castellan/kernel";
import { codemodeFaults } from "../faults.ts";
import { adviceOn } from "./advice.ts";
import { lineOf } from "../language/problem.ts";

export type ProgramOutcome =
  /** Raw JSON; undefined: nothing was returned. */
  | { readonly kind: "returned"; readonly text: string | undefined }
  | {
      readonly kind: "threw";
      /** The code of an error that carries one, in its own words: of the host's, or whatever the program says. */
      readonly code: string | undefined;
      /** `code_threw`: name, message, and the line of the code that it comes from. */
      readonly fault: Fault;
    }
  | { readonly kind: "broke"; readonly fault: Fault }
  | { readonly kind: "parked" };

/** `code`: as it was sent, or the module made of it, which has the same lines. */
export function toOutcome(end: RunEnd, code: string): ProgramOutcome {
  if (end.kind === "threw") return threw(isHung.test(end.error.message) ? hung : end.error, code);
  if (end.kind !== "returned")
    return end.kind === "broke" ? { kind: "broke", fault: end.fault } : { kind: "parked" };
  const told = end.text ?? "";
  const at = told.indexOf("\n");
  const head = parseHead(at < 0 ? told : told.slice(0, at));
  if (head?.["kind"] === "returned") return returned(at < 0 ? undefined : told.slice(at + 1));
  return threw(
    {
      name: textOf(head?.["name"]) ?? "Error",
      message: textOf(head?.["message"]) ?? "The program ended in a way that is not understood.",
      code: textOf(head?.["code"]),
      stack: textOf(head?.["stack"]),
    },
    code,
  );
}

/** What the runtime says where nothing is left that could go on. */
const isHung = /code had hung and would never generate a response/;
const hung: Thrown = { name: "Error", message: "The code waits for a promise that nothing settles." };

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
}

/** What a program says that it returned is not believed to be JSON. */
function returned(text: string | undefined): ProgramOutcome {
  try {
    if (text !== undefined) JSON.parse(text);
    return { kind: "returned", text };
  } catch {
    return threw(
      { name: "Error", message: "What was returned is no JSON.", code: "code_result_invalid" },
      "",
    );
  }
}

function threw(thrown: Thrown, source: string): ProgramOutcome {
  const { name, message, code } = thrown;
  const line = Number(frame.exec(thrown.stack ?? "")?.[1] ?? 0);
  const shown = lineOf(source, line)
    .replace(/^export default async \(\) => [({]/, "")
    .trim()
    .slice(0, maxShown);
  const place = shown === "" ? "" : `\nLine ${line}: ${shown}`;
  const advice = code === undefined ? adviceOn({ message, line: shown, code: source }) : "";
  const end = advice === "" ? place : `${place}\n${advice}`;
  const text = `${name.slice(0, maxName)}: ${message.slice(0, maxMessage)}${end}`.toWellFormed();
  const data = { ...(code !== undefined && { code: code.slice(0, maxName) }), ...(line > 0 && { line }) };
  return { kind: "threw", code, fault: codemodeFaults.fault("code_threw", text, { data }) };
}

/** The innermost place of the code in a stack. */
const frame = /^\s+at .*\bprogram\.js:(\d{1,9})/m;
const maxName = 100;
const maxMessage = 4000;
const maxShown = 200;

function parseHead(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const head: unknown = JSON.parse(text);
    return typeof head === "object" && head !== null
      ? (head as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

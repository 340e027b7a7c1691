/** A pool of isolates that attackers and a neighbour share, contained and plain. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIsolates, type Binding, type Isolates, type Program, type RunEnd } from "@castellan/isolates";
import { describe } from "vitest";
import { containmentHere } from "../../harness/containment.ts";

export const modes = ["contained", "plain"] as const;
export type Mode = (typeof modes)[number];

/** Both ways, the contained one where this machine can contain. */
export function inBothModes(about: string, tests: (mode: Mode) => void): void {
  const { canContain, why } = containmentHere;
  describe(`${about}, plain`, () => {
    tests("plain");
  });
  describe.runIf(canContain)(`${about}, contained${canContain ? "" : ` (left out: ${why})`}`, () => {
    tests("contained");
  });
}

export interface Pool extends AsyncDisposable {
  readonly isolates: Isolates;
  /** Runs the body of an async function of (`env`, `input`). */
  run(body: string, options?: RunIn): Promise<RunEnd>;
}

export interface RunIn {
  readonly owner?: string;
  readonly bindings?: Readonly<Record<string, Binding>>;
  readonly limits?: Program["limits"];
  /** Beside `program.js`. */
  readonly modules?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly signal?: AbortSignal;
}

/** What an attacker may use; the neighbour has the same. */
const limits = {
  wallMs: 30_000,
  cpuMs: 5_000,
  calls: 300,
  callsAtATime: 8,
  bytesOut: 1_000_000,
  bytesIn: 1_000_000,
  logBytes: 50_000,
};

export async function openPool(mode: Mode): Promise<Pool> {
  await using opened = new AsyncDisposableStack();
  const dir = join(tmpdir(), `isolates-${randomUUID().slice(0, 8)}`);
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const errors: unknown[] = [];
  opened.defer(() => {
    if (errors.length > 0) throw new AggregateError(errors, "The pool itself failed");
  });
  const isolates = opened.use(
    await createIsolates({
      containment: mode === "plain" ? "none" : "required",
      dir,
      maxRunning: 4,
      runLimits: limits,
      processLimits: { residentMiB: 500 },
      onError: (error) => errors.push(error),
    }),
  );
  const owned = opened.move();
  return {
    isolates,
    run: (body, { owner = "attacker", bindings = {}, modules = {}, flags = [], limits = {}, signal } = {}) =>
      isolates.run(
        {
          owner,
          modules: { ...modules, "program.js": `export default async (env, input) => {\n${body}\n}` },
          mainModule: "program.js",
          compatibilityDate: "2026-07-01",
          compatibilityFlags: flags,
          bindings,
          input: "",
          limits,
        },
        { signal: signal ?? new AbortController().signal },
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** How it ended, in one word: the code of the limit, the name of what was thrown, or the text that was returned. */
export function endOf(end: RunEnd): string {
  switch (end.kind) {
    case "returned":
      return `returned ${end.text ?? "nothing"}`;
    case "threw":
      return `threw ${end.error.name}`;
    case "broke":
      return end.fault.code;
    case "parked":
      return "parked";
  }
}

/** A binding that notes what it is called with, and answers each argument. */
export function noting(answer: (method: string, argument: string) => string = (_, argument) => argument) {
  const called: (readonly [method: string, argument: string])[] = [];
  const binding: Binding = {
    async call(method, argument) {
      called.push([method, argument]);
      return answer(method, argument);
    },
  };
  return { called, binding };
}

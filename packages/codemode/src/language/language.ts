/**
 * The language of programs: JavaScript or TypeScript as models write it. A stranger's code is read in threads, one code per thread at a time,
 * so that code made to be slow to read, or to break a parser, holds up nothing but other code, and that not for long.
 */
import { createThreads, type Fault } from "@castellan/kernel";
import { abortable } from "@castellan/mcp";
import { codemodeFaults } from "../faults.ts";
import type { Reading } from "./thread.ts";

export interface Language extends AsyncDisposable {
  /**
   * The module that the code is: its default export is a function; what that returns is the result, or a function to be called for it. A line
   * of the module is that line of the code.
   * Throws `code_too_large`; `code_invalid` (`data`: `line`, `column` from 1, `text`); the signal's reason.
   */
  toModule(code: string, signal: AbortSignal): Promise<string>;
}

export interface LanguageOptions {
  /** Threads at most. Default 2. */
  readonly threads?: number;
  /** Milliseconds for one code, its waiting not counted. Default 3,000. */
  readonly timeoutMs?: number;
}

/** UTF-8 bytes that code may have. */
export const maxCodeBytes = 256 * 1024;

/** Threads begin with the first code that needs them, and stay. */
export function createLanguage({ threads = 2, timeoutMs = 3000 }: LanguageOptions = {}): Language {
  const readers = createThreads<string, Reading>({
    script: new URL("thread.ts", import.meta.url),
    maxThreads: threads,
    timeoutMs,
    // Node says once that stripping types is experimental.
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 8 },
    isSpent: (reading) => reading.kind === "unreadable" && reading.isSpent,
  });

  return {
    async toModule(code, signal) {
      if (Buffer.byteLength(code) > maxCodeBytes)
        throw codemodeFaults.fault("code_too_large", `Code has at most ${maxCodeBytes / 1024} KiB.`);
      const reading = await abortable(readers.ask(code, signal), signal);
      if (reading?.kind === "module") return reading.text;
      throw toFault(reading);
    },
    [Symbol.asyncDispose]: () => readers[Symbol.asyncDispose](),
  };
}

function toFault(reading: Exclude<Reading, { kind: "module" }> | undefined): Fault {
  if (reading?.kind !== "problem")
    return codemodeFaults.fault("code_invalid", "The code is nested too deeply, or takes too long to read.", {
      data: { line: 1, column: 1, text: "" },
    });
  const { message, line, column, text } = reading.problem;
  return codemodeFaults.fault("code_invalid", `Line ${line}, column ${column}: ${message}\n${text}`, {
    data: { line, column, text },
  });
}

/** One line of what the runtime writes to stdout: `{"timestamp", "level", "message"}`, with `source` where it speaks for itself. */
import type { LogLine } from "../program.ts";

const levels = ["debug", "log", "info", "warn", "error"] as const;

/** A program's line, or nothing: a word of the runtime itself, or none that can be read. */
export function parseLogLine(line: string): LogLine | undefined {
  try {
    const { level, message, source } = JSON.parse(line) as Record<string, unknown>;
    const known = levels.find((name) => name === level);
    if (known === undefined || typeof message !== "string" || source !== undefined) return undefined;
    return { level: known, text: message };
  } catch {
    return undefined;
  }
}

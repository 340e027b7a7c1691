/**
 * Log lines for a person at a terminal:
 *
 *     05:16:16.120 WARN  An upstream does not answer  server=invoices attempt=2
 *       FetchError ECONNREFUSED: connect failed
 *         at connect (…)
 *
 * What comes from outside may hold control characters that move the cursor or change the title of
 * the terminal: they are written as escapes.
 */
import type { LogDestination } from "./logger.ts";
import type { ErrorRecord } from "./error-record.ts";

interface Line {
  readonly level: string;
  readonly time: string;
  readonly message?: string;
  readonly [field: string]: unknown;
}

const colors: Readonly<Record<string, string>> = { debug: "90", info: "32", warn: "33", error: "31" };

/** A stream that takes JSON lines and writes the readable form of each. */
export function createReadableStream(
  destination: LogDestination,
  hasColors: boolean,
): { write(line: string): void } {
  return { write: (line) => void destination.write(toReadable(JSON.parse(line) as Line, hasColors)) };
}

function toReadable({ level, time, message = "", ...fields }: Line, hasColors: boolean): string {
  const paint = (code: string, text: string) => (hasColors ? `\u001b[${code}m${text}\u001b[0m` : text);
  const errors = Object.values(fields).filter(isErrorRecord);
  const rest = Object.entries(fields).filter(([, value]) => !isErrorRecord(value));
  const head = [
    paint("90", time.slice(11, 23)),
    paint(colors[level] ?? "0", level.toUpperCase().padEnd(5)),
    escapeControls(message),
    ...(rest.length > 0
      ? [` ${rest.map(([name, value]) => paint("90", `${escapeControls(name)}=`) + toText(value)).join(" ")}`]
      : []),
  ];
  return [head.join(" "), ...errors.flatMap((error) => errorLines(error, "  "))].join("\n") + "\n";
}

/** Quotes a text only where it would be hard to tell where it ends. */
function toText(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return escapeControls(value);
  return escapeControls(JSON.stringify(value));
}

function errorLines(error: ErrorRecord, indent: string): string[] {
  const code = error.code === undefined ? "" : ` ${error.code}`;
  return [
    escapeControls(`${indent}${error.type}${code}: ${error.message}`),
    ...(error.stack?.split("\n") ?? []).map((line) => escapeControls(`${indent}  ${line}`)),
    ...(error.errors ?? []).flatMap((part) => errorLines(part, `${indent}- `)),
    ...(error.cause === undefined ? [] : errorLines(error.cause, `${indent}caused by `)),
  ];
}

function isErrorRecord(value: unknown): value is ErrorRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    "message" in value &&
    typeof value.message === "string"
  );
}

/** C0, DEL and C1 controls, and the marks that reorder text (Unicode UAX #9 §2). */
function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (control) =>
    control === "\n" ? "\\n" : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

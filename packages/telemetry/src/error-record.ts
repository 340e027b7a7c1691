/**
 * An error as data: what it is, its code, and what caused it. Only these properties are taken: what
 * drivers hang on their errors (parameters, rows, request headers) may hold anything.
 */

export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** Of a `Fault`: whose move it is. */
  readonly owner?: string;
  /** Of a `Fault`: the input field at fault. */
  readonly field?: string;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
  /** The parts of an `AggregateError`. */
  readonly errors?: readonly ErrorRecord[];
}

const maxCauses = 5;
const maxParts = 10;

/** Describes anything that was thrown, with up to five causes. Its texts are not yet redacted. */
export function toErrorRecord(error: unknown, causes = maxCauses): ErrorRecord {
  if (!(error instanceof Error)) return { type: typeof error, message: describe(error) };
  const properties = error as Error & Record<"code" | "owner" | "field", unknown>;
  return {
    type: error.name,
    message: error.message,
    ...textOf("code", properties.code),
    ...textOf("owner", properties.owner),
    ...textOf("field", properties.field),
    ...textOf("stack", framesOf(error)),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: toErrorRecord(error.cause, causes - 1) }),
    ...(error instanceof AggregateError && causes > 0
      ? { errors: error.errors.slice(0, maxParts).map((part) => toErrorRecord(part, causes - 1)) }
      : {}),
  };
}

/** Only text can be described: an object that was thrown may hold anything. */
function describe(thrown: unknown): string {
  return typeof thrown === "object" || typeof thrown === "function" ? "not an Error" : String(thrown);
}

function textOf<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  const isText = typeof value === "string" || typeof value === "number";
  return isText ? ({ [name]: String(value) } as Partial<Record<Name, string>>) : {};
}

/** The frames of the stack: its first lines repeat name and message. */
function framesOf(error: Error): string | undefined {
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return frames === undefined || frames.length === 0
    ? undefined
    : frames.map((line) => line.trim()).join("\n");
}

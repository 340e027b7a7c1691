/**
 * A failure that somebody can act on: a stable code, an owner, a sentence.
 *
 * Every failure that leaves a package is a `Fault`. Its code is listed in the catalog of
 * the package that raises it (`defineFaults`), and the catalog is what the reference page
 * of error codes is generated from. An error that is not a `Fault` is a defect of ours:
 * the edge answers it with `internal_error` and the request id, never with its message.
 */

/** Whose move it is: the caller's, an upstream server's, or that of whoever runs this system. */
export type FaultOwner = "caller" | "upstream" | "system";

/** One row of a fault catalog. */
export interface FaultSpec {
  readonly owner: FaultOwner;
  /** HTTP status when the failure is told over plain HTTP. */
  readonly status: number;
  /** One sentence for the reference page: what it means and what to do about it. */
  readonly help: string;
  /** True when the same request may succeed if it is sent again later. */
  readonly retryable?: boolean;
}

export interface FaultOptions {
  /** The input field that is at fault, as the caller wrote it: `servers[0].url`. */
  readonly field?: string;
  /** What a program may want to know; it is sent to the caller, so nothing secret. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A failure with a stable code. `message` is safe to show to the caller. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: string;
  readonly owner: FaultOwner;
  readonly status: number;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, spec: FaultSpec, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.owner = spec.owner;
    this.status = spec.status;
    this.retryable = spec.retryable ?? false;
    this.field = options.field;
    this.data = options.data;
  }
}

/** A package's failures: a table of codes, and one function that makes them. */
export interface FaultCatalog<Code extends string> {
  readonly specs: Readonly<Record<Code, FaultSpec>>;
  fault(code: Code, message: string, options?: FaultOptions): Fault;
}

/** Declares the failures of a package. Codes are `snake_case`, unique in the house (a test holds that). */
export function defineFaults<const Code extends string>(
  specs: Readonly<Record<Code, FaultSpec>>,
): FaultCatalog<Code> {
  return Object.freeze({
    specs: Object.freeze(specs),
    fault: (code: Code, message: string, options?: FaultOptions) =>
      new Fault(code, specs[code], message, options),
  });
}

/** Narrows an unknown error to a `Fault`, and to one code if given. */
export function isFault(error: unknown, code?: string): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}

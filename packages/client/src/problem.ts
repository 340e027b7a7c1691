/** What an operation was refused with, as an error. */

/** One thing that is wrong with the input. */
export interface InputProblem {
  /** Where, as the caller wrote it: `servers[0].url`. */
  readonly field: string;
  /** The rest of a sentence that begins with the field. */
  readonly reason: string;
}

/** A refusal of the API (RFC 9457). Its `message` is for people; programs decide by `code`. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** Stable: `server_unknown`. */
  readonly code: string;
  readonly status: number;
  /** The field of the input that is at fault. */
  readonly field: string | undefined;
  /** All that is wrong with the input; empty where the input is not to blame. */
  readonly problems: readonly InputProblem[];
  /** When the same request may go better, in seconds; undefined: nobody knows. */
  readonly retryAfterSeconds: number | undefined;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** The whole document: what else belongs to the code is in it. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(document: ProblemDocument, retryAfter: string | null) {
    super(document.detail);
    this.code = document.code;
    this.status = document.status;
    this.field = textOf(document["field"]);
    this.problems = Array.isArray(document["problems"]) ? (document["problems"] as InputProblem[]) : [];
    // Dates (RFC 9110 §10.2.3) come from proxies only.
    this.retryAfterSeconds =
      retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : undefined;
    this.requestId = textOf(document["requestId"]);
    this.data = document;
  }
}

/** Something answers at the URL that does not do so as Castellan: a proxy's page, a redirect. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
  readonly status: number;
  /** Where a redirect would have led; it is not followed, for the token is meant for this URL. */
  readonly location: string | undefined;

  constructor(status: number, location: string | null) {
    super(`The answer (HTTP ${status}) is not one of this API`);
    this.status = status;
    this.location = location ?? undefined;
  }
}

export interface ProblemDocument {
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly [member: string]: unknown;
}

export function isProblem(value: unknown): value is ProblemDocument {
  if (typeof value !== "object" || value === null) return false;
  const { code, detail, status } = value as Readonly<Record<string, unknown>>;
  return typeof code === "string" && typeof detail === "string" && typeof status === "number";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * What goes over a process's socket: one line of JSON, the head, then a text as it is, the body. So a long text is neither escaped
 * nor parsed. What comes from the process is hostile: it is read strictly, and each field that is used has been looked at.
 */

/** To the process. Bodies: the texts of `modules` and the input one after another; an answer, or the message of its error. */
export type Order =
  | {
      readonly t: "run";
      readonly harness: string;
      readonly mainModule: string;
      readonly modules: readonly string[];
      /** Of each text of the body, in UTF-16 units. */
      readonly lengths: readonly number[];
      readonly compatibilityDate: string;
      readonly compatibilityFlags: readonly string[];
      readonly bindings: readonly string[];
      readonly outbound: boolean;
      /** What is longer is not even sent: `exceed` is. */
      readonly bytesOut: number;
      readonly callsAtATime: number;
      /** What is logged first and last, so that the host sees where this run's log begins and ends. A program does not learn it. */
      readonly fence: string;
    }
  | {
      readonly t: "answer";
      readonly id: number;
      readonly ok: true;
      readonly status?: number;
      readonly headers?: HeaderRows;
    }
  | { readonly t: "answer"; readonly id: number; readonly ok: false; readonly code?: string | undefined }
  | { readonly t: "put-off"; readonly id: number }
  | { readonly t: "quiet"; readonly putOff: number };

export type HeaderRows = readonly (readonly [string, string])[];

/** From the process. */
export type Told =
  | {
      readonly t: "call";
      readonly id: number;
      readonly binding: string;
      readonly method: string;
      readonly body: string;
    }
  /** Body: base64. */
  | {
      readonly t: "fetch";
      readonly id: number;
      readonly method: string;
      readonly url: string;
      readonly headers: HeaderRows;
      readonly body: string;
    }
  | { readonly t: "quiet"; readonly made: number }
  | { readonly t: "exceed" }
  | { readonly t: "end"; readonly kind: "returned"; readonly body: string }
  | { readonly t: "end"; readonly kind: "nothing" }
  | {
      readonly t: "end";
      readonly kind: "threw";
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly code: string | undefined;
    };

/** Of a binding or a method. */
const maxNameLength = 256;

/** A head is ours and short; only a request's headers and an error's words are in it. */
const maxHeadLength = 262_144;

export function toFrame(order: Order, body = ""): string {
  return `${JSON.stringify(order)}\n${body}`;
}

/** What was said, or nothing if it is no message that a process may send. */
export function parseFrame(frame: string): Told | undefined {
  const at = frame.indexOf("\n");
  if (at < 0 || at > maxHeadLength) return undefined;
  const head = parseHead(frame.slice(0, at));
  const body = frame.slice(at + 1);
  switch (head?.["t"]) {
    case "call":
      return isCount(head["id"]) && isName(head["binding"]) && isName(head["method"])
        ? { t: "call", id: head["id"], binding: head["binding"], method: head["method"], body }
        : undefined;
    case "fetch":
      return isCount(head["id"]) &&
        isText(head["method"]) &&
        isText(head["url"]) &&
        isHeaders(head["headers"])
        ? {
            t: "fetch",
            id: head["id"],
            method: head["method"],
            url: head["url"],
            headers: head["headers"],
            body,
          }
        : undefined;
    case "quiet":
      return isCount(head["made"]) && body === "" ? { t: "quiet", made: head["made"] } : undefined;
    case "exceed":
      return body === "" ? { t: "exceed" } : undefined;
    case "end":
      return parseEnd(head, body);
    default:
      return undefined;
  }
}

function parseEnd(head: Record<string, unknown>, body: string): Told | undefined {
  if (head["kind"] === "returned") return { t: "end", kind: "returned", body };
  if (body !== "") return undefined;
  if (head["kind"] === "nothing") return { t: "end", kind: "nothing" };
  const { kind, name, message, stack, code } = head;
  if (kind !== "threw" || !isText(name) || !isText(message)) return undefined;
  if ((stack !== undefined && !isText(stack)) || (code !== undefined && !isText(code))) return undefined;
  return { t: "end", kind, name, message, stack, code };
}

function parseHead(text: string): Record<string, unknown> | undefined {
  try {
    const head: unknown = JSON.parse(text);
    return typeof head === "object" && head !== null && !Array.isArray(head)
      ? (head as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isName(value: unknown): value is string {
  return isText(value) && value.length <= maxNameLength;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isHeaders(value: unknown): value is HeaderRows {
  return (
    Array.isArray(value) &&
    value.every(
      (row) => Array.isArray(row) && row.length === 2 && row.every((cell) => typeof cell === "string"),
    )
  );
}

/**
 * What a program and the host say to each other: calls of the binding `HOST`, each a text in and a text out.
 *
 * A text is one line of JSON, the head, and after the first line feed the body: JSON that is handed on as it is.
 * Both sides distrust it. Nothing in a request says whose it is: that is known by the process that it comes from.
 *
 * | method      | head               | body of the request      | body of the reply                                   |
 * |-------------|--------------------|--------------------------|-----------------------------------------------------|
 * | `call`      | `{ tool }`         | arguments, an object     | the unwrapped result                                |
 * | `read`      | `{ uri }`          | none                     | `contents` of `resources/read`                      |
 * | `prompt`    | `{ name }`         | arguments, an object     | the result of `prompts/get`                         |
 * | `resources` | `{}`               | none                     | the definitions, an array                           |
 * | `prompts`   | `{}`               | none                     | the definitions, an array                           |
 * | `catalog`   | `{}`               | none                     | what `codemode.tools()` gives: `Catalog.text`       |
 * | `search`    | `{ query, limit }` | none                     | what `codemode.search()` gives: `SearchFound`       |
 * | `describe`  | `{ names }`        | none                     | a string: what `codemode.describe()` gives          |
 * | `spec`      | `{}`               | none                     | the document (in the room of an API)                |
 * | `request`   | `{}`               | an object, see below     | the unwrapped result (in the room of an API)        |
 * | `wait`      | `{ ms }`           | none                     | `null`, `ms` of the run clock later                 |
 *
 * Every reply's head has `clock`: milliseconds of the run clock since `startedAtMs`, at the moment at which it was settled. That moment is all
 * that a program knows of time, so that a replay which gives the same replies in the same order with the same clock is the same run. For that
 * the host settles one after the other, by the clock: never two with a clock that goes back, and a `wait` is due at the clock at which it was
 * asked for (that of the last reply before it) plus its `ms`: it is settled before every reply that is later than that, in a replay as well,
 * where it takes no time.
 */
import { codemodeFaults } from "../faults.ts";

/** The name in `env` under which a program has the host. */
export const hostBinding = "HOST";

/** A request as a program made it. Names are as the code wrote them; texts are raw JSON of an object that parses. */
export type HostRequest =
  | { readonly method: "call"; readonly tool: string; readonly argumentsText: string }
  | { readonly method: "read"; readonly uri: string }
  | { readonly method: "prompt"; readonly name: string; readonly argumentsText: string }
  | { readonly method: "search"; readonly query: string; readonly limit: number | undefined }
  | { readonly method: "describe"; readonly names: readonly string[] }
  /** `method`, `path`, `query`, `body`, `headers`, none of them checked. */
  | { readonly method: "request"; readonly requestText: string }
  | { readonly method: "wait"; readonly ms: number }
  | { readonly method: "resources" | "prompts" | "catalog" | "spec" };

/** What a `wait` may ask for at most; `setTimeout` with more is held to it. */
export const maxWaitMs = 24 * 60 * 60 * 1000;
/** Names that one `describe` may have. */
export const maxDescribed = 50;
const maxNameLength = 2048;
const maxQueryLength = 1000;

/**
 * Reads what a binding was called with.
 * Throws `code_arguments_invalid`: not one of ours, which only a program that goes around `codemode` can bring about, or arguments that are no object.
 */
export function parseHostRequest(method: string, text: string): HostRequest {
  const at = text.indexOf("\n");
  const head = parseObject(at < 0 ? text : text.slice(0, at));
  const body = at < 0 ? "" : text.slice(at + 1);
  switch (method) {
    case "call":
      return { method, tool: textOf(head, "tool"), argumentsText: objectText(body) };
    case "read":
      return { method, uri: textOf(head, "uri") };
    case "prompt":
      return { method, name: textOf(head, "name"), argumentsText: objectText(body) };
    case "search":
      return {
        method,
        query: textOf(head, "query", maxQueryLength),
        limit: typeof head["limit"] === "number" ? head["limit"] : undefined,
      };
    case "describe":
      return { method, names: namesOf(head["names"]) };
    case "request":
      return { method, requestText: objectText(body) };
    case "wait":
      return { method, ms: waitOf(head["ms"]) };
    case "resources":
    case "prompts":
    case "catalog":
    case "spec":
      return { method };
    default:
      throw invalid("There is no such method.");
  }
}

/** A reply with a value: raw JSON. `clockMs`: of the run, not of the day. */
export function valueReply(clockMs: number, valueText: string): string {
  return `${JSON.stringify({ clock: clockMs })}\n${valueText}`;
}

/** A reply that throws in the program: an `Error` with `code` and message. */
export function errorReply(clockMs: number, code: string, message: string): string {
  return JSON.stringify({ clock: clockMs, code, message });
}

/** The object that the head is, or the body where only that it is one matters. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value = parsed(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw invalid("Arguments are one object that can be written as JSON.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function objectText(body: string): string {
  parseObject(body);
  return body;
}

function textOf(head: Readonly<Record<string, unknown>>, name: string, max = maxNameLength): string {
  const text = head[name];
  if (typeof text !== "string") throw invalid(`\`${name}\` is a string.`);
  if (text.length > max) throw invalid(`\`${name}\` has at most ${max} characters.`);
  return text;
}

function namesOf(names: unknown): readonly string[] {
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw invalid("`describe` takes a name, or an array of names.");
  if (names.length > maxDescribed) throw invalid(`\`describe\` takes at most ${maxDescribed} names.`);
  if (names.some((name) => name.length > maxNameLength)) throw invalid("A name is too long.");
  return names;
}

function waitOf(ms: unknown): number {
  if (typeof ms !== "number" || !(ms >= 0)) throw invalid("`ms` is a number from 0.");
  return Math.min(ms, maxWaitMs);
}

function invalid(message: string) {
  return codemodeFaults.fault("code_arguments_invalid", message);
}

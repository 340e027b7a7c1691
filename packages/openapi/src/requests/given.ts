/** Arguments as they were given: numbers to the digit, since `1234567890123456789` is another one to `JSON.parse`. */
import { isObject } from "@castellan/mcp";

/** A number as it is written; `JSON.stringify` writes it so again. */
interface RawNumber {
  readonly rawJSON: string;
}

export type Scalar = string | boolean | null | RawNumber;
export type Given = Scalar | readonly Given[] | GivenObject;
export interface GivenObject {
  readonly [name: string]: Given;
}

/** Of ECMAScript's "JSON.parse source text access", which the library's types do not have yet. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** The text has to be JSON. */
export function parseGiven(text: string): Given {
  return json.parse(text, (_name, value, { source }) =>
    typeof value === "number" && source !== undefined ? json.rawJSON(source) : value,
  ) as Given;
}

export function isList(given: Given): given is readonly Given[] {
  return Array.isArray(given);
}

export function isGivenObject(given: Given): given is GivenObject {
  return isObject(given) && !json.isRawJSON(given);
}

/** As it stands in an address or a form; what has parts of its own is written as JSON. */
export function textOf(given: Given): string {
  if (typeof given === "string") return given;
  if (given === null) return "";
  return json.isRawJSON(given) ? given.rawJSON : JSON.stringify(given);
}

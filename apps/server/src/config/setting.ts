/** A process setting: one variable of the environment, what it means and how it is read. */

export interface Setting<Value> {
  readonly variable: string;
  /** One sentence for the reference page and for `castellan doctor`. */
  readonly help: string;
  /** What holds when the variable is absent, as the reference page shows it. */
  readonly fallback: string;
  /** Reads the text. Throws an `Error` whose message ends the sentence "VARIABLE …". */
  readonly parse: (text: string) => Value;
  /** Its value is a secret and is never printed. */
  readonly isSecret?: true;
}

export function defineSetting<Value>(setting: Setting<Value>): Setting<Value> {
  return Object.freeze(setting);
}

export const text = (value: string): string => value;

export function list(value: string): readonly string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export function integer(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new Error(`must be a whole number from ${min} to ${max}`);
  };
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    throw new Error(`must be one of ${choices.join(", ")}`);
  };
}

export function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:") && url.username === "") return url.href;
  throw new Error("must be an http or https URL without user and password");
}

/** An address of the house itself: an origin, since all its paths are the house's own. */
export function origin(value: string): string {
  const url = new URL(httpUrl(value));
  if (url.href === `${url.origin}/`) return url.origin;
  throw new Error("must be an origin: scheme, host and port, without a path");
}

/** The name of a request header (RFC 9110 §5.1), in lower case. */
export function headerName(value: string): string {
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(value)) return value.toLowerCase();
  throw new Error("must be the name of a header");
}

/** The values that a server.json asks for: what the document says about each, and what the request gives. */
import type { InputProblem } from "@castellan/kernel";
import type { Input } from "./server-json.ts";

/** What stands in braces in a URL or in the value of a header. */
const placeholder = /\{([A-Za-z_][\w-]{0,127})\}/g;

export function placeholdersOf(template: string): readonly string[] {
  return [...template.matchAll(placeholder)].map(([, name]) => name ?? "");
}

/** Puts values in the place of names, once: a value with braces in it stays as it is. */
export function fillIn(template: string, valueOf: (name: string) => string): string {
  return template.replaceAll(placeholder, (_, name: string) => valueOf(name));
}

/** A field of the request without which the server cannot be registered. */
export interface MissingValue {
  readonly field: string;
  readonly isSecret: boolean;
}

/** Collects what is wrong and what is missing, to tell all of it at once. */
export class Values {
  readonly problems: InputProblem[] = [];
  readonly #missing = new Map<string, MissingValue>();
  readonly #variables: Readonly<Record<string, string>>;
  readonly #used = new Set<string>();

  constructor(variables: Readonly<Record<string, string>>) {
    this.#variables = variables;
  }

  get missing(): readonly MissingValue[] {
    return [...this.#missing.values()];
  }

  /** Variables that were given and that nothing asks for: misspelled ones, most likely. */
  get unused(): readonly string[] {
    return Object.keys(this.#variables).filter((name) => !this.#used.has(name));
  }

  /** The value of a variable, if there is one: the document's fixed one, the request's, or the proposed one. */
  find(name: string, declared: Input | undefined): string | undefined {
    const field = `variables.${name}`;
    this.#used.add(name);
    const given = ownValue(this.#variables, name);
    if (declared?.value !== undefined) {
      if (given !== undefined && given !== declared.value) this.refuse(field, "is fixed by the document");
      return declared.value;
    }
    return given === undefined ? declared?.default : this.check(field, given, declared);
  }

  /** The given value, whether or not it is what the document lets it be: what is not is among the problems. */
  check(field: string, value: string, declared: Input | undefined): string {
    const { choices = [], format } = declared ?? {};
    if (choices.length > 0 && !choices.includes(value))
      this.refuse(field, "must be one that the document offers");
    if (format === "number" && !/^-?\d+(?:\.\d+)?$/.test(value)) this.refuse(field, "must be a number");
    if (format === "boolean" && value !== "true" && value !== "false")
      this.refuse(field, "must be true or false");
    return value;
  }

  miss(field: string, isSecret: boolean): void {
    this.#missing.set(field, { field, isSecret });
  }

  refuse(field: string, reason: string): void {
    this.problems.push({ field, reason });
  }
}

/** Names are a stranger's: `constructor` is one of them. */
export function ownValue<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * A secret on its way through the process. It prints as `[secret]` in a log, a template, JSON or
 * an inspected object, so that only the code that calls `reveal` can put it anywhere.
 */
import { inspect } from "node:util";

const mask = "[secret]";

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Call it where the secret is used, and keep no copy. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

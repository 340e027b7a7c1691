/** What the tool of an operation is called: its `operationId`, or method and path; within what every client takes. */
import { createHash } from "node:crypto";

const maxNameChars = 64;
const hashChars = 8;

/** Names that are unique as long as it lives, each of 1 to 64 characters of `A-Za-z0-9_-`. */
export class OperationNames {
  readonly #taken = new Set<string>();

  /**
   * The name of the next operation. One that has to be cut, or that another operation has already, ends in a hash of method
   * and path, so that it stays the same whatever comes before it in a later version of the document.
   */
  take(operation: {
    readonly id: string | undefined;
    readonly method: string;
    readonly path: string;
  }): string {
    const { id, method, path } = operation;
    const fromPath = toName(`${method.toLowerCase()} ${path}`);
    const wanted = toName(id ?? "") || fromPath;
    for (const name of [wanted, withHash(wanted, `${method} ${path}`)])
      if (name.length <= maxNameChars && !this.#taken.has(name)) return this.#keep(name);
    for (let n = 2; ; n += 1) {
      const name = withHash(wanted, `${method} ${path} ${n}`);
      if (!this.#taken.has(name)) return this.#keep(name);
    }
  }

  #keep(name: string): string {
    this.#taken.add(name);
    return name;
  }
}

/** `repos/list-for-user` → `repos_list-for-user` */
function toName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]+/g, "_").replaceAll(/^_+|_+$/g, "");
}

function withHash(name: string, of: string): string {
  const hash = createHash("sha256").update(of).digest("hex").slice(0, hashChars);
  return `${name.slice(0, maxNameChars - hashChars - 1)}_${hash}`;
}

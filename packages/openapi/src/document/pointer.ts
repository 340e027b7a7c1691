/** Places in a document (RFC 6901), and what a local `$ref` means. */
import { isObject } from "@castellan/mcp";
import { member, textMember } from "./members.ts";
import { Unusable } from "./unusable.ts";

/** `/paths/~1users/get` */
export function toPointer(...tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function isLocalRef(ref: string): boolean {
  return ref.startsWith("#");
}

/** One spelling for each place: `#/components/schemas/a%20b` → `/components/schemas/a b`. Throws `Unusable`. */
export function pointerOf(ref: string): string {
  if (!isLocalRef(ref)) throw new Unusable(`names another document (${quoted(ref)}), which is not fetched`);
  let pointer: string;
  try {
    pointer = decodeURIComponent(ref.slice(1));
  } catch {
    throw new Unusable(`has a $ref that is no JSON pointer: ${quoted(ref)}`);
  }
  if (!pointer.startsWith("/")) throw new Unusable(`has a $ref that is no JSON pointer: ${quoted(ref)}`);
  return pointer;
}

/** What stands at a pointer. Throws `Unusable` when there is nothing. */
export function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of pointer.slice(1).split("/")) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    value = Array.isArray(value) && /^(?:0|[1-9]\d*)$/.test(name) ? value[Number(name)] : member(value, name);
    if (value === undefined) throw new Unusable(`has a $ref to nothing: ${quoted(`#${pointer}`)}`);
  }
  return value;
}

const maxHops = 32;

/** The object that is meant, through references to references. Throws `Unusable`. */
export function dereference(root: unknown, value: unknown): unknown {
  let found = value;
  for (let hops = 0; hops <= maxHops; hops += 1) {
    const ref = textMember(found, "$ref");
    if (ref === undefined || !isObject(found)) return found;
    found = valueAt(root, pointerOf(ref));
  }
  throw new Unusable("has a $ref that leads round in a circle");
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}

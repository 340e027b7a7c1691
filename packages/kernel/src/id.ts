/**
 * Branded, prefixed ids: `srv_0199c7…`. The prefix says what kind of thing an id names, in a
 * log line as well as in the type; the rest is a UUID version 7 (RFC 9562 §5.7) without its
 * hyphens, so that ids sort by the time they were made.
 */
import { v7 as uuidv7 } from "uuid";

declare const kind: unique symbol;

/** Every kind of id in the house and the prefix it carries. */
export const idPrefixes = {
  server: "srv",
  definition: "def",
  portal: "ptl",
  token: "tok",
  call: "call",
  session: "ses",
  request: "req",
  replica: "rep",
} as const;

export type IdKind = keyof typeof idPrefixes;

export type Id<Kind extends IdKind> = string & { readonly [kind]: Kind };

/** Makes a new id of the kind. */
export function createId<Kind extends IdKind>(of: Kind): Id<Kind> {
  return `${idPrefixes[of]}_${uuidv7().replaceAll("-", "")}` as Id<Kind>;
}

/** Whether an untrusted string has the shape of an id of this kind. */
export function isId<Kind extends IdKind>(of: Kind, value: string): value is Id<Kind> {
  const prefix = `${idPrefixes[of]}_`;
  return value.startsWith(prefix) && /^[0-9a-f]{32}$/.test(value.slice(prefix.length));
}

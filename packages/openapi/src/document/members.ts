/** Reads what somebody else wrote: only own members, since `constructor` is a name that a document may use. */
import { isObject } from "@castellan/mcp";

export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function textMember(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === "string" ? found : undefined;
}

export function membersOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

/** By name: for what is chosen from, where the order in which a document happens to be written decides nothing. */
export function sortedMembers(value: unknown): readonly (readonly [string, unknown])[] {
  return membersOf(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

export function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text of at most this many characters, whole ones, with an ellipsis where it was cut. */
export function bounded(text: string, maxChars: number): string {
  const whole = text.toWellFormed();
  return whole.length <= maxChars
    ? whole
    : `${whole.slice(0, maxChars - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

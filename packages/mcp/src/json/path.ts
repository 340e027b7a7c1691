/** Finds values by their place in JSON text that JSON.parse has accepted, without taking the text apart. */
import { arrayElements, objectMembers, type Span } from "./scan.ts";

/** A member's name, or `*` for every element of an array. */
export type Path = readonly string[];

/** The spans of all values at the path. What is not an object or an array where one is expected has none. */
export function spansAt(text: string, path: Path, from: Span = { start: 0, end: text.length }): Span[] {
  const [step, ...rest] = path;
  if (step === undefined) return [from];
  const start = from.start + (text.slice(from.start, from.end).search(/\S/) || 0);
  const opens = text[start];
  if (step === "*") {
    if (opens !== "[") return [];
    return arrayElements(text, start).flatMap((element) => spansAt(text, rest, element));
  }
  if (opens !== "{") return [];
  const member = objectMembers(text, start).get(step);
  return member ? spansAt(text, rest, member) : [];
}

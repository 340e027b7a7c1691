/** Changes to members of an object that is raw JSON text: what is not named stays to the letter. */
import { edit, objectMembers, type Edit, type Span } from "./scan.ts";

/** By name the raw JSON that a member is to hold; undefined takes the member away. */
export type MemberChanges = Readonly<Record<string, string | undefined>>;

/** Whether a part of a JSON text is an object. */
export function isObjectText(text: string | undefined): text is string {
  return text !== undefined && /^\s*\{/.test(text);
}

/**
 * The object with some members set or taken away. A member that is there changes its value where it
 * stands, a new one comes first. `members` are those of `objectText`, if they are known already.
 */
export function withMembers(
  objectText: string,
  changes: MemberChanges,
  members: ReadonlyMap<string, Span> = objectMembers(objectText),
): string {
  const added: string[] = [];
  const replaced: Edit[] = [];
  const removed = new Set<string>();
  for (const [name, text] of Object.entries(changes)) {
    const span = members.get(name);
    if (text === undefined) removed.add(name);
    else if (span) replaced.push({ span, text });
    else added.push(`${JSON.stringify(name)}:${text}`);
  }
  const cuts = cutsOf(objectText, members, removed);
  const inside = objectText.indexOf("{") + 1;
  const comma = members.size > cuts.length ? "," : "";
  const inserted =
    added.length === 0 ? [] : [{ span: { start: inside, end: inside }, text: added.join(",") + comma }];
  // An insertion has no width: it must come before a cut at the same place.
  return edit(objectText, [...inserted, ...replaced, ...cuts]);
}

/**
 * The object with the member at the end of the path set. What is no object on the way there is
 * replaced by one.
 */
export function withMemberAt(
  objectText: string,
  path: readonly [string, ...string[]],
  valueText: string,
): string {
  const [name, next, ...rest] = path;
  if (next === undefined) return withMembers(objectText, { [name]: valueText });
  const members = objectMembers(objectText);
  const span = members.get(name);
  const held = span && objectText.slice(span.start, span.end);
  const inner = withMemberAt(isObjectText(held) ? held : "{}", [next, ...rest], valueText);
  return withMembers(objectText, { [name]: inner }, members);
}

/** Cuts that leave no comma too many: up to the next name at the head, from the last value elsewhere. */
function cutsOf(
  text: string,
  members: ReadonlyMap<string, Span>,
  removed: ReadonlySet<string>,
): readonly Edit[] {
  const cuts: Edit[] = [];
  let before = text.indexOf("{") + 1;
  let isKeptBefore = false;
  for (const [name, { end }] of members) {
    if (!removed.has(name)) isKeptBefore = true;
    else if (isKeptBefore) cuts.push({ span: { start: before, end }, text: "" });
    else {
      // Between two members stand only a comma and spaces: what follows is a name's quote or the brace.
      const next = end + text.slice(end).search(/["}]/);
      const span = { start: text.indexOf('"', before), end: text[next] === '"' ? next : end };
      cuts.push({ span, text: "" });
    }
    before = end;
  }
  return cuts;
}

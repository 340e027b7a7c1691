/** The texts of a tool's definition: those that a search looks into, and what it tells of what it found. */
import type { ScopeEntry } from "@castellan/calls";
import { isObjectText, memberOf, objectMembers } from "@castellan/mcp";

/** A definition may hold a megabyte: of each of its texts so much is searched. */
const maxSearchedChars = 4_096;

/** An entry never changes. */
const made = new WeakMap<ScopeEntry, readonly string[]>();

/** Name, titles, description, and the input schema as it was written. */
export function searchedTexts(entry: ScopeEntry): readonly string[] {
  const texts = made.get(entry) ?? makeTexts(entry);
  made.set(entry, texts);
  return texts;
}

function makeTexts({ publicName, text }: ScopeEntry): readonly string[] {
  const members = membersOf(text);
  const annotations = members("annotations");
  const schema = members("inputSchema") ?? "";
  return [
    publicName,
    spoken(members("title")),
    spoken(isObjectText(annotations) ? memberOf(annotations, "title") : undefined),
    spoken(members("description")),
    schema.includes("\\u") ? JSON.stringify(JSON.parse(schema)) : schema,
  ].flatMap((searched) => (searched === "" ? [] : [searched.slice(0, maxSearchedChars)]));
}

/** The members that a caller of the tool needs, to the letter; and whose it is. */
export function toolDescription({ text, server, class: toolClass }: ScopeEntry): string {
  const members = membersOf(text);
  const told = toldMembers.flatMap((name) => {
    const member = members(name);
    return member === undefined ? [] : [`"${name}":${member}`];
  });
  const whose = [`"server":${JSON.stringify(server.server.slug)}`, `"class":"${toolClass}"`];
  return `{${[...told, ...whose].join(",")}}`;
}

const toldMembers = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"] as const;

function membersOf(text: string): (name: string) => string | undefined {
  const spans = objectMembers(text);
  return (name) => {
    const span = spans.get(name);
    return span && text.slice(span.start, span.end);
  };
}

/** What a JSON string says; nothing of what is none. */
function spoken(text: string | undefined): string {
  return text?.startsWith('"') ? String(JSON.parse(text)) : "";
}

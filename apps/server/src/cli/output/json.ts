/**
 * JSON for programs that a person may also look at. `JSON.stringify` escapes what is below U+0020, but
 * not the other control characters and marks that a terminal acts on; as escapes they mean the same.
 */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
}

/**
 * JSON for whoever judges what a stranger wrote: also what takes no room, or looks like a space and is none, is
 * written as an escape.
 */
export function toVisibleJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(hidden, escaped);
}

const hidden = /(?![\n ])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

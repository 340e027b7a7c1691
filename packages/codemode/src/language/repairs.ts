/**
 * What happens to code on its way from a model: it is escaped as HTML, typeset, or written for a module of its own. Each repair is tried on
 * code that does not parse, and on no other: what parses is what was meant. Lines stay.
 */

/** The code after one repair, after two, and so on; those that change nothing are left out. */
export function* repaired(code: string): Generator<string> {
  let text = code;
  for (const repair of repairs) {
    const next = repair(text);
    if (next !== text) yield next;
    text = next;
  }
}

const repairs: readonly ((code: string) => string)[] = [
  withoutEntities,
  (code) => code.replaceAll(/[\u201c\u201d\u201e]/g, '"').replaceAll(/[\u2018\u2019]/g, "'"),
  // Spaces that do not show.
  (code) => code.replaceAll(/[\u200b-\u200d\u2060\ufeff]/g, " "),
  // Types come from nowhere, and go nowhere.
  (code) => code.replaceAll(/^[ \t]*import\s+type\s[^;'"]{0,1000}["'][^'"\n\r]*["'];?/gm, blank),
  (code) =>
    code.replaceAll(
      /^[ \t]*export(?=\s+(?:abstract|async|class|const|function|interface|let|type)\s+[\w$])/gm,
      blank,
    ),
];

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&#39;": "'",
  "&apos;": "'",
  "&amp;": "&",
};

function withoutEntities(code: string): string {
  return code.replaceAll(/&(?:lt|gt|quot|apos|amp|#34|#39);/g, (entity) => entities[entity] ?? entity);
}

/** The same number of lines and columns, and nothing to read. */
export function blank(text: string): string {
  return text.replaceAll(/[^\n\r\u2028\u2029]/g, " ");
}

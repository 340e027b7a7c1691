/** Pieces of Markdown, and the places in a page that are filled from the code. */

/** A table. Cells may hold any Markdown; a bar in one is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function code(text: string | number): string {
  return `\`${text}\``;
}

export function codes(texts: readonly string[]): string {
  return texts.map(code).join(", ");
}

const place = /<!-- generated: ([a-z-]+) -->\n[^]*?<!-- end: \1 -->/g;

/** The names of the generated sections in a page, in order. */
export function placesIn(page: string): string[] {
  return [...page.matchAll(place)].map((match) => match[1] ?? "");
}

/**
 * A page with each of its generated sections written anew; what a person wrote stays.
 * Throws when a section has no source.
 */
export async function fillPlaces(
  page: string,
  sources: Readonly<Record<string, () => string | Promise<string>>>,
): Promise<string> {
  const texts = new Map<string, string>();
  for (const name of placesIn(page)) {
    const source = sources[name];
    if (!source) throw new Error(`Nothing generates the section "${name}"`);
    texts.set(name, await source());
  }
  return page.replaceAll(
    place,
    (_, name: string) => `<!-- generated: ${name} -->\n\n${texts.get(name)}\n\n<!-- end: ${name} -->`,
  );
}

/** A definition for whoever decides on it: what it is called, what is odd about it, and every line that is new. */
import type { ServerDefinition } from "@castellan/client";
import { kindWord } from "../input/kinds.ts";
import { clean } from "../output/clean.ts";
import { toVisibleJson } from "../output/json.ts";
import type { Style, Terminal } from "../terminal.ts";

export interface ShowOptions {
  /** Every line, however many there are. */
  readonly full: boolean;
  readonly paint: Terminal["paint"];
  readonly write: (line: string) => void;
}

const maxLines = 40;

export function showDefinition(definition: ServerDefinition, { full, paint, write }: ShowOptions): void {
  const { review, kind, name } = definition;
  write(paint("bold", clean([review, kindWord(kind), name, classText(definition)].join(" ").trimEnd())));
  for (const line of oddities(definition)) write(paint("yellow", clean(`  ${line}`)));
  const lines = contentOf(definition, full);
  const shown = full ? lines : lines.slice(0, maxLines);
  for (const line of shown) {
    const style = styles[line[0] ?? ""];
    const text = `  ${clean(line)}`;
    write(style === undefined ? text : paint(style, text));
  }
  if (shown.length < lines.length)
    write(paint("yellow", `  … and ${lines.length - shown.length} lines more, which --full shows`));
}

const styles: Readonly<Record<string, Style>> = { "-": "red", "+": "green", "@": "dim" };

/** `(destructive)`, and where a person said otherwise, what the server says. */
function classText({ kind, class: held, proposedClass }: ServerDefinition): string {
  if (kind !== "tool" || held === undefined) return "";
  if (proposedClass === undefined || proposedClass === held) return `(${held})`;
  return `(${held}; the server says ${proposedClass})`;
}

function oddities({ renamedFrom, shadows }: ServerDefinition): string[] {
  return [
    ...(renamedFrom === undefined ? [] : [`was called ${renamedFrom} before, as it seems`]),
    ...shadows.map(({ server, name }) => `can be taken for ${name} of ${server}`),
  ];
}

/** What changed, as the server tells it; all of what nobody wanted yet; of what is in use all or nothing. */
function contentOf({ review, definition, difference }: ServerDefinition, full: boolean): string[] {
  if (difference !== undefined && difference !== "") return difference.trimEnd().split("\n");
  const isNews = review === "new" || review === "rejected";
  if (definition === undefined || !(isNews || full)) return [];
  const text =
    typeof definition === "string" ? escapedLines(definition) : toVisibleJson(toldFirst(definition), 2);
  return text.split("\n").map((line) => `${isNews ? "+" : " "} ${line}`);
}

/** What models are told goes ahead: a long schema must not push it out of sight. */
function toldFirst(definition: unknown): unknown {
  const { name, uri, uriTemplate, title, description, annotations, ...rest } = definition as Record<
    string,
    unknown
  >;
  return { name, uri, uriTemplate, title, description, annotations, ...rest };
}

/** Instructions are prose: their lines stay, and what is hidden in them is shown. */
function escapedLines(text: string): string {
  return text
    .split("\n")
    .map((line) => toVisibleJson(line).slice(1, -1).replaceAll('\\"', '"'))
    .join("\n");
}

/** Rows as columns, within the width of the terminal. */
import type { Style, Terminal } from "../terminal.ts";
import { clean } from "./clean.ts";
import { fit, widthOf } from "./width.ts";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: "right";
  readonly style?: (row: Row) => Style | undefined;
  /** May be cut when the terminal is too narrow. */
  readonly shrinks?: true;
}

const gap = "  ";
const minWidth = 8;

/** Prints nothing but the rows and a line of titles, so that other programs can read it too. */
export function printTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Pick<Terminal, "width" | "paint" | "print">,
): void {
  const cells = rows.map((row) => columns.map(({ value }) => clean(value(row))));
  const widths = columnWidths([columns.map(({ title }) => title), ...cells], columns, terminal.width);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        const cut = fit(text, width);
        const space = " ".repeat(Math.max(0, width - widthOf(cut)));
        const painted = paint(cut, index);
        if (columns[index]?.align === "right") return space + painted;
        return index === texts.length - 1 ? painted : painted + space;
      })
      .join(gap)
      .trimEnd();
  terminal.print(
    line(
      columns.map(({ title }) => title),
      (text) => terminal.paint("bold", text),
    ),
  );
  for (const [index, row] of rows.entries())
    terminal.print(
      line(cells[index] ?? [], (text, at) => {
        const style = columns[at]?.style?.(row);
        return style === undefined ? text : terminal.paint(style, text);
      }),
    );
}

/** Names with their values, one a line; what is undefined is left out. */
export function printDetails(
  details: Readonly<Record<string, string | undefined>>,
  terminal: Pick<Terminal, "paint" | "print">,
): void {
  const shown = Object.entries(details).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => widthOf(name)));
  for (const [name, value] of shown)
    terminal.print(
      `${terminal.paint("bold", name)}${" ".repeat(width - widthOf(name))}${gap}${clean(value)}`.trimEnd(),
    );
}

/** As wide as the widest cell; where that is too much, the widest of those that may be cut give way. */
function columnWidths<Row>(
  lines: readonly (readonly string[])[],
  columns: readonly Column<Row>[],
  available: number | undefined,
): number[] {
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ""))));
  if (available === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - available;
  while (excess > 0) {
    const cuttable = columns.flatMap(({ shrinks }, index) =>
      shrinks && (widths[index] ?? 0) > minWidth ? [index] : [],
    );
    const widest = cuttable.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
  return widths;
}

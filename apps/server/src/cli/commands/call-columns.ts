/** A recorded call as a row. */
import type { Call } from "@castellan/client";
import { clean } from "../output/clean.ts";
import type { Column } from "../output/table.ts";
import { localTime } from "../output/times.ts";
import { widthOf } from "../output/width.ts";
import type { Terminal } from "../terminal.ts";

const styles = { ok: "green", tool_error: "yellow", error: "red", refused: "red", cancelled: "dim" } as const;

export const callColumns: readonly Column<Call>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "TIME", value: ({ startedAt }) => localTime(startedAt).slice(0, "2026-07-28 14:00:01".length) },
  {
    title: "OUTCOME",
    value: ({ outcome, code }) => (code === undefined ? outcome : `${outcome} ${code}`),
    style: ({ outcome }) => styles[outcome],
  },
  { title: "MS", value: ({ durationMs }) => durationMs.toFixed(1), align: "right" },
  { title: "PORTAL", value: ({ portal }) => portal ?? "-" },
  { title: "SERVER", value: ({ server }) => server ?? "-" },
  { title: "METHOD", value: ({ method }) => method, shrinks: true },
  { title: "TARGET", value: ({ target }) => target ?? "-", shrinks: true },
  { title: "WHO", value: ({ principal }) => principal.name, shrinks: true },
  { title: "RULES", value: ({ policy }) => policy?.rules.join(", ") || "-", shrinks: true },
];

const widths = [37, 19, 9, 8, 12, 12, 14, 24, 16, 0];

/** One line for a list whose end is not known: the columns stay where they are, and nothing is cut. */
export function callLine(call: Call, paint: Terminal["paint"]): string {
  const cells = callColumns.map(({ value, style, align }, index) => {
    const text = clean(value(call));
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(text)));
    const chosen = style?.(call);
    const painted = chosen === undefined ? text : paint(chosen, text);
    return align === "right" ? space + painted : painted + space;
  });
  return cells.join("  ").trimEnd();
}

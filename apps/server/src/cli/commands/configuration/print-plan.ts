/** A plan for people: a line for each resource, and what is another one about it. */
import type { PlanConfigurationAnswer } from "@castellan/client";
import { clean } from "../../output/clean.ts";
import { toVisibleJson } from "../../output/json.ts";
import type { Style, Terminal } from "../../terminal.ts";

type Change = PlanConfigurationAnswer["changes"][number];
type Field = Change["fields"][number];

const maxValueLength = 400;

export function printPlan(
  { file, name }: { readonly file: string; readonly name: string },
  changes: readonly Change[],
  terminal: Pick<Terminal, "paint" | "print">,
): void {
  terminal.print(terminal.paint("bold", clean(`${file} (${name}): ${summaryOf(changes)}`)));
  for (const { action, kind, slug, fields } of changes) {
    const { sign, style } = signs[action];
    terminal.print(terminal.paint(style, clean(`${sign} ${kind.replace("_", " ")} ${slug}`)));
    for (const field of fields) terminal.print(clean(`    ${field.path}: ${valueText(field, action)}`));
  }
}

const signs: Readonly<Record<Change["action"], { readonly sign: string; readonly style: Style }>> = {
  create: { sign: "+", style: "green" },
  update: { sign: "~", style: "yellow" },
  remove: { sign: "-", style: "red" },
};

function summaryOf(changes: readonly Change[]): string {
  if (changes.length === 0) return "nothing to change";
  const count = (action: Change["action"]) => changes.filter((change) => change.action === action).length;
  const parts = [
    [count("create"), "to create"],
    [count("update"), "to change"],
    [count("remove"), "to remove"],
  ] as const;
  return parts.flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`])).join(", ");
}

function valueText({ before, after, secret }: Field, action: Change["action"]): string {
  if (secret === "changed") return "another secret";
  if (action === "create") return short(after);
  return `${short(before)} → ${short(after)}`;
}

function short(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = toVisibleJson(value);
  return text.length > maxValueLength
    ? `${text.slice(0, maxValueLength)}… (${text.length} characters)`
    : text;
}

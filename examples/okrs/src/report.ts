/** Objectives as Markdown, for people and for models that write to people. */
import { type Objective, keyResultProgress, objectiveConfidence, objectiveProgress } from "./objective.ts";

const words = { on_track: "on track", at_risk: "at risk", off_track: "off track" } as const;

export function objectiveReport(objective: Objective): string {
  const { title, id, owner, quarter, status, keyResults, lesson } = objective;
  const lines = [
    `# ${inline(title)}`,
    "",
    `${id} · ${inline(owner)} · ${quarter} · ${status} · ${percent(objectiveProgress(objective))}`,
    "",
  ];
  if (keyResults.length === 0) lines.push("No key results yet.", "");
  else {
    lines.push("| key result | start | now | target | progress | confidence |", "|---|---|---|---|---|---|");
    for (const keyResult of keyResults) {
      const { startValue, currentValue, targetValue, unit, confidence } = keyResult;
      const values = [startValue, currentValue, targetValue].map((value) =>
        `${value} ${inline(unit)}`.trim(),
      );
      lines.push(
        `| ${inline(keyResult.title)} | ${values.join(" | ")} | ${percent(keyResultProgress(keyResult))} | ${words[confidence]} |`,
      );
    }
    lines.push("");
  }
  const notes = keyResults.flatMap((keyResult) =>
    keyResult.checkIns
      .filter(({ note }) => note !== undefined)
      .map(({ at, note = "" }) => ({ at, line: `- ${at.slice(0, 10)}, ${keyResult.id}: ${inline(note)}` })),
  );
  if (notes.length > 0)
    lines.push("## Notes", "", ...notes.sort((a, b) => b.at.localeCompare(a.at)).map(({ line }) => line), "");
  if (lesson !== undefined) lines.push("## Lesson", "", inline(lesson), "");
  return lines.join("\n");
}

export function quarterReport(quarter: string, objectives: readonly Objective[]): string {
  const lines = [`# Objectives of ${quarter}`, ""];
  if (objectives.length === 0) lines.push("None.");
  for (const objective of objectives) {
    const state = objective.status === "active" ? words[objectiveConfidence(objective)] : objective.status;
    lines.push(
      `- **${inline(objective.title)}** (${objective.id}, ${inline(objective.owner)}): ${percent(objectiveProgress(objective))}, ${state}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What people typed must not become structure: one line, with Markdown's own characters escaped. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, String.raw`\$&`);
}

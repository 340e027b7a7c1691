/** A short text that is equal for those to whom the same places of a portal are shown. */
import { createHash } from "node:crypto";
import type { RuleProgram } from "./program.ts";
import type { Standing } from "./standing.ts";

/**
 * What is shown hangs, for each attachment, on three things alone: whether something is allowed there at all, whether a rule
 * may let somebody in, and whether one surely blocks. They are taken twice: by who and where, and by who alone. Nothing of
 * the rules' names or versions goes in, so that the key outlives a change that shows nothing else, and is the same on another replica.
 */
export function viewKeyOf(
  touching: readonly RuleProgram[],
  standings: readonly ((rule: RuleProgram) => Standing)[],
): string {
  const states = new Map<string, number>();
  const closed = new Set(touching.filter(({ isAllow }) => isAllow).map(({ level }) => level));
  for (const program of touching) {
    const { servers, classes, tools } = program.rule.at;
    const text = JSON.stringify([program.level, sorted(servers), sorted(classes), sorted(tools)]);
    let state = states.get(text) ?? 0;
    standings.forEach((standingOf, shift) => {
      state |= bitsOf(program, standingOf(program), closed.has(program.level)) << (3 * shift);
    });
    if (state !== 0) states.set(text, state);
  }
  // Whether something is held back from somebody is asked with each call: it has a short answer where nothing is.
  if (states.size === 0) return "";
  const lines = [...states].map(([text, state]) => `${text}${state}`).toSorted();
  return createHash("sha256").update(lines.join("\n")).digest("base64url").slice(0, 22);
}

/** Who may be let in by asking matters only where somebody is kept out for want of a rule. */
function bitsOf({ rule, isAllow }: RuleProgram, standing: Standing, isClosed: boolean): number {
  if (rule.action === "block") return standing === "sure" ? 1 : 0;
  const opens = isClosed && (standing === "sure" || standing === "possible");
  return (isAllow ? 2 : 0) | (opens ? 4 : 0);
}

function sorted(names: readonly string[] | undefined): readonly string[] | null {
  return names === undefined ? null : [...new Set(names)].toSorted();
}

/** How the rules of one level come to one outcome: the order of actions, and of nothing else. */
import type { Level, Rule } from "../rules/rule.ts";
import type { Demand, LevelDecision } from "./decision.ts";
import type { RuleProgram } from "./program.ts";
import type { Standing } from "./standing.ts";

/** What some of the rules of a level say. Names are sorted. */
export interface Tally {
  readonly blocking: readonly string[];
  /** Those that let somebody in and want nothing. */
  readonly allowing: readonly string[];
  /** Those that want something first. */
  readonly asking: readonly string[];
  /** Of those, the ones that surely want it. */
  readonly demanding: readonly Rule[];
  /** Rules that allow and are attached here, whatever becomes of them: whom none lets in is not meant. */
  readonly closing: readonly string[];
  /** One lets somebody in. */
  readonly isOpen: boolean;
}

export interface LevelResult {
  readonly decision: LevelDecision;
  /** Empty unless the outcome is `ask`. */
  readonly demands: readonly Demand[];
}

/** `rules` are sorted by name. */
export function tallyOf(rules: readonly RuleProgram[], standingOf: (rule: RuleProgram) => Standing): Tally {
  const blocking: string[] = [];
  const allowing: string[] = [];
  const asking: string[] = [];
  const demanding: Rule[] = [];
  const closing: string[] = [];
  let isOpen = false;
  for (const program of rules) {
    const { rule } = program;
    const standing = standingOf(program);
    if (rule.action === "block") {
      if (standing === "sure") blocking.push(rule.name);
      continue;
    }
    if (rule.action === "allow") closing.push(rule.name);
    if (standing === "no") continue;
    if (standing !== "demanding") isOpen = true;
    if (wantsSomething(rule)) {
      asking.push(rule.name);
      if (standing !== "possible") demanding.push(rule);
    } else if (standing !== "demanding") allowing.push(rule.name);
  }
  return { blocking, allowing, asking, demanding, closing, isOpen };
}

/** Of two parts of the rules of a level, the first of which knows what closes it. */
export function together(one: Tally, other: Tally): Tally {
  return {
    blocking: merged(one.blocking, other.blocking),
    allowing: merged(one.allowing, other.allowing),
    asking: merged(one.asking, other.asking),
    demanding:
      other.demanding.length === 0
        ? one.demanding
        : [...one.demanding, ...other.demanding].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    closing: one.closing,
    isOpen: one.isOpen || other.isOpen,
  };
}

/**
 * With rules that take part only possibly it comes to the mildest that may come of it, so that `deny` means: whatever
 * becomes known.
 */
export function conclude(level: Level, tally: Tally): LevelResult {
  const { blocking, allowing, asking, demanding, closing, isOpen } = tally;
  const isClosed = closing.length > 0;
  if (blocking.length > 0) return result({ level, outcome: "deny", why: "blocked", rules: blocking });
  if (isClosed && !isOpen)
    return result({ level, outcome: "deny", why: "not_allowed", rules: none, allowing: closing });
  if (demanding.length > 0)
    return result({ level, outcome: "ask", why: "asked", rules: asking }, demanding.flatMap(demandsOf));
  if (allowing.length > 0) return result({ level, outcome: "allow", why: "allowed", rules: allowing });
  if (!isClosed) return result({ level, outcome: "allow", why: "inherited", rules: none });
  return result({ level, outcome: "ask", why: "asked", rules: asking });
}

export function demandsOf({ name: rule, approval, stepUp, purpose }: Rule): readonly Demand[] {
  const demands: Demand[] = [];
  if (approval) demands.push({ kind: "approval", rule, ...approval });
  if (stepUp) demands.push({ kind: "step_up", rule, ...stepUp });
  if (purpose) demands.push({ kind: "purpose", rule, ...purpose });
  return demands;
}

const none: readonly never[] = [];

function wantsSomething({ action, stepUp, purpose }: Rule): boolean {
  return action === "require_approval" || stepUp !== undefined || purpose !== undefined;
}

function merged(one: readonly string[], other: readonly string[]): readonly string[] {
  if (other.length === 0) return one;
  return one.length === 0 ? other : [...one, ...other].toSorted();
}

function result(decision: LevelDecision, demands: readonly Demand[] = none): LevelResult {
  return { decision, demands };
}

/**
 * Whether a rule takes part in a decision:
 * - `sure`: it does;
 * - `possible`: it may, by what is not known yet;
 * - `demanding`: nobody can tell whether it fits. It lets nobody in, and what it wants of those it lets in is wanted;
 * - `no`: it does not.
 */
import type { Degree } from "./partial.ts";
import type { RuleProgram } from "./program.ts";

export type Standing = "sure" | "possible" | "demanding" | "no";

/**
 * By the least and the most that its selectors can come to. What is unknown comes to the stricter outcome: a block blocks; any
 * other rule is `demanding`.
 */
export function standingOf({ rule }: RuleProgram, least: Degree, most: Degree): Standing {
  if (rule.action === "block") return least > 0 ? "sure" : most > 0 ? "possible" : "no";
  if (least === 2) return "sure";
  if (most === 2) return "possible";
  return least === 1 ? "demanding" : "no";
}

export function isInForce({ startsAtMs, endsAtMs }: RuleProgram, nowMs: number): boolean {
  return startsAtMs <= nowMs && nowMs < endsAtMs;
}

export function hasDates({ startsAtMs, endsAtMs }: RuleProgram): boolean {
  return startsAtMs !== -Infinity || endsAtMs !== Infinity;
}

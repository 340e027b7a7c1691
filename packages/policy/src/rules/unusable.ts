/**
 * What of a stored rule cannot be applied any more: it was sound when it was saved, and the release that reads it now knows
 * it otherwise. Such a rule comes to the stricter side (`asApplied`, and `readySelector` of its selectors), and is told.
 */
import { readySelector } from "../selectors/selectors.ts";
import type { Rule } from "./rule.ts";

export interface Unusable {
  /** The rule's name. */
  readonly rule: string;
  /** `include[0]` */
  readonly field: string;
  /** A sentence. */
  readonly reason: string;
}

/** Empty: all of it can be applied. */
export function unusableIn(rule: Rule): readonly Unusable[] {
  const { name, action, approval } = rule;
  const selectors = (["include", "require", "exclude"] as const).flatMap((part) =>
    rule[part].flatMap((selector, at) => {
      const { problem } = readySelector(selector);
      return problem === undefined ? [] : { rule: name, field: `${part}[${at}]`, reason: problem };
    }),
  );
  if (action !== "require_approval" || approval !== undefined) return selectors;
  return [...selectors, { rule: name, field: "approval", reason: "it says of nobody that they may decide" }];
}

/** What wants an approval that nobody may give is never met: it blocks. */
export function asApplied(rule: Rule): Rule {
  return rule.action === "require_approval" && rule.approval === undefined
    ? { ...rule, action: "block" }
    : rule;
}

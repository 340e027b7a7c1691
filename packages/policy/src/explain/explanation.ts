/** Why a decision comes out as it does: each rule that is attached there, and each thing that it looks at. */
import type { Fit } from "../selectors/fit.ts";
import type { Decision } from "../decide/decision.ts";
import type { Level, RuleAction } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";

export interface Explanation {
  readonly decision: Decision;
  /** The rules that are attached to where the call goes, disabled and bygone ones too: by level, then by name. */
  readonly rules: readonly ExplainedRule[];
  /** How many rules are attached elsewhere. */
  readonly elsewhere: number;
}

export interface ExplainedRule {
  readonly name: string;
  readonly action: RuleAction;
  readonly level: Level;
  readonly state: "in_force" | "disabled" | "not_yet" | "over";
  /** By its selectors alone. */
  readonly fits: Fit;
  /**
   * What it does here. Where nobody can tell whether it fits, a block blocks, and another rule asks for what it wants but
   * lets nobody in.
   */
  readonly effect: "blocks" | "asks" | "allows" | "none";
  readonly selectors: readonly ExplainedSelector[];
}

export interface ExplainedSelector {
  readonly part: "include" | "require" | "exclude";
  readonly selector: Selector;
  readonly fits: Fit;
  /** What it looks for: `the e-mail address is ann@example.com`. */
  readonly words: string;
}

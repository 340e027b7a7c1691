/** What comes of asking. */
import type { ApprovalTerms, Level, Purpose, StepUp } from "../rules/rule.ts";

/** From the mildest to the strictest: a level, and all levels together, come to the strictest that anything in them says. */
export const outcomes = ["allow", "ask", "deny"] as const;
export type Outcome = (typeof outcomes)[number];

export interface Decision {
  /** `ask`: it goes through once the demands are met. */
  readonly outcome: Outcome;
  /** One for each level that was looked at, the widest first; all of them, also where an early one denies. */
  readonly levels: readonly LevelDecision[];
  /** Empty unless the outcome is `ask`. All of them must be met. */
  readonly demands: readonly Demand[];
}

export interface LevelDecision {
  readonly level: Level;
  readonly outcome: Outcome;
  /**
   * `blocked`: a rule blocks. `asked`: rules let it pass once something is done, and `rules` are all that want something.
   * `allowed`: a rule allows. `not_allowed`: rules here allow others, and none allows this. `inherited`: no rule here allows
   * anything, so what the portal's access rules or the token's scopes gave holds.
   */
  readonly why: "blocked" | "asked" | "allowed" | "not_allowed" | "inherited";
  /** Names of the rules that say so, sorted; empty for `not_allowed` and `inherited`. */
  readonly rules: readonly string[];
  /** Of `not_allowed`: names of the rules that allow others, sorted. For admins: they are not for whoever is refused. */
  readonly allowing?: readonly string[];
}

/** What must be done before a call goes through, and the name of the rule that wants it. */
export type Demand =
  | ({ readonly kind: "approval"; readonly rule: string } & ApprovalTerms)
  | ({ readonly kind: "step_up"; readonly rule: string } & StepUp)
  | ({ readonly kind: "purpose"; readonly rule: string } & Purpose);

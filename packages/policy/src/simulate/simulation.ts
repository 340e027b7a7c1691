/** What changed rules would have made of calls that took place: the types. */
import type { Caller, Connection, Use } from "../facts/facts.ts";
import type { Outcome } from "../decide/decision.ts";

/** A call as it was recorded. Give the same caller object for the same caller: what is known of them is worked out once. */
export interface RecordedUse {
  readonly caller: Caller;
  readonly connection: Connection;
  readonly use: Use;
}

export interface SimulationResult {
  readonly calls: number;
  /** How many came to what. */
  readonly before: Readonly<Record<Outcome, number>>;
  readonly after: Readonly<Record<Outcome, number>>;
  /** How many come out otherwise than before. */
  readonly changed: number;
  /** How many of all hung, before or after, on something that is not known of them: taken as the stricter. */
  readonly unsure: number;
  /** Those that come out otherwise, the ones with most calls first. */
  readonly groups: readonly SimulatedGroup[];
  /** How many changed calls are in no group of these. */
  readonly notGrouped: number;
}

/** Calls of one caller of one thing that come out otherwise in the same way, for the same rules. */
export interface SimulatedGroup {
  readonly caller: { readonly kind: Caller["kind"]; readonly id: string; readonly name: string };
  readonly portal: string;
  readonly server: string;
  readonly tool: string | undefined;
  readonly method: string;
  readonly before: Outcome;
  readonly after: Outcome;
  /** Names of rules that decided before, and do after; sorted. Empty: no rule allows it, or none is there. */
  readonly rulesBefore: readonly string[];
  readonly rulesAfter: readonly string[];
  readonly calls: number;
  /** How many of these hung on something that is not known of them. */
  readonly unsure: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

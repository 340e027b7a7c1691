/** Asking for decisions: the types. `compilePolicies` makes them. */
import type { Caller, Connection, Place, Use } from "../facts/facts.ts";
import type { Rule } from "../rules/rule.ts";
import type { Decision, Outcome } from "./decision.ts";

/** Rules, made ready to be asked. Immutable. */
export interface Policies {
  /** All that were given, disabled ones too. */
  readonly rules: readonly Rule[];
  /**
   * The next moment at which a rule begins or ends, milliseconds since the epoch. What a judge shows (`mayShow`,
   * `isKnown`, `viewKey`) holds until then: compile again then, and tell those who hold lists. Undefined: never.
   */
  readonly changesAtMs: number | undefined;
  /**
   * For this caller, here. What is known of a caller is worked out once per `Caller` object, what is known of the
   * connection once per caller and connection; a judge is kept for the next call from there.
   */
  judge(caller: Caller, connection: Connection): Judge;
  /**
   * Evaluators whose answer, not yet among the connection's postures, could matter to what this caller may do from there
   * (at that portal, if one is named). Sorted.
   */
  posturesWanted(caller: Caller, connection: Connection, portal?: string): readonly string[];
}

export interface Judge {
  /**
   * Whether they may come to the portal at all: the portal level alone. `deny` only if every call there would be denied
   * on this level: what a rule wants to know of a call keeps nobody out here.
   */
  enter(portal: string, nowMs: number): Decision;
  decide(use: Use): Decision;
  /** The mildest outcome that could have come of it were everything known. Milder than `decide`: something unknown decided. */
  mildest(use: Use): Outcome;
  /** False: whatever the arguments and the hour, no call there gets through. */
  mayShow(place: Place): boolean;
  /** False: by who they are alone, no call there gets through, from anywhere. To be told as something that is not there. */
  isKnown(place: Place): boolean;
  /**
   * Equal for those to whom the same places of the portal are shown and known; also on other replicas and after a restart.
   * Empty: all of them are.
   */
  viewKey(portal: string): string;
}

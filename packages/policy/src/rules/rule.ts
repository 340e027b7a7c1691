/** A rule as data: what it does, where it is attached, for whom it holds, and what it wants first. */
import type { Id } from "@castellan/kernel";
import type { Selector } from "./selector.ts";

export const ruleActions = ["allow", "block", "require_approval"] as const;
export type RuleAction = (typeof ruleActions)[number];

/** What a use may do (`access` has the same words; policy knows nothing of that package). */
export const useClasses = ["read", "write", "destructive"] as const;
export type UseClass = (typeof useClasses)[number];

/**
 * What a rule is attached to; what is absent does not matter, all that is there must fit. The finest member says on which
 * level it decides (`levelOf`): tools or classes → `use`, else servers → `server`, else → `portal`.
 */
export interface Attachment {
  /** Slugs. */
  readonly portals?: readonly string[] | undefined;
  /** Slugs. */
  readonly servers?: readonly string[] | undefined;
  readonly classes?: readonly UseClass[] | undefined;
  /** Tools by their server's own names; needs `servers`, exactly one. */
  readonly tools?: readonly string[] | undefined;
}

/** From the widest to the narrowest. Each must allow. */
export const levels = ["portal", "server", "use"] as const;
export type Level = (typeof levels)[number];

/** Who may say yes or no. Whoever fits any of it may. */
export interface Deciders {
  /** Whoever asked. Default false: never the asker, also where they are in a group below. */
  readonly self?: boolean | undefined;
  /** Names of groups of the company's people. */
  readonly groups?: readonly string[] | undefined;
  /** E-mail addresses, lower case. */
  readonly people?: readonly string[] | undefined;
}

export interface ApprovalTerms {
  readonly deciders: Deciders;
  /** How long it waits for a decision, seconds. Default one day; 60 to 30 days. */
  readonly expiresSeconds?: number | undefined;
  /** After how long those who may decide are told once more, seconds. Absent: never. */
  readonly remindSeconds?: number | undefined;
  /** How long a yes holds for further calls of the same tool by the same caller, seconds. Default 0: for that call. */
  readonly holdsSeconds?: number | undefined;
}

/** The person must have proved who they are lately, with more than one factor. */
export interface StepUp {
  /** Seconds. */
  readonly withinSeconds: number;
  /** Values of `amr` of which one must be there. Absent: any proof with a second factor, or a passkey. */
  readonly methods?: readonly string[] | undefined;
}

/** The person must say what for. */
export interface Purpose {
  /** How long what they said holds for further calls of the same tool, seconds. 0: for that call. */
  readonly holdsSeconds: number;
}

/** What an admin says of a rule. */
export interface RuleFields {
  readonly action: RuleAction;
  readonly description: string;
  readonly at: Attachment;
  /** One of these must fit. Never empty. */
  readonly include: readonly Selector[];
  /** All of these must fit. */
  readonly require: readonly Selector[];
  /** None of these may fit. */
  readonly exclude: readonly Selector[];
  /** For `allow` and `require_approval`. */
  readonly stepUp: StepUp | undefined;
  /** For `allow` and `require_approval`. */
  readonly purpose: Purpose | undefined;
  /** For `require_approval`, and only there. */
  readonly approval: ApprovalTerms | undefined;
  /** It holds from then on. */
  readonly startsAt: Date | undefined;
  /** It holds until then. */
  readonly endsAt: Date | undefined;
  readonly isEnabled: boolean;
}

export interface Rule extends RuleFields {
  readonly id: Id<"rule">;
  /** A slug; unique. What refusals and explanations name. */
  readonly name: string;
  /** The name of the configuration file that made it; absent: made by hand. */
  readonly managedBy: string | undefined;
  /** Grows with each change: what `If-Match` is compared with. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export function levelOf({ servers, classes, tools }: Attachment): Level {
  if (tools !== undefined || classes !== undefined) return "use";
  return servers === undefined ? "portal" : "server";
}

/**
 * Who may use what of a portal: rules that only add up. Without one that fits, nobody comes in.
 */
import type { Principal } from "../principal.ts";
import { isName, toEmail } from "../people/user-input.ts";
import { Rights } from "../rights.ts";
import { toolClasses, type ToolClass } from "../tool-class.ts";
import type { Directory } from "../people/user.ts";

export interface AccessRule {
  /**
   * `everyone`: every person of the portal's directory. `group:{name}`, `user:{email}`: those of that directory.
   * `public`: whoever comes without a token; only for `read`. Programs are let in by their tokens, not by rules.
   */
  readonly who: string;
  /** What they may use; none: nothing. */
  readonly classes: readonly ToolClass[];
  /** Slugs of the portal's servers that this is about; absent: all of them, later ones too. */
  readonly servers?: readonly string[] | undefined;
  /** The moment from which it gives nothing any more (ISO 8601, UTC); absent: it does not end by itself. */
  readonly until?: string | undefined;
}

/** What of a portal says who comes in, at one moment. */
export interface Gate {
  readonly slug: string;
  readonly directory: Directory;
  /** Without those that have ended (`livingRules`). */
  readonly access: readonly AccessRule[];
  /** Whether nobody does more than read, whatever rules and tokens say. */
  readonly isReadOnly: boolean;
}

export const whoRule = "everyone, public, group:{name}, or user:{e-mail address}";

/** In the one spelling that is compared; undefined for what names nobody. */
export function toWho(text: string): string | undefined {
  if (text === "everyone" || text === "public") return text;
  if (text.startsWith(groupPrefix)) return isName(text.slice(groupPrefix.length)) ? text : undefined;
  const email = text.startsWith(userPrefix) ? toEmail(text.slice(userPrefix.length)) : undefined;
  return email === undefined ? undefined : `${userPrefix}${email}`;
}

/** Whether it can be a rule: whoever is not known reads, and no more. */
export function isSoundRule({ who, classes }: Pick<AccessRule, "who" | "classes">): boolean {
  return who !== "public" || classes.every((toolClass) => toolClass === "read");
}

/** A moment in the one spelling that is kept; undefined for what is none: ISO 8601, to the second, with an offset or Z. */
export function toMoment(text: string): string | undefined {
  const at = momentForm.test(text) ? Date.parse(text) : Number.NaN;
  const moment = Number.isNaN(at) ? "" : new Date(at).toISOString();
  return momentForm.test(moment) ? moment : undefined;
}

const momentForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
export const momentRule = "a moment with its offset from UTC, such as 2026-12-31T18:00:00+01:00";

/** Those that have not ended. What does not say a moment has. */
export function livingRules(access: readonly AccessRule[], nowMs: number): readonly AccessRule[] {
  return access.every((rule) => nowMs < endOf(rule)) ? access : access.filter((rule) => nowMs < endOf(rule));
}

/** When the first of them ends by itself, milliseconds since the epoch; infinity: none does. */
export function firstEnd(access: readonly AccessRule[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...access.map(endOf));
}

function endOf({ until }: AccessRule): number {
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
}

/** The rule in one spelling: what is equal is written alike. */
export function toPlainRule({ who, classes, servers, until }: AccessRule): AccessRule {
  return {
    who,
    classes: toolClasses.filter((toolClass) => classes.includes(toolClass)),
    ...(servers && { servers: [...new Set(servers)].toSorted() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}

/** Whom rules call a group. */
export function groupWho(name: string): string {
  return `${groupPrefix}${name}`;
}

/** What the rules of the gate give to a person (not looking at scopes), or to the public. */
export function rightsByRules(gate: Gate, principal: RuledCaller): Rights {
  const rights = gate.access.reduce(
    (sum, rule) => (fits(rule, gate, principal) ? sum.or(Rights.of(rule.classes, rule.servers)) : sum),
    Rights.none,
  );
  return withinGate(gate, rights);
}

/** What is left of rights at a portal where nobody does more than read. */
export function withinGate({ isReadOnly }: Pick<Gate, "isReadOnly">, rights: Rights): Rights {
  return isReadOnly ? rights.and(reading) : rights;
}

/** Whether somebody comes in without a token. */
export function takesPublic(gate: Gate): boolean {
  return !rightsByRules(gate, { kind: "public" }).isNone;
}

/** What rules look at. */
export type RuledCaller =
  | { readonly kind: "service" | "public" }
  | Pick<Extract<Principal, { kind: "user" }>, "kind" | "directory" | "groups" | "email">;

const reading = Rights.of(["read"]);
const groupPrefix = "group:";
const userPrefix = "user:";

function fits(rule: AccessRule, { directory }: Gate, caller: RuledCaller): boolean {
  const { who } = rule;
  if (caller.kind === "public") return who === "public" && isSoundRule(rule);
  if (caller.kind !== "user" || caller.directory !== directory) return false;
  if (who === "everyone") return true;
  if (who.startsWith(groupPrefix)) return caller.groups.includes(who.slice(groupPrefix.length));
  return who.startsWith(userPrefix) && caller.email === who.slice(userPrefix.length);
}

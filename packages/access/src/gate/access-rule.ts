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
}

/** What of a portal says who comes in. */
export interface Gate {
  readonly slug: string;
  readonly directory: Directory;
  readonly access: readonly AccessRule[];
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

/** The rule in one spelling: what is equal is written alike. */
export function toPlainRule({ who, classes, servers }: AccessRule): AccessRule {
  return {
    who,
    classes: toolClasses.filter((toolClass) => classes.includes(toolClass)),
    ...(servers && { servers: [...new Set(servers)].toSorted() }),
  };
}

/** Whom rules call a group. */
export function groupWho(name: string): string {
  return `${groupPrefix}${name}`;
}

/** What the rules of the gate give to a person (not looking at scopes), or to the public. */
export function rightsByRules(gate: Gate, principal: RuledCaller): Rights {
  return gate.access.reduce(
    (rights, rule) =>
      fits(rule, gate, principal) ? rights.or(Rights.of(rule.classes, rule.servers)) : rights,
    Rights.none,
  );
}

/** Whether somebody comes in without a token. */
export function takesPublic(gate: Gate): boolean {
  return !rightsByRules(gate, { kind: "public" }).isNone;
}

/** What rules look at. */
export type RuledCaller =
  | { readonly kind: "service" | "public" }
  | Pick<Extract<Principal, { kind: "user" }>, "kind" | "directory" | "groups" | "email">;

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

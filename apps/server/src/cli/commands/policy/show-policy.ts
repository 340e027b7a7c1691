/** A rule for people. */
import type { Policy, SavedPolicy } from "@castellan/client";
import { selectorText, type Selector } from "../../input/selector.ts";
import { clean } from "../../output/clean.ts";
import { printDetails } from "../../output/table.ts";
import { localTime, spanText } from "../../output/times.ts";
import { show, type Session } from "../../session.ts";
import type { Style } from "../../terminal.ts";

const deeds = { allow: "allow", block: "block", require_approval: "require approval" } as const;
const styles = { allow: "green", block: "red", require_approval: "yellow" } as const;

type Shown = Pick<Policy, "action" | "isEnabled">;

export function deedText({ action }: Pick<Policy, "action">): string {
  return deeds[action];
}

export function styleOf({ action, isEnabled }: Shown): Style {
  return isEnabled ? styles[action] : "dim";
}

/** `portal team, server okrs, write` */
export function placeText({ at }: Pick<Policy, "at">): string {
  const list = (word: string, names: readonly string[] | undefined) =>
    names === undefined ? [] : [`${word}${names.length === 1 ? "" : "s"} ${names.join(", ")}`];
  const places = [
    ...list("portal", at.portals),
    ...list("server", at.servers),
    ...(at.classes === undefined ? [] : [`${at.classes.join(" or ")} tools`]),
    ...list("tool", at.tools),
  ];
  return places.join("; ") || "everywhere";
}

export function showPolicy(session: Session, rule: Policy | SavedPolicy): void {
  const { terminal } = session;
  const lines = (selectors: readonly Selector[], word: string) =>
    selectors.length === 0 ? undefined : selectors.map(selectorText).join(` ${word} `);
  const { stepUp, purpose, approval } = rule;
  const time = (at: string | undefined) => at && localTime(at).slice(0, -4);
  show(session, rule, () =>
    printDetails(
      {
        Rule: rule.name,
        Does: `${deedText(rule)}${rule.isEnabled ? "" : " (disabled)"}`,
        For: rule.description || undefined,
        At: placeText(rule),
        Level: rule.level,
        Include: lines(rule.include, "or"),
        Require: lines(rule.require, "and"),
        Exclude: lines(rule.exclude, "or"),
        "Step-up":
          stepUp &&
          `proved within ${spanText(stepUp.withinSeconds)}, by ${stepUp.methods?.join(" or ") ?? "a second factor"}`,
        Purpose: purpose && `must be said; ${holdsText(purpose.holdsSeconds)}`,
        "Decided by": approval && decidersText(approval.deciders),
        "Waits for": approval && spanText(approval.expiresSeconds ?? 86_400),
        Reminds:
          approval?.remindSeconds === undefined ? undefined : `after ${spanText(approval.remindSeconds)}`,
        "A yes": approval && holdsText(approval.holdsSeconds ?? 0),
        Starts: time(rule.startsAt),
        Ends: time(rule.endsAt),
        "Managed by": rule.managedBy,
      },
      terminal,
    ),
  );
  if ("warnings" in rule) for (const warning of rule.warnings) terminal.note(clean(`Note: ${warning}`));
}

export function decidersText({
  self,
  groups = [],
  people = [],
}: NonNullable<Policy["approval"]>["deciders"]): string {
  const all = [...(self ? ["whoever asks"] : []), ...groups.map((name) => `group ${name}`), ...people];
  return all.join(", ") || "nobody";
}

function holdsText(seconds: number): string {
  return seconds === 0 ? "for one call" : `holds for ${spanText(seconds)}`;
}

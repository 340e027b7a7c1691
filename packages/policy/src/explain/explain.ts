/**
 * A decision worked out the long way, straight from the rules: no index, nothing kept, nothing skipped. It is what an
 * admin is told, and what the quick way is tested against.
 */
import { levels, levelOf, type Attachment, type Rule } from "../rules/rule.ts";
import type { Caller, Connection, Place, Use } from "../facts/facts.ts";
import { demandsOf } from "../decide/level.ts";
import type { Decision, Demand, LevelDecision } from "../decide/decision.ts";
import type { Moment } from "../selectors/definition.ts";
import type { Fit } from "../selectors/fit.ts";
import { asApplied } from "../rules/unusable.ts";
import { readySelector, selectorWords } from "../selectors/selectors.ts";
import type { ExplainedRule, ExplainedSelector, Explanation } from "./explanation.ts";

export function explain(
  rules: readonly Rule[],
  caller: Caller,
  connection: Connection,
  use: Use,
): Explanation {
  const moment: Moment = { caller, connection, portal: use.portal, nowMs: use.nowMs, use };
  const here = rules.filter(({ at }) => isAttachedTo(at, use)).map(asApplied);
  const explained = here.map((rule) => explainRule(rule, moment));
  const results = levels.map((level) => {
    const ofLevel = here.flatMap((rule, index) => {
      const as = explained[index];
      return as?.level === level && rule.isEnabled ? [{ rule, as }] : [];
    });
    return decide(
      level,
      ofLevel.toSorted((a, b) => byName(a.rule, b.rule)),
    );
  });
  const outcomes = new Set(results.map(({ decision }) => decision.outcome));
  const outcome = outcomes.has("deny") ? "deny" : outcomes.has("ask") ? "ask" : "allow";
  const decision: Decision = {
    outcome,
    levels: results.map((result) => result.decision),
    demands: outcome === "ask" ? results.flatMap(({ demands }) => demands) : [],
  };
  const order = (a: ExplainedRule, b: ExplainedRule) =>
    levels.indexOf(a.level) - levels.indexOf(b.level) || byName(a, b);
  return { decision, rules: explained.toSorted(order), elsewhere: rules.length - here.length };
}

export function isAttachedTo({ portals, servers, classes, tools }: Attachment, place: Place): boolean {
  if (portals !== undefined && !portals.includes(place.portal)) return false;
  if (servers !== undefined && !servers.includes(place.server)) return false;
  if (classes !== undefined && !classes.includes(place.class)) return false;
  return tools === undefined || (place.tool !== undefined && tools.includes(place.tool));
}

function explainRule(rule: Rule, moment: Moment): ExplainedRule {
  const { name, action } = rule;
  const selectors = (["include", "require", "exclude"] as const).flatMap((part) =>
    rule[part].map((selector): ExplainedSelector => {
      const { matcher, problem } = readySelector(selector);
      const { connection, caller } = moment;
      const fits =
        matcher.time === "who"
          ? matcher.match(caller)
          : matcher.time === "where"
            ? matcher.match(connection, caller)
            : matcher.match(moment);
      const words =
        problem === undefined ? selectorWords(selector) : `it cannot be applied any more: ${problem}`;
      return { part, selector, fits, words };
    }),
  );
  const fits = ruleFits(selectors);
  const state = stateOf(rule, moment.nowMs);
  const effect = state === "in_force" ? effectOf(rule, fits) : "none";
  return { name, action, level: levelOf(rule.at), state, fits, effect, selectors };
}

function effectOf(rule: Rule, fits: Fit): ExplainedRule["effect"] {
  if (fits === "no") return "none";
  if (rule.action === "block") return "blocks";
  if (demandsOf(rule).length > 0) return "asks";
  return fits === "yes" ? "allows" : "none";
}

function ruleFits(selectors: readonly ExplainedSelector[]): Fit {
  const of = (part: ExplainedSelector["part"]) =>
    selectors.filter((selector) => selector.part === part).map(({ fits }) => fits);
  const [include, require, exclude] = [of("include"), of("require"), of("exclude")];
  if (include.every((fits) => fits === "no")) return "no";
  if (require.includes("no") || exclude.includes("yes")) return "no";
  const isSure =
    include.includes("yes") && require.every((fits) => fits === "yes") && !exclude.includes("unknown");
  return isSure ? "yes" : "unknown";
}

function stateOf({ isEnabled, startsAt, endsAt }: Rule, nowMs: number): ExplainedRule["state"] {
  if (!isEnabled) return "disabled";
  if (startsAt !== undefined && nowMs < startsAt.getTime()) return "not_yet";
  return endsAt !== undefined && nowMs >= endsAt.getTime() ? "over" : "in_force";
}

function decide(
  level: LevelDecision["level"],
  rules: readonly { readonly rule: Rule; readonly as: ExplainedRule }[],
): { readonly decision: LevelDecision; readonly demands: readonly Demand[] } {
  const named = (effect: ExplainedRule["effect"]) => rules.filter(({ as }) => as.effect === effect);
  const names = (some: typeof rules) => some.map(({ rule }) => rule.name);
  const blocking = named("blocks");
  if (blocking.length > 0) {
    return { decision: { level, outcome: "deny", why: "blocked", rules: names(blocking) }, demands: [] };
  }
  const asking = named("asks");
  const allowing = named("allows");
  const closing = names(rules.filter(({ rule }) => rule.action === "allow"));
  if (closing.length > 0 && ![...asking, ...allowing].some(({ as }) => as.fits === "yes")) {
    const decision = { level, outcome: "deny", why: "not_allowed", rules: [], allowing: closing } as const;
    return { decision, demands: [] };
  }
  if (asking.length > 0) {
    const demands = asking.flatMap(({ rule }) => demandsOf(rule));
    return { decision: { level, outcome: "ask", why: "asked", rules: names(asking) }, demands };
  }
  if (allowing.length > 0) {
    return { decision: { level, outcome: "allow", why: "allowed", rules: names(allowing) }, demands: [] };
  }
  return { decision: { level, outcome: "allow", why: "inherited", rules: [] }, demands: [] };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Rules made ready: each selector once, however many rules have it, and each rule as the numbers of its selectors. */
import { levelOf, type Level, type Rule } from "../rules/rule.ts";
import type { Selector } from "../rules/selector.ts";
import type { WhatMatch, WhereMatch, WhoMatch } from "../selectors/definition.ts";
import { asApplied } from "../rules/unusable.ts";
import { readySelector } from "../selectors/selectors.ts";

/** When what a selector looks at is known: each is looked at as early as can be, and kept for as long as it holds. */
export const stages = ["who", "where", "posture", "now", "call"] as const;
export type Stage = (typeof stages)[number];

export interface Program {
  /** Enabled ones only, sorted by name. */
  readonly rules: readonly RuleProgram[];
  readonly who: readonly WhoMatch[];
  /** Those of the stages `where` and `posture`. */
  readonly where: readonly WhereMatch[];
  /** The evaluator that a selector of `posture` asks, by the selector's number. */
  readonly evaluators: ReadonlyMap<number, string>;
  /** Those of the stages `now` and `call`. */
  readonly what: readonly WhatMatch[];
}

export interface RuleProgram extends Readonly<Record<Stage, Parts>> {
  readonly rule: Rule;
  readonly level: Level;
  readonly isAllow: boolean;
  /** Its place among the program's rules. */
  readonly index: number;
  /** What is left after the stages up to this one. */
  readonly after: Readonly<Record<"who" | "where" | "posture" | "now", Left>>;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** What selectors that have not been looked at can still do to a rule. */
export interface Left {
  /** There are included ones: they can make it fit. */
  readonly widens: boolean;
  /** There are required or excluded ones: they can keep it from fitting. */
  readonly narrows: boolean;
}

/** Selectors by their numbers. */
export interface Parts {
  readonly include: readonly number[];
  readonly require: readonly number[];
  readonly exclude: readonly number[];
  readonly isEmpty: boolean;
}

interface Place {
  readonly stage: Stage;
  readonly number: number;
}

export function createProgram(rules: readonly Rule[]): Program {
  const who: WhoMatch[] = [];
  const where: WhereMatch[] = [];
  const evaluators = new Map<number, string>();
  const what: WhatMatch[] = [];
  const places = new Map<string, Place>();

  function placeOf(selector: Selector): Place {
    const text = JSON.stringify(selector);
    let place = places.get(text);
    if (place === undefined) places.set(text, (place = add(selector)));
    return place;
  }

  function add(selector: Selector): Place {
    const { matcher } = readySelector(selector);
    if (matcher.time === "who") return { stage: "who", number: who.push(matcher.match) - 1 };
    if (matcher.time === "what") {
      return { stage: matcher.needsCall ? "call" : "now", number: what.push(matcher.match) - 1 };
    }
    const number = where.push(matcher.match) - 1;
    if (!("posture" in selector)) return { stage: "where", number };
    evaluators.set(number, selector.posture);
    return { stage: "posture", number };
  }

  function ruleProgram(stored: Rule, index: number): RuleProgram {
    const rule = asApplied(stored);
    const include = rule.include.map(placeOf);
    const require = rule.require.map(placeOf);
    const exclude = rule.exclude.map(placeOf);
    const partsAt = (stage: Stage): Parts => {
      const numbers = (some: readonly Place[]) =>
        some.flatMap((place) => (place.stage === stage ? place.number : []));
      const parts = { include: numbers(include), require: numbers(require), exclude: numbers(exclude) };
      return { ...parts, isEmpty: Object.values(parts).every(({ length }) => length === 0) };
    };
    const parts = {
      who: partsAt("who"),
      where: partsAt("where"),
      posture: partsAt("posture"),
      now: partsAt("now"),
      call: partsAt("call"),
    };
    const leftAfter = (stage: Stage): Left => {
      const left = stages.slice(stages.indexOf(stage) + 1).map((later) => parts[later]);
      return {
        widens: left.some(({ include: some }) => some.length > 0),
        narrows: left.some(({ require: some, exclude: others }) => some.length > 0 || others.length > 0),
      };
    };
    return {
      rule,
      index,
      level: levelOf(rule.at),
      isAllow: rule.action === "allow",
      ...parts,
      after: {
        who: leftAfter("who"),
        where: leftAfter("where"),
        posture: leftAfter("posture"),
        now: leftAfter("now"),
      },
      startsAtMs: rule.startsAt?.getTime() ?? -Infinity,
      endsAtMs: rule.endsAt?.getTime() ?? Infinity,
    };
  }

  const sorted = rules.filter(({ isEnabled }) => isEnabled).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { rules: sorted.map(ruleProgram), who, where, evaluators, what };
}

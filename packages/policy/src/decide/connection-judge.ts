/** Decides for one caller who comes by one connection. */
import type { Connection, Place, Use } from "../facts/facts.ts";
import { levels, type Level } from "../rules/rule.ts";
import type { Moment } from "../selectors/definition.ts";
import { outcomes, type Decision, type Outcome } from "./decision.ts";
import type { Judge } from "./judge.ts";
import { toDegree, type KnownCaller } from "./known-caller.ts";
import { conclude, tallyOf, together, type LevelResult, type Tally } from "./level.ts";
import { advance, degreeOf, leastOf, mostOf, notAsked, type Degree } from "./partial.ts";
import type { Left, RuleProgram } from "./program.ts";
import { hasDates, isInForce, standingOf, type Standing } from "./standing.ts";
import { viewKeyOf } from "./view-key.ts";

export interface ConnectionJudge extends Judge {
  posturesWanted(portal: string | undefined): readonly string[];
}

/** Rules that are attached to one place on one level: attachments share the lists, which are therefore keys. */
type Rules = readonly RuleProgram[];

/** The rules of a list, apart by whether a call and its moment can still make a difference to them. */
interface Split {
  readonly settled: Tally;
  readonly open: Rules;
}

// As many lists as one caller meets; more only when attachments were forgotten and are others now.
const maxLists = 20_000;

export function createConnectionJudge(known: KnownCaller, connection: Connection): ConnectionJudge {
  const { program, attachments, caller } = known;
  const degrees = new Uint8Array(program.where.length).fill(notAsked);
  const partials = new Uint8Array(program.rules.length).fill(notAsked);
  const splits = new Map<Rules, Split>();
  const shown = new Map<Rules, boolean>();
  const reachable = new Map<Rules, boolean>();
  const viewKeys = new Map<string, string>();
  // Whoever asks how mildly a use could have come out has most often just had it decided, and nothing was unknown.
  let lastSure: { readonly use: Use; readonly outcome: Outcome } | undefined;

  const whereDegree = (selector: number): number => {
    if (degrees[selector] === notAsked)
      degrees[selector] = toDegree(program.where[selector]?.(connection, caller));
    return degrees[selector] as number;
  };

  /** How far the rule has got by who and where. */
  function partialOf(rule: RuleProgram): number {
    let partial = partials[rule.index] as number;
    if (partial === notAsked) {
      partial = advance(advance(known.partialOf(rule), rule.where, whereDegree), rule.posture, whereDegree);
      partials[rule.index] = partial;
    }
    return partial;
  }

  function splitOf(rules: Rules): Split {
    return kept(splits, rules, () => {
      const settled: RuleProgram[] = [];
      const open: RuleProgram[] = [];
      const closing: string[] = [];
      for (const rule of rules) {
        const partial = partialOf(rule);
        if (rule.isAllow) closing.push(rule.rule.name);
        if (mostOf(partial, rule.after.posture) === 0) continue;
        // What is unknown stays open: a simulation asks what else it could have been.
        const isSettled = leastOf(partial, rule.after.posture) === 2 && !hasDates(rule);
        (isSettled ? settled : open).push(rule);
      }
      return { settled: { ...tallyOf(settled, () => "sure"), closing }, open };
    });
  }

  /** Of what is known only now: each selector at most once. */
  function momentDegree(moment: Moment): (selector: number) => number {
    let asked: Uint8Array | undefined;
    return (selector) => {
      asked ??= new Uint8Array(program.what.length).fill(notAsked);
      if (asked[selector] === notAsked) asked[selector] = toDegree(program.what[selector]?.(moment));
      return asked[selector] as number;
    };
  }

  function decideLevels(
    use: Use,
    standing: (rule: RuleProgram, degree: Degree) => Standing,
  ): readonly LevelResult[] {
    const { portal, nowMs } = use;
    const whatDegree = momentDegree({ caller, connection, portal, nowMs, use });
    const attached = attachments.at(use);
    const standingNow = (rule: RuleProgram): Standing => {
      if (!isInForce(rule, nowMs)) return "no";
      const partial = advance(advance(partialOf(rule), rule.now, whatDegree), rule.call, whatDegree);
      return standing(rule, degreeOf(partial));
    };
    return levels.map((level: Level) => {
      const { settled, open } = splitOf(attached[level]);
      return conclude(level, open.length === 0 ? settled : together(settled, tallyOf(open, standingNow)));
    });
  }

  /** Whatever a call and its moment are; with the moment of compiling, for as long as that holds. */
  function lasting(rule: RuleProgram, partial: number, left: Left): Standing {
    if (known.nowMs !== undefined && !isInForce(rule, known.nowMs)) return "no";
    const standing = standingOf(rule, leastOf(partial, left), mostOf(partial, left));
    return known.nowMs === undefined && hasDates(rule) && standing === "sure" ? "possible" : standing;
  }

  const byWhoAndWhere = (rule: RuleProgram) => lasting(rule, partialOf(rule), rule.after.posture);
  const byWho = (rule: RuleProgram) => lasting(rule, known.partialOf(rule), rule.after.who);

  function isOpen(
    place: Place,
    answers: Map<Rules, boolean>,
    standing: (rule: RuleProgram) => Standing,
  ): boolean {
    const attached = attachments.at(place);
    return levels.every((level) =>
      kept(
        answers,
        attached[level],
        (rules) => conclude(level, tallyOf(rules, standing)).decision.outcome !== "deny",
      ),
    );
  }

  return {
    enter(portal, nowMs) {
      const whatDegree = momentDegree({ caller, connection, portal, nowMs, use: undefined });
      const tally = tallyOf(attachments.ofPortal(portal), (rule) => {
        if (!isInForce(rule, nowMs)) return "no";
        const partial = advance(partialOf(rule), rule.now, whatDegree);
        return standingOf(rule, leastOf(partial, rule.after.now), mostOf(partial, rule.after.now));
      });
      return decisionOf([conclude("portal", tally)]);
    },
    decide(use) {
      let isSure = true;
      const results = decideLevels(use, (rule, degree) => {
        isSure &&= degree !== 1;
        return standingOf(rule, degree, degree);
      });
      const decision = decisionOf(results);
      lastSure = isSure ? { use, outcome: decision.outcome } : undefined;
      return decision;
    },
    mildest(use) {
      if (lastSure?.use === use) return lastSure.outcome;
      return strictest(
        decideLevels(use, (rule, degree) =>
          degree === 1 ? standingOf(rule, 0, 2) : standingOf(rule, degree, degree),
        ),
      );
    },
    mayShow: (place) => isOpen(place, shown, byWhoAndWhere),
    isKnown: (place) => isOpen(place, reachable, byWho),
    viewKey: (portal) =>
      kept(viewKeys, portal, () => viewKeyOf(attachments.touching(portal), [byWhoAndWhere, byWho])),
    posturesWanted(portal) {
      if (program.evaluators.size === 0) return [];
      const wanted = new Set<string>();
      for (const rule of portal === undefined ? program.rules : attachments.touching(portal)) {
        if (rule.posture.isEmpty) continue;
        const partial = advance(known.partialOf(rule), rule.where, whereDegree);
        if (mostOf(partial, rule.after.where) === 0) continue;
        const { include, require, exclude } = rule.posture;
        const isIncluded = (partial & 3) === 2;
        for (const selector of [...(isIncluded ? [] : include), ...require, ...exclude]) {
          const evaluator = program.evaluators.get(selector) as string;
          if (!Object.hasOwn(connection.postures, evaluator)) wanted.add(evaluator);
        }
      }
      return [...wanted].toSorted();
    },
  };
}

function decisionOf(results: readonly LevelResult[]): Decision {
  const outcome = strictest(results);
  return {
    outcome,
    levels: results.map(({ decision }) => decision),
    demands: outcome === "ask" ? results.flatMap(({ demands }) => demands) : [],
  };
}

function strictest(results: readonly LevelResult[]): Outcome {
  let index = 0;
  for (const { decision } of results) index = Math.max(index, outcomes.indexOf(decision.outcome));
  return outcomes[index] ?? "deny";
}

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    if (map.size >= maxLists) map.clear();
    map.set(key, (value = make(key)));
  }
  return value;
}

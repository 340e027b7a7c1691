import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explain } from "../explain/explain.ts";
import type { Caller, Connection, Use } from "../facts/facts.ts";
import type { Rule } from "../rules/rule.ts";
import {
  anyCaller,
  anyConnection,
  anyPostures,
  anyRule,
  anyRules,
  anySelector,
  anyUse,
  noonMs,
} from "../testing/arbitraries.ts";
import { ruleOf } from "../testing/rule-of.ts";
import { compilePolicies } from "./compile.ts";
import { outcomes, type Decision, type Outcome } from "./decision.ts";

const runs = { numRuns: 400 };

function decide(rules: readonly Rule[], caller: Caller, connection: Connection, use: Use): Decision {
  return compilePolicies(rules).judge(caller, connection).decide(use);
}

function strictness(outcome: Outcome): number {
  return outcomes.indexOf(outcome);
}

describe("what rules come to", () => {
  test("the quick way and the long way come to the same, whichever judge was asked what before", () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.array(fc.tuple(anyCaller, anyConnection, anyUse), { minLength: 1 }),
        (rules, asked) => {
          const policies = compilePolicies(rules, { nowMs: noonMs });
          for (const [caller, connection, use] of asked) {
            const quick = policies.judge(caller, connection).decide(use);
            expect(quick).toEqual(explain(rules, caller, connection, use).decision);
          }
        },
      ),
      runs,
    );
  });

  test("order never matters", () => {
    const shuffled = anyRules.chain((rules) =>
      fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
    );
    fc.assert(
      fc.property(shuffled, anyCaller, anyConnection, anyUse, ([rules, others], caller, connection, use) => {
        expect(decide(others, caller, connection, use)).toEqual(decide(rules, caller, connection, use));
      }),
      runs,
    );
  });

  test("a block that fits wins over everything else", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const block = ruleOf({ name: "a-block", action: "block", at: { portals: [use.portal] } });
        const decision = decide([...rules, block], caller, connection, use);
        expect([decision.outcome, decision.demands]).toEqual(["deny", []]);
        expect(decision.levels[0]?.rules).toContain("a-block");
      }),
      runs,
    );
  });

  test("on a level with rules that allow, whoever none of them allows is denied", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const { decision, rules: explained } = explain(rules, caller, connection, use);
        for (const { level, outcome } of decision.levels) {
          const ofLevel = explained.filter((rule) => rule.level === level && rule.state !== "disabled");
          const lets = ofLevel.filter(({ action }) => action !== "block");
          const mayPass =
            lets.every(({ action }) => action !== "allow") ||
            lets.some(({ fits, state }) => fits === "yes" && state === "in_force");
          const isBlocked = ofLevel.some(({ effect }) => effect === "blocks");
          expect(outcome === "deny").toBe(isBlocked || !mayPass);
        }
      }),
      runs,
    );
  });

  test("all levels must allow: together they come to the strictest", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const { outcome, levels } = decide(rules, caller, connection, use);
        expect(strictness(outcome)).toBe(Math.max(...levels.map((level) => strictness(level.outcome))));
      }),
      runs,
    );
  });

  test("a rule on a narrower level never widens what the wider ones refuse", () => {
    const narrow = anyRule("narrow").filter(({ at }) => at.servers !== undefined || at.classes !== undefined);
    fc.assert(
      fc.property(
        anyRules,
        narrow,
        anyCaller,
        anyConnection,
        anyUse,
        (rules, rule, caller, connection, use) => {
          const before = decide(rules, caller, connection, use);
          const after = decide([...rules, rule], caller, connection, use);
          expect(after.levels[0]).toEqual(before.levels[0]);
          if (before.levels[0]?.outcome === "deny") expect(after.outcome).toBe("deny");
        },
      ),
      runs,
    );
  });

  test("a first rule on a level, whatever it is, never widens", () => {
    fc.assert(
      fc.property(anyRule("only"), anyCaller, anyConnection, anyUse, (rule, caller, connection, use) => {
        const without = decide([], caller, connection, use);
        expect(without.levels.map(({ why }) => why)).toEqual(["inherited", "inherited", "inherited"]);
        const { outcome } = decide([rule], caller, connection, use);
        expect(strictness(outcome)).toBeGreaterThanOrEqual(strictness(without.outcome));
      }),
      runs,
    );
  });

  test("one more require or exclude never makes an allow rule allow more", () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.nat(),
        anySelector,
        fc.constantFrom<"require" | "exclude">("require", "exclude"),
        fc.tuple(anyCaller, anyConnection, anyUse),
        (rules, at, selector, part, [caller, connection, use]) => {
          const rule = rules[at % rules.length];
          fc.pre(rule?.action === "allow" && rule.stepUp === undefined && rule.purpose === undefined);
          const narrower = rules.map((other) =>
            other === rule ? { ...rule, [part]: [...rule[part], selector] } : other,
          );
          const before = decide(rules, caller, connection, use).outcome;
          const after = decide(narrower, caller, connection, use).outcome;
          expect(strictness(after)).toBeGreaterThanOrEqual(strictness(before));
        },
      ),
      runs,
    );
  });

  test("an end that passes never widens what allow rules give", () => {
    const allows = anyRules.map((rules) =>
      rules.filter(
        ({ action, stepUp, purpose }) => action === "allow" && stepUp === undefined && purpose === undefined,
      ),
    );
    fc.assert(
      fc.property(allows, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const forever = rules.map((rule) => ({ ...rule, endsAt: undefined }));
        const with_ = decide(forever, caller, connection, use).outcome;
        expect(strictness(decide(rules, caller, connection, use).outcome)).toBeGreaterThanOrEqual(
          strictness(with_),
        );
      }),
      runs,
    );
  });

  test("what is not known comes to the strictest that it may be, and its mildest is told", () => {
    fc.assert(
      fc.property(
        anyRules,
        anyCaller,
        anyConnection,
        anyUse,
        anyPostures,
        (rules, caller, connection, use, postures) => {
          fc.pre(use.arguments !== undefined);
          const unasked = { ...connection, postures: {} };
          const unrecorded = { ...use, arguments: undefined };
          const judge = compilePolicies(rules).judge(caller, unasked);
          const strict = strictness(judge.decide(unrecorded).outcome);
          const known = strictness(decide(rules, caller, { ...connection, postures }, use).outcome);
          expect(strict).toBeGreaterThanOrEqual(known);
          expect(strictness(judge.mildest(unrecorded))).toBeLessThanOrEqual(known);
        },
      ),
      runs,
    );
  });

  test("demands are those of all rules that ask, of every level, and only then", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const { outcome, levels, demands } = decide(rules, caller, connection, use);
        const asking = levels.flatMap((level) => (level.why === "asked" ? level.rules : []));
        expect(new Set(demands.map(({ rule }) => rule))).toEqual(new Set(outcome === "ask" ? asking : []));
      }),
      runs,
    );
  });

  test("disabled rules do not exist", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const enabled = rules.filter(({ isEnabled }) => isEnabled);
        expect(decide(rules, caller, connection, use)).toEqual(decide(enabled, caller, connection, use));
      }),
      runs,
    );
  });
});

describe("what is told before there is a call", () => {
  test("what is not shown gets through with no arguments and at no time", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const judge = compilePolicies(rules).judge(caller, connection);
        if (!judge.mayShow(use)) expect(judge.decide(use).outcome).toBe("deny");
      }),
      runs,
    );
  });

  test("with a moment, that holds until rules begin or end; and dates hide what nobody may use now", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const policies = compilePolicies(rules, { nowMs: noonMs });
        fc.pre(use.nowMs >= noonMs && use.nowMs < (policies.changesAtMs ?? Infinity));
        const judge = policies.judge(caller, connection);
        if (!judge.mayShow(use)) expect(judge.decide(use).outcome).toBe("deny");
        if (!judge.isKnown(use)) expect(judge.decide(use).outcome).toBe("deny");
      }),
      runs,
    );
  });

  test("what is not known to somebody gets through from nowhere, and is not shown", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, fc.array(anyConnection), anyUse, (rules, caller, connections, use) => {
        const policies = compilePolicies(rules);
        for (const connection of connections) {
          const judge = policies.judge(caller, connection);
          if (judge.isKnown(use)) continue;
          expect([judge.mayShow(use), judge.decide(use).outcome]).toEqual([false, "deny"]);
        }
      }),
      runs,
    );
  });

  test("what looks at nothing but who and where is shown exactly if it is not denied", () => {
    const still = anyRules.map((rules) =>
      rules
        .filter((rule) => !/time"|call|now/.test(JSON.stringify([rule.include, rule.require, rule.exclude])))
        .map((rule) => ({ ...rule, startsAt: undefined, endsAt: undefined })),
    );
    fc.assert(
      fc.property(still, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const judge = compilePolicies(rules).judge(caller, connection);
        expect(judge.mayShow(use)).toBe(judge.decide(use).outcome !== "deny");
      }),
      runs,
    );
  });

  test("those with the same key are shown the same", () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRules,
        fc.array(fc.tuple(anyCaller, anyConnection), { minLength: 2, maxLength: 6 }),
        fc.array(anyUse, { minLength: 1 }),
        (rules, others, callers, places) => {
          const seen = new Map<string, unknown>();
          for (const policies of [compilePolicies(rules), compilePolicies(others)]) {
            for (const [caller, connection] of callers) {
              const judge = policies.judge(caller, connection);
              for (const portal of ["office", "public"]) {
                const key = `${portal} ${judge.viewKey(portal)}`;
                const here = places.filter((place) => place.portal === portal);
                const shown = here.map((place) => [judge.mayShow(place), judge.isKnown(place)]);
                expect(seen.get(key) ?? shown).toEqual(shown);
                seen.set(key, shown);
              }
            }
          }
        },
      ),
      runs,
    );
  });

  test("who may not enter gets no call through", () => {
    fc.assert(
      fc.property(anyRules, anyCaller, anyConnection, anyUse, (rules, caller, connection, use) => {
        const judge = compilePolicies(rules).judge(caller, connection);
        const entered = judge.enter(use.portal, use.nowMs);
        const decided = judge.decide(use);
        expect(entered.levels.map(({ level }) => level)).toEqual(["portal"]);
        expect(strictness(entered.outcome)).toBeLessThanOrEqual(strictness(decided.outcome));
        const looksAtCall = rules.some((rule) => /call/.test(JSON.stringify(rule)));
        if (!looksAtCall) expect(entered.levels).toEqual(decided.levels.slice(0, 1));
      }),
      runs,
    );
  });

  test("an evaluator that is not wanted could say what it likes", () => {
    fc.assert(
      fc.property(
        anyRules,
        anyCaller,
        anyConnection,
        anyUse,
        anyPostures,
        (rules, caller, connection, use, answers) => {
          const policies = compilePolicies(rules);
          const wanted = policies.posturesWanted(caller, connection, use.portal);
          expect(policies.posturesWanted(caller, connection)).toEqual(expect.arrayContaining([...wanted]));
          for (const slug of wanted) {
            expect(connection.postures).not.toHaveProperty(slug);
            delete answers[slug];
          }
          const answered = { ...connection, postures: { ...answers, ...connection.postures } };
          const before = policies.judge(caller, connection);
          const after = policies.judge(caller, answered);
          expect(after.decide(use)).toEqual(before.decide(use));
          expect([after.mayShow(use), after.viewKey(use.portal)]).toEqual([
            before.mayShow(use),
            before.viewKey(use.portal),
          ]);
        },
      ),
      runs,
    );
  });
});

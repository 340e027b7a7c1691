/** What the rules come to by who is calling alone. */
import type { Caller } from "../facts/facts.ts";
import type { Fit } from "../selectors/fit.ts";
import type { Attachments } from "./attachments.ts";
import { advance, notAsked, nothingYet, type Degree } from "./partial.ts";
import type { Program, RuleProgram } from "./program.ts";

export interface KnownCaller {
  readonly caller: Caller;
  readonly program: Program;
  readonly attachments: Attachments;
  /** From when on what is shown holds; undefined: at any time. */
  readonly nowMs: number | undefined;
  /** How far the rule has got. */
  partialOf(rule: RuleProgram): number;
}

export function createKnownCaller(given: Omit<KnownCaller, "partialOf">): KnownCaller {
  const { program, caller } = given;
  const degrees = new Uint8Array(program.who.length).fill(notAsked);
  const partials = new Uint8Array(program.rules.length).fill(notAsked);

  const degreeOf = (selector: number): number => {
    if (degrees[selector] === notAsked) degrees[selector] = toDegree(program.who[selector]?.(caller));
    return degrees[selector] as number;
  };

  return {
    ...given,
    partialOf(rule) {
      let partial = partials[rule.index] as number;
      if (partial === notAsked) {
        partial = advance(nothingYet, rule.who, degreeOf);
        partials[rule.index] = partial;
      }
      return partial;
    },
  };
}

export function toDegree(fit: Fit | undefined): Degree {
  if (fit === "yes") return 2;
  return fit === "no" ? 0 : 1;
}

/** What the rules come to by who is calling alone; and, for each connection they come by, a judge. */
import type { Caller, Connection } from "../facts/facts.ts";
import type { Fit } from "../selectors/fit.ts";
import type { Attachments } from "./attachments.ts";
import { createConnectionJudge, type ConnectionJudge } from "./connection-judge.ts";
import { advance, notAsked, nothingYet, type Degree } from "./partial.ts";
import type { Program, RuleProgram } from "./program.ts";

export interface CallerView {
  readonly caller: Caller;
  readonly program: Program;
  readonly attachments: Attachments;
  /** From when on what is shown holds; undefined: at any time. */
  readonly nowMs: number | undefined;
  at(connection: Connection): ConnectionJudge;
  /** How far the rule has got by who alone. */
  partialOf(rule: RuleProgram): number;
}

// One person has few ways to us at a time; those without a token share a caller, and have many.
const maxConnections = 32;

export function createCallerView(given: {
  readonly program: Program;
  readonly attachments: Attachments;
  readonly caller: Caller;
  readonly nowMs: number | undefined;
}): CallerView {
  const { program, caller } = given;
  const judges = new Map<string, ConnectionJudge>();
  const degrees = new Uint8Array(program.who.length).fill(notAsked);
  const partials = new Uint8Array(program.rules.length).fill(notAsked);

  const degreeOf = (selector: number): number => {
    if (degrees[selector] === notAsked) degrees[selector] = toDegree(program.who[selector]?.(caller));
    return degrees[selector] as number;
  };

  const view: CallerView = {
    ...given,
    at(connection) {
      const key = keyOf(connection);
      const known = judges.get(key);
      const judge = known ?? createConnectionJudge(view, connection);
      // The one that was used longest ago stands first, and goes first.
      if (known) judges.delete(key);
      else if (judges.size === maxConnections) judges.delete(judges.keys().next().value as string);
      judges.set(key, judge);
      return judge;
    },
    partialOf(rule) {
      let partial = partials[rule.index] as number;
      if (partial === notAsked) {
        partial = advance(nothingYet, rule.who, degreeOf);
        partials[rule.index] = partial;
      }
      return partial;
    },
  };
  return view;
}

export function toDegree(fit: Fit | undefined): Degree {
  if (fit === "yes") return 2;
  return fit === "no" ? 0 : 1;
}

/** All that rules can see of it. The common name, the only part that a stranger may have written, stands last. */
function keyOf({ address, country, certificate, postures }: Connection): string {
  let key = `${address} ${country}`;
  for (const slug of Object.keys(postures).toSorted()) key += ` ${slug}=${postures[slug]}`;
  if (certificate === undefined) return key;
  const { fingerprint, commonName } = certificate;
  return commonName === undefined ? `${key} ${fingerprint}` : `${key} ${fingerprint} ${commonName}`;
}

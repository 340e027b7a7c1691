/** Makes rules ready to be asked. */
import type { Caller, Connection } from "../facts/facts.ts";
import type { Rule } from "../rules/rule.ts";
import { createAttachments } from "./attachments.ts";
import { createJudges, type Judges } from "./judges.ts";
import type { Policies } from "./judge.ts";
import { createKnownCaller } from "./known-caller.ts";
import { createProgram } from "./program.ts";

interface CompileOptions {
  readonly nowMs?: number;
  /** For how many connections of a caller what is known is kept for the next call from there. */
  readonly keptConnections?: number;
}

// One person has few ways to us at a time; those without a token share a caller, and have many.
const maxConnections = 32;

/**
 * `nowMs` is the moment from which what judges show holds, until `changesAtMs`; without it a rule with dates counts there as
 * one that may be in force or not. Decisions always go by their own moment. Of a selector of which nothing can be made (a
 * store refuses those when they are saved) nobody can tell whether it fits: `unusableIn` says which those are.
 */
export function compilePolicies(
  rules: readonly Rule[],
  { nowMs, keptConnections = maxConnections }: CompileOptions = {},
): Policies {
  const program = createProgram(rules);
  const attachments = createAttachments(program.rules);
  // What is known of a caller lives as long as the caller.
  const callers = new WeakMap<Caller, Judges>();

  function judgesOf(caller: Caller): Judges {
    let judges = callers.get(caller);
    if (judges === undefined) {
      judges = createJudges(createKnownCaller({ program, attachments, caller, nowMs }), keptConnections);
      callers.set(caller, judges);
    }
    return judges;
  }

  return {
    rules,
    changesAtMs: nowMs === undefined ? undefined : nextChange(rules, nowMs),
    judge: (caller: Caller, connection: Connection) => judgesOf(caller).at(connection),
    posturesWanted: (caller, connection, portal) => judgesOf(caller).at(connection).posturesWanted(portal),
  };
}

function nextChange(rules: readonly Rule[], nowMs: number): number | undefined {
  let next = Infinity;
  for (const { isEnabled, startsAt, endsAt } of rules) {
    if (!isEnabled) continue;
    for (const date of [startsAt, endsAt]) {
      if (date !== undefined && date.getTime() > nowMs) next = Math.min(next, date.getTime());
    }
  }
  return next === Infinity ? undefined : next;
}

/** What expressions see of a moment, made once for all of them. What is absent is left out: `has` says so, all else fails. */
import type { Caller, Connection, Use } from "../../facts/facts.ts";
import type { Moment } from "../definition.ts";
import { sizeOf, type Size } from "./size.ts";
import { folded, spellingsOf } from "./spellings.ts";
import type { Cost, Reading } from "./syntax.ts";

interface Facts {
  contextFor(reading: Reading): object;
}

// So that the arguments of a stranger keep us busy for a few milliseconds at most. Only those that an expression looks at
// count: a large document beside them does no harm.
const budgets: Readonly<Record<Cost, Size>> = {
  lookup: { values: 1_000, characters: 256 * 1024 },
  scan: { values: 1_000, characters: 8 * 1024 },
  product: { values: 200, characters: 2 * 1024 },
};

/** Of the moment that was asked about last: one decision asks all its expressions in a row. */
let last: { readonly moment: Moment; readonly facts: Facts } | undefined;
const callers = new WeakMap<Caller, object>();

export function factsOf(moment: Moment): Facts {
  if (last?.moment !== moment) last = { moment, facts: createFacts(moment) };
  return last.facts;
}

function createFacts({ caller, connection, nowMs, use }: Moment): Facts {
  const about = {
    caller: callerFacts(caller),
    connection: connectionFacts(connection),
    now: new Date(nowMs),
  };
  if (use === undefined) return { contextFor: () => about };
  const call = callFacts(use);
  const { arguments: given } = use;
  const without = { ...about, call };
  if (given === undefined) return { contextFor: () => without };
  const context = { ...about, call: { ...call, arguments: given } };
  const spellings = spellingsOf(Object.keys(given).slice(0, budgets.lookup.values + 1));
  const sizes = new Map<string, Size | undefined>();
  let all: Size | undefined | "unmeasured" = "unmeasured";

  function sizeOfArgument(name: string): Size | undefined {
    if (!sizes.has(name)) sizes.set(name, measure(name));
    return sizes.get(name);
  }

  function measure(name: string): Size | undefined {
    const key = folded(name);
    const isOther = spellings.has(key) && spellings.get(key) !== name;
    if (isOther || spellings.size > budgets.lookup.values) return undefined;
    return Object.hasOwn(given ?? {}, name) ? sizeOf(given?.[name], budgets.lookup) : nothing;
  }

  function isWithin({ arguments: wanted, cost }: Reading): boolean {
    const budget = budgets[cost];
    if (wanted === "all") {
      if (all === "unmeasured") all = sizeOf(given, budgets.lookup);
      return all !== undefined && all.values <= budget.values && all.characters <= budget.characters;
    }
    let { values, characters } = budget;
    for (const name of wanted) {
      const size = sizeOfArgument(name);
      if (size === undefined) return false;
      values -= size.values;
      characters -= size.characters;
    }
    return values >= 0 && characters >= 0;
  }

  return { contextFor: (reading) => (isWithin(reading) ? context : without) };
}

const nothing: Size = { values: 0, characters: 0 };

function callerFacts(caller: Caller): object {
  let facts = callers.get(caller);
  if (facts === undefined) {
    const { kind, id, email, groups, provider, amr, claims, clientId } = caller;
    facts = withoutAbsent({ kind, id, email, groups, provider, amr, claims, client: clientId });
    callers.set(caller, facts);
  }
  return facts;
}

function connectionFacts({ address, country, certificate }: Connection): object {
  return withoutAbsent({
    address: address === "" ? undefined : address,
    country,
    certificate: certificate && withoutAbsent({ ...certificate }),
  });
}

function callFacts({ portal, server, class: of, tool, method }: Use): object {
  return withoutAbsent({ portal, server, class: of, tool, method });
}

function withoutAbsent(facts: Record<string, unknown>): object {
  for (const name of Object.keys(facts)) if (facts[name] === undefined) delete facts[name];
  return facts;
}

/**
 * Lets a call to a server through, or says whose limit keeps it out. Places first: they cost nothing, and a call that
 * finds none takes nothing of a rate.
 */
import type { Principal } from "@castellan/access";
import { Concurrency, type RateLimiter, type Taken } from "@castellan/limits";
import type { Capability } from "../catalog/scope.ts";
import { callFaults } from "../faults.ts";
import type { CallLimits } from "../servers/server-limits.ts";
import { personRules, rulesFor, type CallRules, type LimitRule } from "./rules.ts";

/** Calls of a caller under way at one server, on each replica, where no admin has said how many. */
export const maxUnderWay = 64;

/** Calls of a caller that wait for a person's decision, on each replica: they take no place of those under way. */
const maxWaiting = 64;

/** Calls of portals' own tools that a caller has under way, on each replica: they are work of this house. */
const maxOwnUnderWay = 8;

export interface CallLimiter {
  /**
   * Takes a place, and of each rate a permit. Disposing of what comes back frees the place. A promise only where a
   * rate has to be asked for. Throws `calls_limited`, `rate_limited`, and the faults of the database.
   */
  admit(principal: Pick<Principal, "id">, capability: Capability): Disposable | Promise<Disposable>;
  /** Takes a place for a call of a tool of a portal's own, which may leave it while it waits for a person. Throws `calls_limited`. */
  admitOwn(principal: Pick<Principal, "id">): OwnPlace;
  /** Takes a place for a call that waits for a person's decision. Throws `calls_limited`. */
  admitWaiting(principal: Pick<Principal, "id">): Disposable;
  /** How long a call may take, if an admin has said. */
  timeoutOf(capability: Capability): CallRules["timeout"];
  /** Calls to servers that are under way on this replica. */
  readonly underWay: number;
}

/** Disposing of it gives it up for good. */
export interface OwnPlace extends Disposable {
  /** Others may have it meanwhile. */
  leave(): void;
  /** Throws `calls_limited` where they all do. */
  takeAgain(): void;
}

export interface CallLimiterOptions {
  readonly rates: Pick<RateLimiter, "take">;
  /** How many replicas live, this one included. */
  readonly livingReplicas: () => number;
  /** For each person (or service token), over all servers. Default: no limit. */
  readonly perPerson?: CallLimits;
}

type Limited = Required<LimitRule>;

export function createCallLimiter({
  rates,
  livingReplicas,
  perPerson = {},
}: CallLimiterOptions): CallLimiter {
  const ofPerson = personRules(perPerson);
  /** Every call has a place here, and one for each rule that bounds how many there may be. */
  const callers = new Concurrency({ livingReplicas });
  const places = new Concurrency({ livingReplicas });

  function enterServer(personId: string, { server }: Capability, limit: number): Disposable {
    const { id, slug } = server.server;
    const place = callers.enterHere(`${personId} ${id}`, limit);
    if (place) return place;
    throw callFaults.fault(
      "calls_limited",
      `This caller has ${maxUnderWay} calls under way at server "${slug}": wait for one to end, or cancel one`,
    );
  }

  function enter(rules: readonly LimitRule[], personId: string, held: DisposableStack): void {
    for (const rule of rules) {
      if (rule.concurrency === undefined) continue;
      const place = places.enter(keyOf(rule, personId), rule.concurrency);
      if (!place) throw noPlace(rule as Limited);
      held.use(place);
    }
  }

  function enterOwn(personId: string): Disposable {
    const place = places.enterHere(`own ${personId}`, maxOwnUnderWay);
    if (place) return place;
    throw callFaults.fault(
      "calls_limited",
      `This caller has ${maxOwnUnderWay} calls of portals' own tools under way: wait for one to end, or cancel one`,
    );
  }

  /** What was taken of the rates before the one that refused is given back. */
  async function takeAll(
    rules: readonly LimitRule[],
    personId: string,
    held: Disposable,
  ): Promise<Disposable> {
    const taken: Extract<Taken, { allowed: true }>[] = [];
    try {
      for (const rule of rules) {
        const { callsPerMinute: perMinute } = rule;
        if (perMinute === undefined) continue;
        const outcome = await rates.take(keyOf(rule, personId), { perMinute });
        if (!outcome.allowed) throw tooMany(rule as Limited, outcome.retryAfterMs);
        taken.push(outcome);
      }
      return held;
    } catch (error) {
      for (const one of taken) one.giveBack();
      held[Symbol.dispose]();
      throw error;
    }
  }

  return {
    admit({ id: personId }, capability) {
      const { rules: own, boundsCallers } = rulesOf(capability);
      const place = enterServer(personId, capability, boundsCallers ? Infinity : maxUnderWay);
      if (own.length === 0 && ofPerson.length === 0) return place;
      const rules = [...ofPerson, ...own];
      using entering = new DisposableStack();
      entering.use(place);
      enter(rules, personId, entering);
      const held = entering.move();
      return rules.some(({ callsPerMinute }) => callsPerMinute !== undefined)
        ? takeAll(rules, personId, held)
        : held;
    },
    admitOwn({ id: personId }) {
      let place = enterOwn(personId);
      const leave = () => place[Symbol.dispose]();
      return {
        leave,
        takeAgain() {
          leave();
          place = enterOwn(personId);
        },
        [Symbol.dispose]: leave,
      };
    },
    admitWaiting({ id: personId }) {
      const place = places.enterHere(`waiting ${personId}`, maxWaiting);
      if (place) return place;
      throw callFaults.fault(
        "calls_limited",
        `This caller has ${maxWaiting} calls waiting for people's decisions: wait for one, or cancel one`,
      );
    },
    timeoutOf: (capability) => rulesOf(capability).timeout,
    get underWay() {
      return callers.taken;
    },
  };
}

function rulesOf({ kind, name, server }: Capability): CallRules {
  return rulesFor(server.server, kind === "tool" ? name : undefined);
}

function keyOf({ owner, key, isPerPerson }: LimitRule, personId: string): string {
  return isPerPerson ? `${owner} ${key} ${personId}` : `${owner} ${key}`;
}

function noPlace({ owner, isPerPerson, subject, concurrency }: Limited) {
  return callFaults.fault(
    "calls_limited",
    `${subject} takes ${calls(concurrency)} at a time from ${takers(isPerPerson)}: wait for one to end`,
    { data: { limit: owner, isPerPerson, concurrency } },
  );
}

function tooMany({ owner, isPerPerson, subject, callsPerMinute }: Limited, retryAfterMs: number) {
  return callFaults.fault(
    "rate_limited",
    `${subject} takes ${calls(callsPerMinute)} a minute from ${takers(isPerPerson)}: come back in ${Math.ceil(retryAfterMs / 1000)} s`,
    { data: { limit: owner, isPerPerson, callsPerMinute, retryAfterMs } },
  );
}

function calls(count: number): string {
  return count === 1 ? "1 call" : `${count} calls`;
}

function takers(isPerPerson: boolean): string {
  return isPerPerson ? "one caller" : "all callers together";
}

/**
 * A sliding minute: how many permits of a rate are left, from what was granted lately. Pure.
 *
 * A permit is granted to a replica, which may use it up to `sliceMs` later, and grants are kept by whole
 * seconds. Each permit is therefore counted until a minute after the last moment at which it can have been
 * used: between 61 and 62 seconds. So no 60 seconds ever hold more calls than the rate, wherever they begin.
 */

export const windowMs = 60_000;
/** How long a replica may use what it was granted. */
export const sliceMs = 1_000;

const secondMs = 1_000;
/** Replicas ask in turn but read the clock on their own; what lies further ahead than that was granted before the clock was set back. */
const aheadSeconds = 10;

/** Permits by the second (since the epoch) in which they were granted, oldest first. */
export type Grants = readonly (readonly [second: number, permits: number])[];

export interface Asked {
  /** Calls that may begin in a minute. */
  readonly perMinute: number;
  /** How many permits would be taken, if there are so many. */
  readonly wanted: number;
  /** Wall time, milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface Granted {
  /** What is to be kept. */
  readonly grants: Grants;
  readonly permits: number;
  /** The second that the permits are counted under. */
  readonly second: number;
  /** Without permits: after this time there is one, if nobody else takes it. */
  readonly retryAfterMs: number;
}

export function grant(before: Grants, { perMinute, wanted, nowMs }: Asked): Granted {
  const second = Math.floor(nowMs / secondMs);
  const counted = countedAt(before, nowMs);
  const permits = Math.max(0, Math.min(wanted, Math.floor(perMinute) - sum(counted)));
  const grants = permits > 0 ? added(counted, second, permits) : counted;
  return { grants, permits, second, retryAfterMs: permits > 0 ? 0 : waitFor(counted, perMinute, nowMs) };
}

/** Permits that were not used are as if they had not been granted. */
export function givenBack(before: Grants, second: number, permits: number): Grants {
  return before
    .map(([at, count]): [number, number] => [at, at === second ? count - permits : count])
    .filter(([, count]) => count > 0);
}

function countedAt(before: Grants, nowMs: number): Grants {
  const now = Math.floor(nowMs / secondMs);
  const sound = before.map(([at, count]): [number, number] => [at > now + aheadSeconds ? now : at, count]);
  return sound.filter(([at]) => leavesAt(at) > nowMs).toSorted(([a], [b]) => a - b);
}

function leavesAt(second: number): number {
  return (second + 1) * secondMs + sliceMs + windowMs;
}

function added(grants: Grants, second: number, permits: number): Grants {
  const others = grants.filter(([at]) => at !== second);
  const same = sum(grants.filter(([at]) => at === second));
  return [...others, [second, same + permits] as const].toSorted(([a], [b]) => a - b);
}

/** Until the oldest have left that must leave for one more. */
function waitFor(counted: Grants, perMinute: number, nowMs: number): number {
  let left = sum(counted);
  for (const [second, permits] of counted) {
    left -= permits;
    if (left < perMinute) return leavesAt(second) - nowMs;
  }
  return windowMs;
}

function sum(grants: Grants): number {
  return grants.reduce((total, [, permits]) => total + permits, 0);
}

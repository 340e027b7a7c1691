/** How much may be asked of a server, set by an admin. What is absent is not limited here. */

export interface CallLimits {
  /** Calls that may begin in a minute, over all replicas. */
  readonly callsPerMinute?: number;
  /** Calls under way at a time, over all replicas. */
  readonly concurrency?: number;
}

export interface TimedLimits extends CallLimits {
  /** How long a call may take from dispatch to answer, seconds. */
  readonly timeoutSeconds?: number;
  /** For each person (or service token) by itself. */
  readonly perPerson?: CallLimits;
}

export interface ServerLimits extends TimedLimits {
  /** By the names that the server gives its tools; they hold beside those of the server. */
  readonly tools?: Readonly<Record<string, TimedLimits>>;
}

/** What a limit may be: whole numbers from 1 to these. */
export const limitBounds = {
  callsPerMinute: 1_000_000,
  concurrency: 100_000,
  timeoutSeconds: 86_400,
  /** Tools with limits of their own. */
  tools: 500,
} as const;

/** How often the lists of a server may be read, seconds. A sync is not repeated within half a minute. */
export const syncIntervalBounds = { min: 30, max: 7 * 86_400 } as const;

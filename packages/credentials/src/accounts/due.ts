/** When a token is used as it is, refreshed beside its use, or refreshed first. */

const minAheadMs = 60_000;
const maxAheadMs = 300_000;
const maxMarginMs = 5_000;

export interface TokenLife {
  /** When the token was got, and when it ends: milliseconds since the epoch. */
  readonly fromMs: number;
  readonly expiresAtMs: number | undefined;
  /** Whether there is another one to be had without its person. */
  readonly isRenewable: boolean;
}

/**
 * `good`: nothing to do. `ageing`: still good, and little is left of it. `expired`: to be taken for expired; a renewable one
 * is a moment before it is, since a request takes time to get there.
 */
export function stageOf({ fromMs, expiresAtMs, isRenewable }: TokenLife, nowMs: number): TokenStage {
  if (expiresAtMs === undefined) return "good";
  const lifeMs = Math.max(0, expiresAtMs - fromMs);
  const leftMs = expiresAtMs - nowMs;
  if (leftMs <= (isRenewable ? Math.min(maxMarginMs, lifeMs / 10) : 0)) return "expired";
  if (!isRenewable) return "good";
  // At most half of its life: one that lives for a minute is not refreshed with every request.
  const aheadMs = Math.min(maxAheadMs, Math.max(minAheadMs, lifeMs / 5), lifeMs / 2);
  return leftMs < aheadMs ? "ageing" : "good";
}

export type TokenStage = "good" | "ageing" | "expired";

const firstRetryMs = 1_000;
const maxRetryMs = 300_000;
const maxAskedRetryMs = 3_600_000;

/** How long to wait after the nth failure in a row: doubled each time up to five minutes, or what the server asks for up to an hour. */
export function backOffMs(
  times: number,
  { random, askedMs = 0 }: { readonly random: number; readonly askedMs?: number | undefined },
): number {
  const wholeMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(times - 1, 30));
  const spreadMs = wholeMs * (0.5 + random / 2);
  return Math.round(Math.max(spreadMs, Math.min(askedMs, maxAskedRetryMs)));
}

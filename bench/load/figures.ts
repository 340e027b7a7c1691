/** Of many measured times, what is told. */
import { percentile } from "./http-load.ts";

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** In the unit of what is given. */
export function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** As cells of a table: p50, p99, the greatest. */
export function spreadCells({ p50, p99, max }: Spread, digits = 1): string[] {
  return [p50, p99, max].map((value) => value.toFixed(digits));
}

export function median(values: readonly number[]): number {
  return spread(values).p50;
}

import { cliFaults } from "../faults.ts";

/** `--limit`. Fault: `usage_invalid`. */
export function parseLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw cliFaults.fault("usage_invalid", "--limit must be a whole number from 1 to 999999");
}

import { link, type Mac, type Place } from "./chain.ts";
import { lineOfRow } from "./row.ts";
import type { StoredRow } from "./stored-row.ts";

/** How a chain is broken at a place. */
export type Breakage =
  /** The row is not the one that was recorded there. */
  | "changed"
  /** The row that was recorded there now stands elsewhere. */
  | "reordered"
  /** The row is gone, and later ones are there. */
  | "removed"
  /** The last rows are gone, and maybe the kept end of the chain was moved to hide it. */
  | "tail_cut"
  /** There is a row that the chain does not account for. */
  | "added"
  /** The kept end of the chain, or retention's anchor, was not written by Castellan, or is gone. */
  | "seal_broken"
  /** The chain is gone as a whole: its number is missing. */
  | "chain_removed";

export interface BrokenPlace {
  readonly chain: number;
  /** The first row concerned. */
  readonly seq: number;
  readonly breakage: Breakage;
}

/**
 * Follows a chain from `previous` through rows in the order of `seq`. Returns the place reached, or
 * the first place where it is broken.
 */
export function checkRows(
  mac: Mac,
  previous: Place,
  rows: readonly StoredRow[],
): { reached: Place; broken?: BrokenPlace } {
  let reached = previous;
  for (const [index, row] of rows.entries()) {
    const broken = (breakage: Breakage) => ({
      reached,
      broken: { chain: reached.chain, seq: reached.seq + 1, breakage },
    });
    if (row.seq !== reached.seq + 1)
      return broken(isMoved(mac, reached, rows.slice(index)) ? "reordered" : "removed");
    const next = follow(mac, reached, row);
    if (!next) return broken(isMoved(mac, reached, rows.slice(index + 1)) ? "reordered" : "changed");
    reached = next;
  }
  return { reached };
}

/** The next place, if this row is what was recorded there. */
function follow(mac: Mac, previous: Place, row: StoredRow): Place | null {
  const line = lineOfRow(row);
  if (line === null) return null;
  const next = link(mac, previous, line);
  return next.mac.equals(row.mac) ? next : null;
}

/** Whether one of the rows nearby is the one that belongs after `previous`. */
function isMoved(mac: Mac, previous: Place, rows: readonly StoredRow[]): boolean {
  return rows.some((row) => follow(mac, previous, row) !== null);
}

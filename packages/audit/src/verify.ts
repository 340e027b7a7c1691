import type { Queryable } from "@castellan/database";
import { nextChain, readEnds, startOf } from "./chain-ends.ts";
import { sealHead, type Mac, type Place } from "./chain.ts";
import { checkRows, type Breakage, type BrokenPlace } from "./check-rows.ts";
import { readRows } from "./stored-row.ts";

export interface Verification {
  readonly intact: boolean;
  /** Chains that are in order. */
  readonly chains: number;
  /** Rows that are in order, in broken chains those before the broken place. */
  readonly rows: number;
  /** The first broken place of each broken chain; at most 100 of them, then verification stops. */
  readonly broken: readonly BrokenPlace[];
  /** Where the newest chain ends. Kept elsewhere, it shows later whether the whole log was put back. */
  readonly lastHead?: { readonly chain: number; readonly seq: number; readonly mac: string };
}

export interface VerifyOptions {
  /** Only this chain. */
  readonly chain?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface ChainsOptions extends VerifyOptions {
  /** Places that were committed for certain: a chain that does not lead through its one was put back. */
  readonly committed?: readonly Place[];
}

/** Follows the chains page by page, each page a short query of its own; recording goes on meanwhile. */
export async function verifyChains(
  database: Queryable,
  mac: Mac,
  { chain: only, signal, committed = [] }: ChainsOptions = {},
): Promise<Verification> {
  const missing = new Map(committed.map((place) => [place.chain, place]));
  const broken: BrokenPlace[] = [];
  let [chains, rows] = [0, 0];
  let lastHead: Verification["lastHead"];
  let previous = 0;
  for await (const chain of only === undefined ? allChains(database) : [only]) {
    // Numbers are given out without gaps, from 1.
    if (only === undefined && chain > previous + 1)
      broken.push({ chain: previous + 1, seq: 1, breakage: "chain_removed" });
    previous = Math.max(chain, 0);
    const verified = await verifyChain(database, mac, chain, { committed: missing.get(chain), signal });
    missing.delete(chain);
    rows += verified.rows;
    if (verified.broken) broken.push(verified.broken);
    else chains += 1;
    if (verified.head) lastHead = { chain, seq: verified.head.seq, mac: verified.head.mac.toString("hex") };
    if (broken.length >= maxBroken) break;
  }
  if (only === undefined && broken.length < maxBroken)
    for (const chain of missing.keys())
      if (!broken.some((place) => place.chain === chain))
        broken.push({ chain, seq: 1, breakage: "chain_removed" });
  return { intact: broken.length === 0, chains, rows, broken, ...(lastHead && { lastHead }) };
}

const maxBroken = 100;
const pageSize = 500;

async function* allChains(database: Queryable): AsyncGenerator<number> {
  let chain = await nextChain(database, -(2 ** 31) - 1);
  while (chain !== null) {
    yield chain;
    chain = await nextChain(database, chain);
  }
}

interface VerifiedChain {
  readonly rows: number;
  readonly head?: Place;
  readonly broken?: BrokenPlace;
}

async function verifyChain(
  database: Queryable,
  mac: Mac,
  chain: number,
  { committed, signal }: { committed: Place | undefined; signal: AbortSignal | undefined },
): Promise<VerifiedChain> {
  let rows = 0;
  const brokenAt = (seq: number, breakage: Breakage) => ({ rows, broken: { chain, seq, breakage } });

  const ends = await readEnds(database, chain);
  const { head } = ends;
  let reached = startOf(mac, chain, ends);
  if (!reached) return brokenAt(ends.anchor?.seq ?? 0, "seal_broken");
  if (ends.firstRow !== null && ends.firstRow <= reached.seq) return brokenAt(ends.firstRow, "added");
  if (!head || !head.seal.equals(sealHead(mac, head))) return brokenAt(head?.seq ?? 0, "seal_broken");

  while (reached.seq < head.seq) {
    signal?.throwIfAborted();
    const page = await readRows(database, reached, { upTo: head.seq, limit: pageSize });
    const checked = checkRows(mac, reached, page);
    const other = page.find(({ seq, mac }) => seq === committed?.seq && !mac.equals(committed.mac));
    if (other) return brokenAt(other.seq, "changed");
    rows += checked.reached.seq - reached.seq;
    reached = checked.reached;
    if (!checked.broken && page.length > 0) continue;
    // Retention may have removed what comes next since the ends were read.
    const anchor = startOf(mac, chain, await readEnds(database, chain));
    if (anchor && anchor.seq > reached.seq) reached = anchor;
    else return { rows, broken: checked.broken ?? { chain, seq: reached.seq + 1, breakage: "tail_cut" } };
  }

  if (committed && committed.seq > head.seq) return brokenAt(head.seq + 1, "tail_cut");
  if (reached.seq === head.seq && !reached.mac.equals(head.mac)) return brokenAt(head.seq, "seal_broken");
  if (ends.lastRow !== null && ends.lastRow > head.seq) return brokenAt(head.seq + 1, "added");
  return { rows, head };
}

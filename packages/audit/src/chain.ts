/**
 * What makes tampering show. Each process that records writes a chain of its own, numbered 1, 2, 3 …
 * in the order they began; a row's MAC covers the row, its place and the MAC before it:
 *
 *     mac(0) = MAC(genesis, chain)        mac(n) = MAC(row, chain, n, mac(n-1), line)
 *
 * The end of a chain is kept in `audit_heads`, in the same transaction as the rows, under a seal of
 * its own; the place up to which retention removed a chain, in `audit_anchors`. So without the key
 * nobody can change, add, remove or move a row, cut a tail, or take a chain out of the row of
 * numbers, without `verify` saying where.
 *
 * What it cannot show: the whole database, or the newest chains, put back to an earlier state that
 * was once true. The process that wrote a chain knows better as long as it lives (`group-commit.ts`);
 * whoever must exclude it keeps the heads that `verify` reports somewhere else.
 */

/** A keyed MAC (HMAC-SHA-256 or better). Deterministic. */
export type Mac = (data: string) => Buffer;

/** A place in a chain, and the MAC of the row there. `seq` 0 is the place before the first row. */
export interface Place {
  readonly chain: number;
  readonly seq: number;
  readonly mac: Buffer;
}

export function genesis(mac: Mac, chain: number): Place {
  return { chain, seq: 0, mac: mac(`${label}:genesis:${chain}`) };
}

/** The place after `previous`, taken by the row with this line (`row.ts`). */
export function link(mac: Mac, previous: Place, line: string): Place {
  const { chain } = previous;
  const seq = previous.seq + 1;
  return { chain, seq, mac: mac(`${label}:row:${chain}:${seq}:${previous.mac.toString("base64")}:${line}`) };
}

/** The seal of a chain's end. */
export function sealHead(mac: Mac, head: Place): Buffer {
  return mac(`${label}:head:${head.chain}:${head.seq}:${head.mac.toString("base64")}`);
}

/** The seal of the place up to which retention removed a chain. */
export function sealAnchor(mac: Mac, anchor: Place): Buffer {
  return mac(`${label}:anchor:${anchor.chain}:${anchor.seq}:${anchor.mac.toString("base64")}`);
}

const label = "castellan.audit.1";

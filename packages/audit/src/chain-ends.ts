import { sql, type Queryable } from "@castellan/database";
import { genesis, sealAnchor, type Mac, type Place } from "./chain.ts";

/** Both ends of a chain as the tables have them, seen at one moment. */
export interface ChainEnds {
  readonly head: SealedPlace | null;
  /** The place up to which retention removed the chain; null when it never did. */
  readonly anchor: SealedPlace | null;
  readonly firstRow: number | null;
  readonly lastRow: number | null;
}

export interface SealedPlace extends Place {
  readonly seal: Buffer;
}

export async function readEnds(database: Queryable, chain: number): Promise<ChainEnds> {
  const [row] = await database.query<EndsRow>(sql`
    select
      head.seq as head_seq, head.mac as head_mac, head.seal as head_seal,
      anchor.seq as anchor_seq, anchor.mac as anchor_mac, anchor.seal as anchor_seal,
      (select min(seq) from calls where chain = asked.chain) as first_row,
      (select max(seq) from calls where chain = asked.chain) as last_row
    from (select ${chain}::integer as chain) as asked
    left join audit_heads as head using (chain)
    left join audit_anchors as anchor using (chain)`);
  const place = (seq?: number | null, mac?: Buffer | null, seal?: Buffer | null) =>
    typeof seq === "number" && mac && seal ? { chain, seq, mac, seal } : null;
  return {
    head: place(row?.head_seq, row?.head_mac, row?.head_seal),
    anchor: place(row?.anchor_seq, row?.anchor_mac, row?.anchor_seal),
    firstRow: row?.first_row ?? null,
    lastRow: row?.last_row ?? null,
  };
}

/** The place before the first row that should be there. Null when the anchor's seal is not ours. */
export function startOf(mac: Mac, chain: number, { anchor }: ChainEnds): Place | null {
  if (!anchor) return genesis(mac, chain);
  return anchor.seal.equals(sealAnchor(mac, anchor)) ? anchor : null;
}

/** The next chain that any of the tables knows of, in the order of their numbers. */
export async function nextChain(database: Queryable, after: number): Promise<number | null> {
  const [next] = await database.query<{ chain: number | null }>(sql`
    select least(
      (select min(chain) from audit_heads where chain > ${after}::bigint),
      (select min(chain) from audit_anchors where chain > ${after}::bigint),
      (select min(chain) from calls where chain > ${after}::bigint)
    ) as chain`);
  return next?.chain ?? null;
}

interface EndsRow {
  readonly head_seq: number | null;
  readonly head_mac: Buffer | null;
  readonly head_seal: Buffer | null;
  readonly anchor_seq: number | null;
  readonly anchor_mac: Buffer | null;
  readonly anchor_seal: Buffer | null;
  readonly first_row: number | null;
  readonly last_row: number | null;
}

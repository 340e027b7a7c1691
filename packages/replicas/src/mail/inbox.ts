/**
 * What this replica is sent: read in bounded batches, handed to lanes, then deleted.
 *
 * A letter is deleted by the read after the one that brought it, never by the same: the answer of a
 * statement that deletes and returns may be lost with its connection. What was read and not yet
 * deleted is left out of the next read, so nothing is delivered twice.
 */
import { sql, type Queryable, type SqlStatement } from "@castellan/database";
import type { Vault } from "@castellan/vault";
import { Lane } from "./lane.ts";
import { letterContext } from "./letter.ts";

export interface InboxOptions {
  readonly id: string;
  readonly vault: Vault;
  /** Gives a letter to those who listen; must not throw. */
  readonly deliver: (topic: string, body: string, from: string) => Promise<void>;
  /** Called when letters may lie in the database that the last read left there. */
  readonly onRoom: () => void;
  readonly onError: (error: unknown) => void;
}

interface Row {
  readonly seq: number;
  readonly from: string;
  readonly topic: string;
  readonly number: number;
  readonly sealedBody: Buffer;
  /** How many letters lay there, up to the limit; fewer came if they are big. */
  readonly found: number;
}

const maxBatchLetters = 100;
const maxBatchBytes = 4 * 1024 * 1024;
/** When there are so many, those with nothing in them go: most are of senders that are no more. */
const maxLanes = 1_000;

export class Inbox {
  readonly #options: InboxOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Letters that were read and may still lie in the table. */
  #read: number[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Reads one batch; returns whether there may be more. */
  async read(line: Queryable): Promise<boolean> {
    const rows = await line.query<Row>(this.#statement());
    this.#read = rows.map(({ seq }) => seq);
    for (const row of rows) this.#open(row);
    return rows.length === maxBatchLetters || rows.length < (rows[0]?.found ?? 0);
  }

  /** A letter of this replica to itself, which needs no post. */
  addOwn(number: number, topic: string, body: string): void {
    this.#lane(this.#options.id, topic).add(number, body);
  }

  #statement(): SqlStatement {
    const { id } = this.#options;
    const full = [...this.#lanes].filter(([, lane]) => lane.isFull).map(([name]) => name);
    return sql`
      with gone as (delete from mail where seq = any(${this.#read}::bigint[]))
      select seq, "from", topic, number, sealed_body as "sealedBody", found from (
        select *, count(*) over () as found,
          sum(octet_length(sealed_body)) over (order by seq) - octet_length(sealed_body) as ahead
        from (
          select seq, from_replica as "from", topic, number, sealed_body from mail
          where to_replica = ${id} and seq <> all(${this.#read}::bigint[])
            and from_replica || '/' || topic <> all(${full}::text[])
          order by seq limit ${maxBatchLetters}
        ) oldest
      ) sized
      where ahead < ${maxBatchBytes} order by seq`;
  }

  #open({ from, topic, number, sealedBody }: Row): void {
    const { id, vault, onError } = this.#options;
    try {
      const body = vault.open(sealedBody, letterContext({ to: id, from, number, topic })).toString("utf8");
      this.#lane(from, topic).add(number, body);
    } catch (error) {
      onError(error);
    }
  }

  #lane(from: string, topic: string): Lane {
    const name = `${from}/${topic}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    if (this.#lanes.size >= maxLanes)
      for (const [name, lane] of this.#lanes) if (lane.isIdle) this.#lanes.delete(name);
    const { deliver, onRoom } = this.#options;
    const lane = new Lane({ deliver: (body) => deliver(topic, body, from), onRoom });
    this.#lanes.set(name, lane);
    return lane;
  }
}

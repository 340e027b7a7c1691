/** What was granted of each rate, for all replicas: a row a key, changed by one replica at a time. */
import { prepared, sql, type Database, type Transaction } from "@castellan/database";
import { Queue } from "./queue.ts";
import { givenBack, grant, type Granted, type Grants } from "./window.ts";

/** Permits that a replica did not use, by the second that they were granted in. */
export type Returned = ReadonlyMap<number, number>;

export interface Wanted {
  readonly perMinute: number;
  readonly permits: number;
}

/** Connections that wait for rows at a time: where these are stuck, the others of the pool are for everybody else. */
const maxConnections = 3;
/** Rows that one sweep removes. */
const maxSwept = 10_000;

export class GrantTable {
  readonly #database: Database;
  readonly #queue = new Queue(maxConnections);

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes back what was not used, and grants what there is. Faults: those of the database. */
  async ask(key: string, returned: Returned, { perMinute, permits }: Wanted): Promise<Granted> {
    return this.#transaction(async (tx) => {
      const { grants, nowMs } = await lock(tx, key);
      const granted = grant(withReturned(grants, returned), { perMinute, wanted: permits, nowMs });
      await save(tx, key, granted.grants);
      return granted;
    });
  }

  async giveBack(key: string, returned: Returned): Promise<void> {
    await this.#transaction(async (tx) => {
      const { grants } = await lock(tx, key);
      await save(tx, key, withReturned(grants, returned));
    });
  }

  /** Removes what has not been asked for in the last minutes. */
  async sweep(): Promise<void> {
    await this.#database.query(sql`
      delete from rate_grants where key in (
        select key from rate_grants where expires_at < now() limit ${maxSwept} for update skip locked
      )`);
  }

  #transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#database.transaction(run));
  }
}

function withReturned(grants: Grants, returned: Returned): Grants {
  return [...returned].reduce((kept, [second, permits]) => givenBack(kept, second, permits), grants);
}

/** The row is this transaction's until its end. Its time is the database's, which is one for all replicas. */
async function lock(tx: Transaction, key: string): Promise<{ grants: Grants; nowMs: number }> {
  const [row] = await tx.query<{ grants: Grants; nowMs: number }>(
    prepared(
      "limits-lock",
      sql`
      insert into rate_grants as known (key, grants, expires_at)
      values (${key}, '[]', to_timestamp(ceil((extract(epoch from now()) + 120) / 600) * 600))
      on conflict (key) do update set expires_at = greatest(known.expires_at, excluded.expires_at)
      returning grants, (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs"`,
    ),
  );
  if (row === undefined) throw new Error("An upsert returned no row");
  return row;
}

async function save(tx: Transaction, key: string, grants: Grants): Promise<void> {
  await tx.query(
    prepared(
      "limits-save",
      sql`update rate_grants set grants = ${JSON.stringify(grants)}::jsonb where key = ${key}`,
    ),
  );
}

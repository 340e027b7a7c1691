/**
 * The lease of this process: a row that says until when the others may count on it.
 *
 * The end is measured from before the renewal was asked for, on the monotonic clock, so it comes here
 * no later than it comes for the others: whoever is taken for dead has let go by then. Only the
 * database's time is written and compared there, so clocks need not agree.
 */
import { sql, type Queryable } from "@castellan/database";
import type { Clock } from "@castellan/kernel";
import { replicaFaults } from "../faults.ts";

export interface LeaseOptions {
  readonly id: string;
  readonly leaseMs: number;
  readonly clock: Clock;
}

export class Lease {
  readonly #options: LeaseOptions;
  #endsAt = Number.NEGATIVE_INFINITY;
  #isHeld = false;
  #others = 0;
  #lapse = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Aborted when the lease is lost; each time that it is held again there is another signal. */
  get lapsed(): AbortSignal {
    this.#check();
    return this.#lapse.signal;
  }

  get isHeld(): boolean {
    this.#check();
    return this.#isHeld;
  }

  /** How many other replicas held a lease at the last renewal. */
  get others(): number {
    return this.#others;
  }

  /** Takes the lease, or makes it longer. One that had ended in the database is lost before it is taken again. */
  async renew(line: Queryable): Promise<void> {
    const { id, leaseMs, clock } = this.#options;
    const askedAt = clock.monotonic();
    const [row] = await line.query<{ wasHeld: boolean | null; others: number }>(sql`
      with before as (select lease_until > now() as held from replicas where id = ${id})
      insert into replicas (id, lease_until) values (${id}, now() + ${leaseMs}::int * interval '1 millisecond')
      on conflict (id) do update set lease_until = excluded.lease_until
      returning (select held from before) as "wasHeld",
        (select count(*) from replicas where lease_until > now() and id <> ${id}) as others`);
    this.#others = row?.others ?? 0;
    if (row?.wasHeld !== true) this.lose();
    this.#endsAt = askedAt + leaseMs;
    if (!this.#isHeld && clock.monotonic() < this.#endsAt) {
      this.#isHeld = true;
      this.#lapse = new AbortController();
    }
    this.#watch();
  }

  /** Drops what hangs on the lease, now. */
  lose(): void {
    clearTimeout(this.#timer);
    this.#isHeld = false;
    this.#lapse.abort(replicaFaults.fault("replica_gone", "This replica lost its lease"));
  }

  #check(): void {
    if (this.#isHeld && this.#options.clock.monotonic() >= this.#endsAt) this.lose();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#check();
    if (!this.#isHeld) return;
    const leftMs = this.#endsAt - this.#options.clock.monotonic();
    this.#timer = setTimeout(() => this.#watch(), leftMs).unref();
  }
}

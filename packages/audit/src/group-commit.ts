import { setTimeout as setTimer } from "node:timers";
import { setImmediate, setTimeout as delay } from "node:timers/promises";
import type { Database } from "@castellan/database";
import { kernelFaults } from "@castellan/kernel";
import type { Mac, Place } from "./chain.ts";
import { auditFaults } from "./faults.ts";
import { isSamePlace, openChain, readHead } from "./heads.ts";
import { insertCalls, sealBatch } from "./insert-calls.ts";

export interface GroupCommitOptions {
  readonly database: Database;
  readonly mac: Mac;
  readonly maxBatch: number;
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  /** So long a patient line waits for company. */
  readonly patienceMs: number;
  readonly onError: (error: unknown) => void;
}

/** A line on its way, and the promise of whoever handed it in. */
interface Waiting extends PromiseWithResolvers<void> {
  readonly line: string;
}

/**
 * Group commit: while one insert is under way the next batch collects, so the number of commits
 * follows the disk and the number of rows follows the load. Lines that nobody waits for yet are patient: they collect for
 * a moment, and go with the first one that is not.
 *
 * The end of the chain in the database is the fence. An insert whose outcome is unknown is tried
 * again with the same rows: if it was committed after all, the end has moved and the second does nothing.
 */
export class GroupCommit implements AsyncDisposable {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #sent: readonly Waiting[] = [];
  #running = false;
  /** Among those that wait are some that are to be committed now. */
  #isUrgent = false;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;
  /** `down`: the last insert failed, so the next is tried once only. `stalled`: the database answers nothing at all. */
  #state: "up" | "down" | "stalled" = "up";
  /** Where our chain ends, unless `#unsettled` says otherwise. Absent: the next insert begins a new chain. */
  #head: Place | undefined;
  /** How far each chain of ours is known to have been committed, whatever the tables say later. */
  readonly #committed = new Map<number, Place>();
  /** Where our chain ends if the insert that failed was committed nevertheless. */
  #unsettled: Place | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** The last place of each chain that this process has written. */
  get committed(): readonly Place[] {
    return [...this.#committed.values()];
  }

  append(line: string, isPatient = false): Promise<void> {
    if (this.#closed) return Promise.reject(kernelFaults.fault("shutting_down", "This replica is stopping"));
    if (this.#state === "stalled") return Promise.reject(unavailable());
    if (this.#waiting.length >= this.#options.maxWaiting)
      return Promise.reject(
        auditFaults.fault("audit_overloaded", "Too many calls are waiting to be recorded"),
      );
    const waiting: Waiting = { line, ...Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    if (!isPatient || this.#waiting.length >= this.#options.maxBatch) this.hasten();
    else this.#patience ??= setTimer(() => this.hasten(), this.#options.patienceMs);
    return waiting.promise;
  }

  /** What waits for company waits no longer. */
  hasten(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#isUrgent = this.#waiting.length > 0;
    if (this.#isUrgent && !this.#running) void this.#run();
  }

  /** Takes no more, and waits until what was taken is committed or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.hasten();
    await Promise.allSettled([...this.#sent, ...this.#waiting].map((each) => each.promise));
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#isUrgent) {
      await setImmediate(); // what is handed in within this turn of the event loop shares one insert
      this.#sent = this.#waiting.splice(0, this.#options.maxBatch);
      this.#isUrgent = this.#waiting.length > 0;
      await this.#commit(this.#sent);
      this.#sent = [];
    }
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const timer = setTimeout(() => this.#stall(), this.#options.timeoutMs);
    try {
      await this.#insertWithRetry(batch.map((each) => each.line));
      this.#state = "up";
      for (const each of batch) each.resolve();
    } catch (error) {
      this.#state = "down";
      const fault = unavailable(error);
      for (const each of batch) each.reject(fault);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The time is up: fails all that wait, and what comes, until the attempt under way ends somehow. */
  #stall(): void {
    this.#state = "stalled";
    const fault = unavailable();
    for (const each of [...this.#sent, ...this.#waiting]) each.reject(fault);
    this.#waiting = [];
    this.#isUrgent = false;
  }

  async #insertWithRetry(lines: readonly string[]): Promise<void> {
    let isSent = false; // until then, what there is to settle is an earlier batch
    for (;;) {
      try {
        if ((await this.#settle()) && isSent) return;
        isSent = true;
        return await this.#insert(lines);
      } catch (error) {
        this.#options.onError(error);
        if (this.#state === "up") await delay(retryMs);
        if (this.#state !== "up") throw error;
      }
    }
  }

  async #insert(lines: readonly string[]): Promise<void> {
    const { database, mac } = this.#options;
    this.#head ??= await openChain(database, mac, Math.max(0, ...this.#committed.keys()));
    const batch = sealBatch(mac, this.#head, lines);
    this.#unsettled = batch.to;
    if (!(await insertCalls(database, batch))) throw new Error("The audit chain's end was moved");
    this.#moveTo(batch.to);
    this.#unsettled = undefined;
  }

  /**
   * Finds out what became of an insert that failed, and whether it was committed. A chain that ends
   * neither before nor after that insert was tampered with, or the database is an older copy: it is
   * left as it is, for `verify` to report, and a new one begins.
   */
  async #settle(): Promise<boolean> {
    const { database, onError } = this.#options;
    const [before, after] = [this.#head, this.#unsettled];
    if (!before || !after) return false;
    const head = await readHead(database, before.chain);
    this.#unsettled = undefined;
    if (head && isSamePlace(head, before)) return false;
    const committed = head !== null && isSamePlace(head, after);
    this.#head = undefined;
    if (committed) this.#moveTo(after);
    else onError(new Error(`Audit chain ${before.chain} does not end where it was left; a new chain begins`));
    return committed;
  }

  #moveTo(place: Place): void {
    this.#head = place;
    this.#committed.set(place.chain, place);
  }
}

/** Between two tries; a restarted database is back within a second or so. */
const retryMs = 100;

function unavailable(cause?: unknown): Error {
  return auditFaults.fault("audit_unavailable", "The call could not be recorded, so its answer is withheld", {
    cause,
  });
}

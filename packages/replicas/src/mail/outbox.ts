/**
 * What one replica is sent: one insert at a time, in order; what comes meanwhile goes with the next.
 *
 * An insert whose outcome is unknown is made again. If the first one was committed the second does
 * nothing, or the receiver, who has read it by then, drops it by its number.
 */
import { setTimeout as delay } from "node:timers/promises";
import { sql, type Database } from "@castellan/database";
import { isFault, type Clock } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { replicaFaults } from "../faults.ts";
import { letterContext, letterId, mailChannel, type Address } from "./letter.ts";

export interface OutboxOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly from: string;
  readonly to: string;
  /** Called when there is nothing left to send. */
  readonly onEmpty: () => void;
}

interface Waiting {
  readonly address: Address;
  readonly body: string;
  readonly sent: PromiseWithResolvers<void>;
}

const maxBatchLetters = 100;
/** UTF-16 units of text. */
const maxBatchSize = 4 * 1024 * 1024;
/** Also the most that one letter may be. */
const maxWaitingSize = 64 * 1024 * 1024;

const firstRetryMs = 50;
/** A database that is away for longer fails the letters. */
const patienceMs = 5_000;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Waiting[] = [];
  #waitingSize = 0;
  #running: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Resolves when the letter is committed. */
  async post(number: number, topic: string, body: string): Promise<void> {
    if (this.#waitingSize + body.length > maxWaitingSize)
      throw replicaFaults.fault("mail_overloaded", "Too much mail waits to be sent to another replica");
    const { from, to } = this.#options;
    const sent = Promise.withResolvers<void>();
    this.#waiting.push({ address: { to, from, number, topic }, body, sent });
    this.#waitingSize += body.length;
    this.#running ??= this.#run();
    await sent.promise;
  }

  /** When all that was posted so far was sent or has failed. */
  async flushed(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#next();
      try {
        const isThere = await this.#insertPatiently(batch);
        for (const { sent } of batch) {
          if (isThere) sent.resolve();
          else sent.reject(replicaFaults.fault("replica_gone", "The replica has stopped"));
        }
      } catch (error) {
        for (const { sent } of batch) sent.reject(error);
      }
    }
    this.#running = undefined;
    this.#options.onEmpty();
  }

  /** The oldest letters: at least one, and as many more as a batch may hold. */
  #next(): Waiting[] {
    let count = 0;
    let size = 0;
    for (const { body } of this.#waiting) {
      if (count > 0 && (count === maxBatchLetters || size + body.length > maxBatchSize)) break;
      count += 1;
      size += body.length;
    }
    this.#waitingSize -= size;
    return this.#waiting.splice(0, count);
  }

  async #insertPatiently(batch: readonly Waiting[]): Promise<boolean> {
    const { clock } = this.#options;
    const giveUpAt = clock.monotonic() + patienceMs;
    const sealed = batch.map(({ address, body }) => this.#options.vault.seal(body, letterContext(address)));
    for (let retryMs = firstRetryMs; ; retryMs *= 2) {
      try {
        return await this.#insert(batch, sealed);
      } catch (error) {
        if (!isFault(error) || !error.retryable || clock.monotonic() + retryMs > giveUpAt) throw error;
        await delay(retryMs);
      }
    }
  }

  /** False if the receiver's lease has ended: then nothing was written. */
  async #insert(batch: readonly Waiting[], sealed: readonly Buffer[]): Promise<boolean> {
    const { database, from, to } = this.#options;
    const addresses = batch.map(({ address }) => address);
    const receivers = await database.query(sql`
      with receiver as (
        select id from replicas where id = ${to} and lease_until > now()
      ), letters as (
        insert into mail (id, to_replica, from_replica, topic, number, sealed_body)
        select letter.id, receiver.id, ${from}, letter.topic, letter.number, letter.sealed_body
        from receiver cross join unnest(
          ${addresses.map(letterId)}::text[],
          ${addresses.map(({ topic }) => topic)}::text[],
          ${addresses.map(({ number }) => number)}::bigint[],
          ${sealed}::bytea[]
        ) with ordinality as letter (id, topic, number, sealed_body, place)
        order by letter.place
        on conflict (id) do nothing
      )
      select pg_notify(${mailChannel(to)}, '') from receiver`);
    return receivers.length > 0;
  }
}

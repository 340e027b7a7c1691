/**
 * The replicas of one installation: which of them live, and letters between them.
 *
 * A live exchange (a socket, a call that waits) has an owner: the replica that holds it. Others tell
 * the owner what came for it, and learn within the lease time when it is no more.
 */
import { createListener, type Database, type Listener, type Queryable } from "@castellan/database";
import { createId, isFault, kernelFaults, type Clock, type Id } from "@castellan/kernel";
import type { Vault } from "@castellan/vault";
import { replicaFaults } from "./faults.ts";
import { Lease } from "./lease/lease.ts";
import { Living } from "./lease/living.ts";
import { Inbox } from "./mail/inbox.ts";
import { mailChannel } from "./mail/letter.ts";
import { Outbox } from "./mail/outbox.ts";
import { leave, sweep } from "./mail/sweep.ts";

/** Takes a letter. The next one of the same sender and topic comes when its promise has settled. */
export type LetterListener = (body: string, from: string) => void | Promise<void>;

export interface Replicas extends AsyncDisposable {
  /** Made anew for each process: nothing that an earlier process owned can be taken for this one's. */
  readonly id: Id<"replica">;
  /**
   * Aborted (reason: the fault `replica_gone`) while the lease is lost: the others take this replica
   * for dead, so it must drop what it owns. Another signal once the lease is held again.
   */
  readonly lapsed: AbortSignal;
  /**
   * Whether a replica holds its lease, remembered for at most 500 ms. Of this one: unless it lapsed.
   * Faults: those of the database.
   */
  isAlive(id: string): Promise<boolean>;
  /** How many replicas live, this one included; at most one renewal (three seconds) old. At least 1. */
  readonly living: number;
  /**
   * Resolves when the letter is committed; it is delivered within a few milliseconds, once, after
   * all that were sent before it to that replica under that topic. One that nobody read for a minute
   * is dropped. A letter whose sending failed may arrive all the same. Faults: `replica_gone` when
   * that replica's lease has ended, `mail_overloaded`, `shutting_down`, those of the database.
   */
  send(to: string, topic: string, body: string): Promise<void>;
  /** To every other living replica. One that dies meanwhile is no failure. */
  broadcast(topic: string, body: string): Promise<void>;
  /**
   * Listens to a topic; returns how to stop. Letters of one sender under one topic arrive in order,
   * one at a time; topics and senders do not wait for each other. What a listener throws goes to
   * `onError`. A letter that nobody listens to is dropped.
   */
  on(topic: string, listener: LetterListener): () => void;
}

export interface ReplicasOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Default: a new one. Never one that was used before. */
  readonly id?: Id<"replica">;
  /** How long others count on this replica after it last spoke. Default 10,000. */
  readonly leaseMs?: number;
  /** Default 3,000. */
  readonly renewMs?: number;
  /** How often mail is looked for without a wake-up. Default 1,000. */
  readonly pollMs?: number;
  /** Told of lost connections, letters that do not open, and what listeners throw; all goes on. */
  readonly onError: (error: unknown) => void;
}

/** Takes a lease and begins to read mail. Faults: `database_unavailable`, `database_refused`. */
export async function createReplicas(options: ReplicasOptions): Promise<Replicas> {
  const replicas = new DatabaseReplicas(options);
  await replicas.open();
  return replicas;
}

const sweepEveryMs = 10_000;

class DatabaseReplicas implements Replicas {
  readonly id: Id<"replica">;
  readonly #options: ReplicasOptions;
  readonly #renewMs: number;
  readonly #leaseMs: number;
  readonly #lease: Lease;
  readonly #living: Living;
  readonly #inbox: Inbox;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #listeners = new Map<string, Set<{ readonly listener: LetterListener }>>();
  #listener: Listener | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #number = 0;
  #isClosing = false;

  constructor(options: ReplicasOptions) {
    const { database, vault, clock, id = createId("replica"), onError } = options;
    this.id = id;
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 10_000;
    this.#renewMs = options.renewMs ?? 3_000;
    this.#lease = new Lease({ id, leaseMs: this.#leaseMs, clock });
    this.#living = new Living(database, clock);
    this.#inbox = new Inbox({
      id,
      vault,
      onError,
      deliver: (topic, body, from) => this.#deliver(topic, body, from),
      onRoom: () => this.#listener?.wake(),
    });
  }

  async open(): Promise<void> {
    const { database, pollMs = 1_000, onError } = this.#options;
    this.#listener = await createListener({
      connection: database.connection,
      channel: mailChannel(this.id),
      applicationName: "castellan-mail",
      pollMs: Math.min(pollMs, this.#renewMs),
      // A connection that fell silent is found out and replaced while the lease lasts.
      timeoutMs: Math.ceil(this.#leaseMs / 5),
      answerGraceMs: Math.ceil(this.#leaseMs / 20),
      turn: (connect) => this.#turn(connect),
      onError,
    });
  }

  get lapsed(): AbortSignal {
    return this.#lease.lapsed;
  }

  get living(): number {
    return this.#lease.others + 1;
  }

  async isAlive(id: string): Promise<boolean> {
    return id === this.id ? this.#lease.isHeld : this.#living.has(id);
  }

  async send(to: string, topic: string, body: string): Promise<void> {
    if (this.#isClosing) throw kernelFaults.fault("shutting_down", "This replica is stopping");
    this.#number += 1;
    if (to !== this.id) return this.#outbox(to).post(this.#number, topic, body);
    if (!this.#lease.isHeld) throw replicaFaults.fault("replica_gone", "This replica lost its lease");
    return this.#inbox.addOwn(this.#number, topic, body);
  }

  async broadcast(topic: string, body: string): Promise<void> {
    const others = await this.#living.others(this.id);
    const outcomes = await Promise.allSettled(others.map((to) => this.send(to, topic, body)));
    const failure = outcomes.find(
      (outcome) => outcome.status === "rejected" && !isFault(outcome.reason, "replica_gone"),
    );
    if (failure?.status === "rejected") throw failure.reason;
  }

  on(topic: string, listener: LetterListener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    const entry = { listener };
    this.#listeners.set(topic, listeners.add(entry));
    return () => listeners.delete(entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.flushed()));
    await this.#listener?.[Symbol.asyncDispose]();
    this.#lease.lose();
    await leave(this.#options.database, this.id).catch(this.#options.onError);
  }

  /** Renews when it is time, also between two batches of a flood, and reads what there is. */
  async #turn(connect: () => Promise<Queryable>): Promise<void> {
    const { clock } = this.#options;
    const line = await connect();
    do {
      const now = clock.monotonic();
      if (now - this.#renewedAt >= this.#renewMs || !this.#lease.isHeld) {
        await this.#lease.renew(line);
        this.#renewedAt = now;
      }
    } while ((await this.#inbox.read(line)) && !this.#isClosing);
    if (clock.monotonic() - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = clock.monotonic();
    await sweep(line);
  }

  #outbox(to: string): Outbox {
    const known = this.#outboxes.get(to);
    if (known !== undefined) return known;
    const { database, vault, clock } = this.#options;
    const onEmpty = () => void this.#outboxes.delete(to);
    const outbox = new Outbox({ database, vault, clock, from: this.id, to, onEmpty });
    this.#outboxes.set(to, outbox);
    return outbox;
  }

  async #deliver(topic: string, body: string, from: string): Promise<void> {
    if (this.#isClosing) return;
    const listeners = [...(this.#listeners.get(topic) ?? [])];
    const outcomes = await Promise.allSettled(listeners.map(async ({ listener }) => listener(body, from)));
    for (const outcome of outcomes) if (outcome.status === "rejected") this.#options.onError(outcome.reason);
  }
}

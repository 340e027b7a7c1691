/**
 * The order in which a replay gives out what was recorded: as it reached the code then, and each when the code has made the calls that it
 * had made by then. So code that races its calls against each other comes to what it came to.
 *
 * Code that does something else than before would be waited for without end: after a while what it does not ask for is left out.
 */
import type { RunCall } from "../run.ts";

/** How long nothing may move. Code that is run again has nothing to wait for but itself. */
const patienceMs = 1_000;

export class Turns {
  /** Resolves when all that was recorded is given out, or left out. Never rejects. */
  readonly caughtUp: Promise<void>;
  readonly #catchUp: () => void;
  /** In the order in which they were settled. */
  readonly #settled: readonly RunCall[];
  /** In the order in which they were made. */
  readonly #made: readonly RunCall[];
  readonly #arrived = new Set<RunCall>();
  /** Made before what is next was settled, and not yet made again. */
  readonly #missing = new Set<RunCall>();
  readonly #ready = new Map<RunCall, (isInTurn: boolean) => void>();
  #nextSettled = 0;
  #nextMade = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(recorded: readonly RunCall[]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.caughtUp = promise;
    this.#catchUp = resolve;
    this.#settled = recorded
      .filter(({ settledAs }) => settledAs !== undefined)
      .toSorted((one, other) => (one.settledAs ?? 0) - (other.settledAs ?? 0));
    this.#made = recorded.toSorted((one, other) => one.issuedAfter - other.issuedAfter);
    this.#advance();
  }

  get hasCaughtUp(): boolean {
    return this.#nextSettled === this.#settled.length;
  }

  /** The code has made this call again. Of what was settled `taken` is told when it is its turn; false: it comes too late for that. */
  arrive(call: RunCall, taken?: (isInTurn: boolean) => void): void {
    this.#arrived.add(call);
    this.#missing.delete(call);
    if (taken) {
      if (this.#isPast(call)) taken(false);
      else this.#ready.set(call, taken);
    }
    this.#advance();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#nextSettled = this.#settled.length;
    this.#catchUp();
  }

  #isPast(call: RunCall): boolean {
    const next = this.#settled[this.#nextSettled];
    return next === undefined || (call.settledAs ?? 0) < (next.settledAs ?? 0);
  }

  #advance(): void {
    clearTimeout(this.#timer);
    for (let next = this.#settled[this.#nextSettled]; next; next = this.#settled[this.#nextSettled]) {
      this.#expectBefore(next);
      const take = this.#ready.get(next);
      if (!take || this.#missing.size > 0) {
        this.#timer = setTimeout(() => this.#leaveOut(next), patienceMs);
        return;
      }
      this.#nextSettled++;
      take(true);
    }
    this.#catchUp();
  }

  #expectBefore({ settledAs = 0 }: RunCall): void {
    for (
      let made = this.#made[this.#nextMade];
      made && made.issuedAfter < settledAs;
      made = this.#made[this.#nextMade]
    ) {
      this.#nextMade++;
      if (!this.#arrived.has(made)) this.#missing.add(made);
    }
  }

  #leaveOut(next: RunCall): void {
    this.#missing.clear();
    if (!this.#ready.has(next)) this.#nextSettled++;
    this.#advance();
  }
}

/**
 * What a run's code has asked for, in which order it was answered, and at which moment of the run's own clock. The first time it is kept
 * here and written down; when the code is run again, it is answered with what was written, in the same order.
 *
 * What always holds: a call that may change something is committed as intended before it goes to its server, together with everything that
 * the code had been told by then. So whoever finds it later knows that it may have been carried out, and why it was made.
 */
import type { ToolClass } from "@castellan/access";
import { createId, type Clock } from "@castellan/kernel";
import type { CallOutcomeText, RunCall, RunCallMethod, RunWait } from "../run.ts";
import { errorReply, valueReply } from "../inside/protocol.ts";
import { runDiverged } from "../faults.ts";
import { RunClock } from "./run-clock.ts";
import { Saving } from "./saving.ts";
import { Turns } from "./turns.ts";

export interface JournalOptions {
  readonly clock: Clock;
  /** What passes before this one wrote. */
  readonly recorded: readonly RunCall[];
  /** Commits, or throws what the run fails with. */
  readonly save: (calls: readonly RunCall[]) => Promise<void>;
  /** Told when writing in the background fails. */
  readonly onError: (error: unknown) => void;
}

/** What the code asks for, before it is known whether it was asked for already. */
export interface Asked {
  readonly method: RunCallMethod;
  readonly target: string;
  /** Of a tool: the name by which the code calls it. */
  readonly written?: string | undefined;
  readonly digest: string;
  readonly class?: ToolClass | undefined;
}

/** A call of the code in this pass. */
export class Entry {
  /** The reply, as the program reads it. Rejects with what leaves it unanswered. */
  readonly reply: Promise<string>;
  readonly resolve: (reply: string) => void;
  readonly reject: (error: Error) => void;
  /** When a pass before this one made the same call. */
  readonly recorded: RunCall | undefined;
  /** At the moment of the last reply before it. */
  readonly askedAtMs: number;
  call: RunCall;
  wait: RunWait | undefined;

  constructor(call: RunCall, recorded: RunCall | undefined, askedAtMs: number) {
    ({ promise: this.reply, resolve: this.resolve, reject: this.reject } = Promise.withResolvers<string>());
    this.call = call;
    this.recorded = recorded;
    this.askedAtMs = askedAtMs;
  }
}

/** Reads that nothing hangs on are written now and then only: lost, they are made again. */
const maxUnwritten = 256;

export class Journal {
  readonly #clock: RunClock;
  readonly #turns: Turns;
  readonly #saving: Saving<Entry>;
  readonly #onError: (error: unknown) => void;
  readonly #recorded: ReadonlyMap<string, RunCall>;
  /** Recorded calls that changed something, and have not been made again. */
  readonly #owed = new Set<RunCall>();
  readonly #meanings: ReadonlyMap<string, string>;
  readonly #occurrences = new Map<string, number>();
  readonly #entries: Entry[] = [];
  readonly #timers: { readonly entry: Entry; readonly dueMs: number }[] = [];
  #alarm: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** The place of the last reply, and of the last there ever was. */
  #lastPlace = 0;
  #places: number;

  constructor({ clock, recorded, save, onError }: JournalOptions) {
    this.#clock = new RunClock(clock);
    this.#turns = new Turns(recorded);
    this.#saving = new Saving((entries) => save(entries.map(({ call }) => call)));
    this.#onError = onError;
    this.#recorded = new Map(recorded.map((call) => [keyOf(call), call]));
    this.#meanings = new Map(recorded.flatMap(({ written, target }) => (written ? [[written, target]] : [])));
    this.#places = recorded.reduce((max, { settledAs = 0 }) => Math.max(max, settledAs), 0);
    for (const call of recorded) if (call.state === "done" && changesSomething(call)) this.#owed.add(call);
    if (this.#turns.hasCaughtUp) this.#clock.start();
    else void this.#turns.caughtUp.then(() => this.#clock.start());
  }

  /** What the code has called by this name in passes before this one. */
  meaningOf(written: string): string | undefined {
    return this.#meanings.get(written);
  }

  /** Takes note of a call at the moment at which it is made. */
  issue({ method, target, written, digest, class: toolClass }: Asked): Entry {
    const occurrence = this.#occurrences.get(digest) ?? 0;
    this.#occurrences.set(digest, occurrence + 1);
    const recorded = this.#recorded.get(keyOf({ digest, occurrence }));
    if (recorded) this.#owed.delete(recorded);
    const entry = new Entry(
      {
        seq: this.#entries.length,
        method,
        target,
        written,
        digest,
        occurrence,
        class: toolClass ?? recorded?.class,
        state: "asked",
        waitsFor: recorded?.waitsFor,
        callId: recorded?.state === "done" ? recorded.callId : createId("call"),
        issuedAfter: this.#lastPlace,
      },
      recorded,
      this.#clock.lastMs,
    );
    this.#entries.push(entry);
    // When it was made is part of the order that a replay keeps, also where nothing came of it.
    if (recorded?.state !== "done") this.#saving.changed(entry);
    return entry;
  }

  /**
   * Answers a recorded call when it is its turn, as it was answered: with `outcome` where that was not written, since the host answers the
   * same to it again. To be called in the order in which calls are made.
   */
  replay(entry: Entry, outcome: CallOutcomeText | undefined): void {
    const { recorded } = entry;
    const given = recorded?.outcome ?? outcome;
    if (!recorded || !given) throw new TypeError("there is nothing to replay");
    this.#turns.arrive(recorded, (isInTurn) => {
      if (!isInTurn) return this.settle(entry, given, recorded);
      entry.call = { ...entry.call, ...recorded, seq: entry.call.seq };
      this.#answer(entry, given);
    });
  }

  /** A call that is recorded without an outcome is made again: what was made after it need not wait for it. */
  arrived({ recorded }: Entry): void {
    if (recorded) this.#turns.arrive(recorded);
  }

  get hasCaughtUp(): boolean {
    return this.#turns.hasCaughtUp;
  }

  /** Resolves when the code has been told all that it knew: what is new comes after that. */
  get caughtUp(): Promise<void> {
    return this.#turns.caughtUp;
  }

  /**
   * Commits that the call is about to go to its server. Faults: `run_diverged`, where the code has not asked again for what it did before;
   * what `save` throws.
   */
  async intend(entry: Entry, toolClass: ToolClass | undefined): Promise<void> {
    await this.#turns.caughtUp;
    this.assertSame();
    entry.call = { ...entry.call, class: toolClass ?? "destructive", state: "intended" };
    this.#saving.changed(entry);
    await this.#saving.save();
  }

  /** Answers a call for the first time. */
  settle(entry: Entry, outcome: CallOutcomeText, known: Partial<RunCall> = {}): void {
    const nowMs = this.#clock.now();
    this.#ring(nowMs);
    const { issuedAfter, seq } = entry.call;
    this.#record(entry, outcome, { ...known, issuedAfter, seq }, nowMs);
    if (changesSomething(entry.call) || this.#saving.changes >= maxUnwritten)
      this.#saving.save().catch(this.#onError);
  }

  /** Answers a wait when its time has come. */
  sleep(entry: Entry, ms: number): void {
    this.#timers.push({ entry, dueMs: entry.askedAtMs + ms });
    this.#timers.sort((one, other) => one.dueMs - other.dueMs);
    this.#setAlarm();
  }

  /** The call waits for a person: it was not carried out, and is made again later. */
  wait(entry: Entry, wait: RunWait, leave: Error): void {
    entry.wait = wait;
    entry.call = { ...entry.call, state: "waiting", waitsFor: wait.id };
    this.#saving.changed(entry);
    entry.reject(leave);
  }

  /** Throws `run_diverged`: what changed something before was not asked for again. */
  assertSame(): void {
    const left = [...this.#owed];
    if (left.length > 0) throw runDiverged(left);
  }

  /** What it waits for, each once. */
  get waits(): readonly RunWait[] {
    const waits = this.#entries.flatMap(({ wait }) => (wait ? [wait] : []));
    return [...new Map(waits.map((wait) => [wait.id, wait])).values()];
  }

  /** How many calls went through the stages. */
  get callCount(): number {
    return this.#entries.filter(({ call }) => isOut(call)).length;
  }

  /** What is not written yet, when all is over. Throws what a write before it failed with. */
  async rest(): Promise<readonly RunCall[]> {
    return (await this.#saving.rest()).map(({ call }) => call);
  }

  /** Nobody asks any more: what waits for its turn is let go. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#alarm);
    this.#turns.close();
  }

  #record(entry: Entry, outcome: CallOutcomeText, known: Partial<RunCall>, atMs: number): void {
    const { lastMs } = this.#clock;
    entry.call = {
      ...entry.call,
      ...known,
      state: "done",
      waitsFor: undefined,
      // What the host says itself it says again.
      outcome: isOut(entry.call) || outcome.kind === "error" ? outcome : undefined,
      errorCode: outcome.kind === "error" ? outcome.code : undefined,
      settledAs: ++this.#places,
      settledAtMs: Math.max(lastMs, atMs),
    };
    this.#saving.changed(entry);
    this.#answer(entry, outcome);
  }

  #answer({ call, resolve }: Entry, outcome: CallOutcomeText): void {
    this.#lastPlace = call.settledAs ?? 0;
    const clockMs = this.#clock.moveTo(call.settledAtMs ?? 0);
    resolve(
      outcome.kind === "value"
        ? valueReply(clockMs, outcome.text)
        : errorReply(clockMs, outcome.code, outcome.message),
    );
  }

  /** Waits that are over by then come first, each at its own moment. */
  #ring(nowMs: number): void {
    for (let first = this.#timers[0]; first && first.dueMs <= nowMs; first = this.#timers[0]) {
      this.#timers.shift();
      this.#record(first.entry, nothing, {}, first.dueMs);
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const [first] = this.#timers;
    if (first && !this.#isClosed)
      this.#alarm = setTimeout(
        () => this.#ring(Math.max(this.#clock.now(), first.dueMs)),
        Math.max(0, first.dueMs - this.#clock.now()),
      );
  }
}

const nothing: CallOutcomeText = { kind: "value", text: "null" };

/** Whether it went through the stages. */
export function isOut({ method }: Pick<RunCall, "method">): boolean {
  return method !== "wait" && method !== "local";
}

/** Whether it may have changed something: what is no tool does not, and a tool of which that is not known may. */
export function changesSomething({ method, class: toolClass }: Pick<RunCall, "method" | "class">): boolean {
  return method === "tools/call" && toolClass !== "read";
}

/** Whether nobody knows if it was carried out. */
export function isUnknown(call: RunCall): boolean {
  return call.state === "intended" && changesSomething(call);
}

function keyOf({ digest, occurrence }: Pick<RunCall, "digest" | "occurrence">): string {
  return `${digest}/${occurrence}`;
}

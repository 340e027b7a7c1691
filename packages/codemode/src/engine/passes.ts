/** The passes of code that this process is at: of which runs, stopped when somebody else has the run, concluded when the code is over. */
import type { ChildCalls } from "@castellan/calls";
import type { ChangeFeed, Database } from "@castellan/database";
import type { Isolates } from "@castellan/isolates";
import { kernelFaults, type Clock, type Fault } from "@castellan/kernel";
import type { Replicas } from "@castellan/replicas";
import type { Vault } from "@castellan/vault";
import { runTaken } from "../faults.ts";
import { saveCalls } from "../journal/call-table.ts";
import { Journal } from "../journal/journal.ts";
import type { Run, RunAnswer, RunCall } from "../run.ts";
import { findRuns } from "../runs/reading.ts";
import { runsTopic } from "../runs/run-row.ts";
import type { Conclusion } from "./conclusion.ts";
import { nothingToWaitFor, runCancelled } from "./faults.ts";
import type { HostOptions } from "./host.ts";
import { pass } from "./pass.ts";
import type { PreparedCode } from "./prepared-code.ts";

export interface PassesOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, "seal" | "open" | "mac">;
  readonly clock: Clock;
  readonly changes: Pick<ChangeFeed, "on">;
  readonly replicas: Pick<Replicas, "lapsed">;
  readonly isolates: Pick<Isolates, "run">;
}

/** By what code calls, and what it finds. */
export interface Seat extends Pick<HostOptions, "surface"> {
  readonly calls: ChildCalls;
}

export interface Work {
  readonly run: Run;
  readonly code: PreparedCode;
  readonly recorded: readonly RunCall[];
  /** Resolves when the run is on record. */
  readonly begun: Promise<unknown>;
  readonly badEnds: ReadonlyMap<string, Fault>;
  readonly signal: AbortSignal;
}

/** Of code that makes no calls. */
export interface Exploring extends Pick<Seat, "surface"> {
  readonly signal: AbortSignal;
}

export const noBadEnds: ReadonlyMap<string, Fault> = new Map();

export class Passes implements AsyncDisposable {
  readonly #options: PassesOptions;
  readonly #conclusion: Conclusion;
  readonly #closing = new AbortController();
  readonly #working = new Map<string, { readonly version: number; readonly stop: AbortController }>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #stopListening: () => void;

  constructor(options: PassesOptions, conclusion: Conclusion) {
    this.#options = options;
    this.#conclusion = conclusion;
    this.#stopListening = options.changes.on(runsTopic, (keys) => this.#look(keys));
  }

  /** Aborts when this replica stops. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  has(id: string): boolean {
    return this.#working.has(id);
  }

  work(work: Work, seat: Seat): Promise<RunAnswer> {
    return this.track(this.#work(work, seat));
  }

  explore(exploring: Exploring & Pick<Work, "run" | "code"> & { readonly text: string }): Promise<RunAnswer> {
    return this.track(this.#explore(exploring));
  }

  /** It is waited for when this replica stops. */
  async track<Value>(promise: Promise<Value>): Promise<Value> {
    this.#underWay.add(promise);
    try {
      return await promise;
    } finally {
      this.#underWay.delete(promise);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#closing.abort(kernelFaults.fault("shutting_down", "This replica is stopping"));
    await Promise.allSettled(this.#underWay);
  }

  async #work({ run, code, recorded, signal: asked, ...host }: Work, seat: Seat): Promise<RunAnswer> {
    const { isolates, replicas } = this.#options;
    const stop = new AbortController();
    const failed = new AbortController();
    const journal = this.#journal(run, { recorded, failed, begun: host.begun });
    const work = { version: run.version, stop };
    this.#working.set(run.id, work);
    try {
      const signal = AbortSignal.any([asked, stop.signal, replicas.lapsed, this.closing]);
      const { program, module } = code;
      const ground = { ...host, ...seat, isolates, program, digest: this.#digest, signal, failed };
      const ended = await pass(journal, ground);
      // Nothing of what calls came to leaves before they are on record.
      await seat.calls.recorded();
      return await this.#conclusion.conclude({ run, journal, ended, module });
    } catch (error) {
      // Of what never began nothing is on record: why it did not is why it failed.
      await host.begun;
      return await this.#conclusion.giveUp({ run, journal }, error);
    } finally {
      if (this.#working.get(run.id) === work) this.#working.delete(run.id);
    }
  }

  async #explore({
    run,
    code: { program, module },
    text,
    surface,
    signal: asked,
  }: Parameters<Passes["explore"]>[0]): Promise<RunAnswer> {
    const { isolates } = this.#options;
    const failed = new AbortController();
    const signal = AbortSignal.any([asked, this.closing]);
    const begun = Promise.resolve();
    const journal = this.#journal(run, { recorded: [], failed, begun });
    const host = { surface, digest: this.#digest, begun, badEnds: noBadEnds };
    const ended = await pass(journal, { ...host, isolates, program, signal, failed });
    if (ended.kind === "parked") throw nothingToWaitFor();
    return this.#conclusion.record({ run, code: text, ended, module });
  }

  #journal(
    run: Run,
    { recorded, begun, failed }: Pick<Work, "recorded" | "begun"> & { readonly failed: AbortController },
  ): Journal {
    const { database, vault, clock } = this.#options;
    const save = async (calls: readonly RunCall[]) => {
      await begun;
      await saveCalls(database, vault, run, calls);
    };
    return new Journal({ clock, recorded, save, onError: (error) => failed.abort(error) });
  }

  readonly #digest = (parts: readonly string[]): string =>
    this.#options.vault.mac("codemode/call", JSON.stringify(parts)).toString("hex").slice(0, 40);

  /** Somebody took or ended what this process works on. */
  async #look(keys: readonly string[] | "all"): Promise<void> {
    const ids = [...this.#working.keys()].filter((id) => keys === "all" || keys.includes(id));
    if (ids.length === 0) return;
    for (const { id, version, state } of await findRuns(this.#options.database, ids)) {
      const work = this.#working.get(id);
      if (work && version > work.version)
        work.stop.abort(state === "cancelled" ? runCancelled() : runTaken(id));
    }
  }
}

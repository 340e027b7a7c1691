/** One pass over a run's code, from its beginning: until it returns, fails, or has nothing left to do but wait for people. */
import type { ChildCalls } from "@castellan/calls";
import type { Binding, Isolates, Program, RunEnd } from "@castellan/isolates";
import { codemodeFaults } from "../faults.ts";
import type { Journal } from "../journal/journal.ts";
import { Host, type HostOptions } from "./host.ts";

export interface PassOptions extends Pick<HostOptions, "surface" | "digest" | "begun" | "badEnds"> {
  readonly isolates: Pick<Isolates, "run">;
  readonly program: (host: Binding) => Program;
  /** Absent for code that only explores. */
  readonly calls?: ChildCalls | undefined;
  /** Aborted with what the journal could not write: the pass fails with that. */
  readonly failed: AbortController;
  /** Aborts the pass, with why. */
  readonly signal: AbortSignal;
}

/** So long is waited for a write that code has made, and not waited for itself. */
const maxLateMs = 30_000;

/**
 * Resolves when all is over and nothing is under way any more. Throws why it was aborted, what `Isolates.run` does, what the journal could not write, and
 * `run_diverged`.
 */
export async function pass(journal: Journal, options: PassOptions): Promise<RunEnd> {
  const { isolates, program, calls, signal, begun, failed } = options;
  const over = new AbortController();
  const fail = (error: unknown) => failed.abort(error);
  const host = new Host({ ...options, journal, calls, fail, signal: over.signal });
  begun.catch(fail);
  const stop = AbortSignal.any([signal, failed.signal]);
  const abort = () => over.abort(stop.reason);
  stop.addEventListener("abort", abort);
  try {
    stop.throwIfAborted();
    const end = await isolates.run(program(host), { signal: stop, onQuiet: () => "end" });
    await begun;
    await settle(host, { end, over, journal });
    stop.throwIfAborted();
    return end;
  } catch (error) {
    over.abort(error);
    journal.close();
    await host.over();
    // What it failed with first is why.
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    stop.removeEventListener("abort", abort);
  }
}

/** What code has begun to change is let come to its end; what it only asked is dropped. */
async function settle(
  host: Host,
  { end, over, journal }: { readonly end: RunEnd; readonly over: AbortController; readonly journal: Journal },
): Promise<void> {
  const isOwn = end.kind === "returned" || end.kind === "threw";
  if (isOwn) {
    const timer = setTimeout(() => over.abort(ended()), maxLateMs);
    await host.writesOver().finally(() => clearTimeout(timer));
  }
  over.abort(ended());
  journal.close();
  await host.over();
}

function ended() {
  return codemodeFaults.fault("run_ended", "The code has ended");
}

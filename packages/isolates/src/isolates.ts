import type { ProcessLimits, Program, RunEnd, RunLimits } from "./program.ts";

export interface Isolates extends AsyncDisposable {
  /**
   * Runs a program to its end. Throws `isolates_busy` when too many wait, `isolates_unavailable` where no process can be had,
   * `isolate_containment_missing`, and the signal's reason; for nothing that the program does.
   */
  run(program: Program, options: RunOptions): Promise<RunEnd>;
  /** What is going on, for gauges and tests. */
  readonly stats: IsolateStats;
  /** How programs are contained here, and what is missing if they are not. */
  readonly containment: ContainmentReport;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Told once the program has begun. */
  readonly onBegin?: (() => void) | undefined;
  /**
   * Called when every call out is answered or was put off, and the program itself has nothing left to do but wait for what was put off.
   * `"end"`: the run ends there (`parked`); `"wait"`: it goes on waiting.
   */
  readonly onQuiet?: ((putOff: number) => "end" | "wait") | undefined;
}

/** What a binding throws to leave its call unanswered: whether it ever is, is for `onQuiet`. */
export class PutOff extends Error {}

export interface IsolateStats {
  readonly idle: number;
  readonly busy: number;
  readonly starting: number;
  readonly waiting: number;
  /** Since the beginning. */
  readonly started: number;
  readonly killed: number;
}

export const containmentModes = ["required", "preferred", "none"] as const;

/** `required`: contained, or not at all. `preferred`: contained where that can be had. `none`: plain. */
export type ContainmentMode = (typeof containmentModes)[number];

export interface ContainmentReport {
  readonly mode: ContainmentMode;
  readonly isContained: boolean;
  /** How: the version of bubblewrap, the user id inside. */
  readonly how?: string | undefined;
  /** What is missing, and how to get it: sentences for an admin. */
  readonly missing: readonly string[];
}

export interface IsolatesOptions {
  readonly containment: ContainmentMode;
  /**
   * A folder for sockets and nothing else, made by the pool with mode 0711: as root, processes run as another user, so its parents must
   * let everybody pass. Its path must be short (a socket's path has at most 107 bytes).
   */
  readonly dir: string;
  /** Processes ready beside those in use. Default 2. */
  readonly warm?: number;
  /** Programs that run at a time. Default: 16. */
  readonly maxRunning?: number;
  /** Of one owner. Default: half of `maxRunning`. */
  readonly maxRunningPerOwner?: number;
  /** Runs that may wait for a place, half of them of one owner; owners take turns. Default 1,000. */
  readonly maxWaiting?: number;
  /** Runs after which a process is replaced. Default 500. */
  readonly runsPerProcess?: number;
  /** A process that kept an owner and has nothing to do is ended after this. Default 60,000. */
  readonly idleMs?: number;
  readonly processLimits?: Partial<ProcessLimits>;
  readonly runLimits?: Partial<RunLimits>;
  readonly onError: (error: unknown) => void;
}

/** One run of the `postgres` process, from its start to its end. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { findDeathSignal, watchOwnDeath } from "./death-watch.ts";
import { toSpawnFault, toStartFault } from "./failures.ts";
import { toClusterName } from "./leftovers.ts";
import { readLines, toFolderArgument, toSpawnOptions } from "./program.ts";
import { toArguments } from "./settings.ts";

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended, with how: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Fast shutdown (sessions are ended, a checkpoint is written); by force if it takes too long. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly clusterDir: string;
  readonly socketDir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly isThrowaway: boolean;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

const readyLine = /^LOG:\s+database system is ready to accept connections/;
/** Recovery after a crash may take minutes, but PostgreSQL tells of its progress every ten seconds. */
const silenceMs = 60_000;
const fastStopMs = 30_000;
const immediateStopMs = 5_000;
const keptLines = 50;
/** How long what it wrote before its end may take to arrive. */
const lastWordsMs = 500;

/** Starts it and waits until it takes connections. Faults: those of `failures.ts`. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { child, ended } = await spawnPostmaster(options);
  const pid = child.pid as number;
  try {
    await waitUntilReady(child, ended, options);
  } catch (error) {
    await stopProcess(child, ended);
    throw error;
  }
  return { pid, ended, stop: () => stopProcess(child, ended) };
}

async function spawnPostmaster(
  options: PostmasterOptions,
): Promise<{ child: ChildProcess; ended: Promise<string> }> {
  const { clusterDir, account, binaries } = options;
  const deathSignal = await findDeathSignal();
  const clusterName = await toClusterName(clusterDir);
  const [program = "", ...args] = [
    ...(deathSignal ?? []),
    binaries.postgres,
    "-D",
    toFolderArgument(clusterDir),
    ...toArguments({ ...options, clusterName }),
  ];
  const child = spawn(program, args, {
    ...toSpawnOptions(account, clusterDir),
    stdio: ["ignore", "ignore", "pipe"],
    // A session of its own: a ctrl-C on our terminal must not end the database before our drain.
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(toSpawnFault("PostgreSQL", error)));
  });
  const watcher = deathSignal === undefined ? watchOwnDeath(child.pid as number) : undefined;
  const ended = new Promise<string>((resolve) => {
    // "exit", not "close": backends that outlive a killed postmaster hold its standard error open.
    child.once("exit", (code, signal) => {
      watcher?.kill("SIGKILL");
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  return { child, ended };
}

/** Reads what it says from now on; resolves at the line that tells of readiness. */
async function waitUntilReady(
  child: ChildProcess,
  ended: Promise<string>,
  options: PostmasterOptions,
): Promise<void> {
  const { log, signal, clusterDir } = options;
  signal.throwIfAborted();
  const output: string[] = [];
  const ready = Promise.withResolvers<void>();
  const fail = () => ready.reject(toStartFault("The start", clusterDir, output));
  const abort = () => ready.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  let silence: NodeJS.Timeout | undefined = setTimeout(fail, silenceMs);
  if (child.stderr !== null)
    readLines(child.stderr, (line) => {
      log(line);
      if (silence === undefined) return;
      silence.refresh();
      output.push(line);
      if (output.length > keptLines) output.shift();
      if (readyLine.test(line)) ready.resolve();
    });
  const closed = new Promise((resolve) => child.once("close", resolve));
  void ended.then(async (how) => {
    await endsWithin(closed, lastWordsMs);
    output.unshift(`it ended with ${how}`);
    fail();
  });
  try {
    await ready.promise;
  } finally {
    clearTimeout(silence);
    silence = undefined;
    signal.removeEventListener("abort", abort);
  }
}

async function stopProcess(child: ChildProcess, ended: Promise<string>): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGINT", fastStopMs],
    ["SIGQUIT", immediateStopMs],
  ] as const) {
    child.kill(signal);
    if (await endsWithin(ended, waitMs)) return;
  }
  child.kill("SIGKILL");
  await ended;
}

async function endsWithin(ended: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  return Promise.race([ended.then(() => true), timeout]).finally(() => clearTimeout(timer));
}

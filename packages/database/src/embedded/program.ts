/** Running PostgreSQL's programs: as the right user, with a clean environment, from inside their folder. */
import { spawn, type SpawnOptions } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Account } from "./account.ts";

/** Nothing of ours leaks in (PGDATA, LD_PRELOAD, LC_ALL, secrets), and messages are English, as `failures.ts` reads them. */
const environment = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };

/**
 * The folder's name for a program that was started inside of it. The new process enters its working
 * directory before it gives up root's rights, so on Linux the account can work in a folder that it
 * could not reach by its path (under /root, say), and the path may be of any length.
 */
export function toFolderArgument(folder: string): string {
  return process.platform === "linux" ? "/proc/self/cwd" : folder;
}

export function toSpawnOptions(account: Account, cwd: string): SpawnOptions {
  return { cwd, env: environment, ...account.switchTo };
}

/** Runs to the end; the output's lines as they came. Rejects if it cannot be started or is aborted. */
export async function runProgram(
  path: string,
  args: readonly string[],
  options: { readonly account: Account; readonly cwd: string; readonly signal?: AbortSignal | undefined },
): Promise<{ code: number | null; output: string[] }> {
  const child = spawn(path, args, {
    ...toSpawnOptions(options.account, options.cwd),
    stdio: ["ignore", "pipe", "pipe"],
    signal: options.signal,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) readLines(stream, (line) => output.push(line));
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    child.on("error", (error) => {
      failure = error;
      // Aborted, it is still running: what it does to its folder must be over first.
      if (child.pid === undefined) reject(error);
    });
    child.on("close", (code) => (failure === undefined ? resolve({ code, output }) : reject(failure)));
  });
}

export function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
}

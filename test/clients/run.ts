/** Runs a client's command as a process of its own, with a home folder that holds nothing. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ran {
  /** The exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Home extends AsyncDisposable {
  /** The environment for whoever is to live there: nothing of ours leaks into it. */
  readonly env: Readonly<Record<string, string>>;
}

export async function makeHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "castellan-home-"));
  return {
    env: { HOME: folder, PATH: process.env["PATH"] ?? "" },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs a script with this Node and waits for its end. */
export function runNode(file: string, args: readonly string[], { env }: Home): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env, timeout: 20_000, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(process.execPath, [file, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** The files that processes read, where whoever they run as can read them. */
import { constants } from "node:fs";
import { chmod, copyFile, link, mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ProcessLimits } from "../program.ts";

const source = join(import.meta.dirname, "..", "runtime");

export interface RuntimeFiles {
  readonly runtimeDir: string;
  readonly workerd: string;
  /** For `bwrap --seccomp`. */
  readonly filter: string | undefined;
}

/** Writes them to `dir`/runtime. The binary stays where it is unless `user` cannot reach it there. */
export async function prepareRuntime(
  dir: string,
  given: {
    readonly workerd: string;
    readonly user: number | undefined;
    readonly limits: ProcessLimits;
    readonly filter: Uint8Array | undefined;
  },
): Promise<RuntimeFiles> {
  const runtimeDir = join(dir, "runtime");
  await mkdir(runtimeDir);
  const config = await readFile(join(source, "config.capnp"), "utf8");
  await writeFile(join(runtimeDir, "config.capnp"), config.replace('HEAP_MIB"', `${given.limits.heapMiB}"`));
  await copyFile(join(source, "supervisor.js"), join(runtimeDir, "supervisor.js"));
  let filter: string | undefined;
  if (given.filter !== undefined) await writeFile((filter = join(runtimeDir, "filter")), given.filter);
  // Whatever the umask is.
  await chmod(runtimeDir, 0o755);
  for (const name of await readdir(runtimeDir)) await chmod(join(runtimeDir, name), 0o644);
  if (given.user === undefined) return { runtimeDir, workerd: given.workerd, filter };
  const mayRun = ((await stat(given.workerd)).mode & 0o005) === 0o005;
  if (mayRun && (await isOpenToAll(given.workerd))) return { runtimeDir, workerd: given.workerd, filter };
  const workerd = join(runtimeDir, "workerd");
  const copy = (): Promise<void> => copyFile(given.workerd, workerd, constants.COPYFILE_FICLONE);
  if (mayRun) await link(given.workerd, workerd).catch(copy);
  else await copy();
  await chmod(workerd, 0o755);
  return { runtimeDir, workerd, filter };
}

/** The harness, the program's main module. */
export function readHarness(): Promise<string> {
  return readFile(join(source, "harness.js"), "utf8");
}

/** Whether a user without any right of its own gets to it: each folder on the way can be passed. */
export async function isOpenToAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The folder of one pool, named after the process that has it: what a dead one left behind is swept by the next that starts there. */
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { endLeftovers } from "./leftovers.ts";

const maxSocketPath = 107;
let last = 0;

/** Makes it, in `dir`, both to be passed through by anybody (processes run as another user) and listed by us only. Throws if a socket in it would have too long a path. */
export async function makePoolFolder(dir: string): Promise<string> {
  const folder = join(dir, `${process.pid}-${ownStart}-${++last}`);
  const longest = Buffer.byteLength(join(folder, "1000000", "s"));
  if (longest > maxSocketPath) {
    throw new Error(
      `The folder for sockets has too long a path: ${dir}. A socket's path has at most ${maxSocketPath} bytes.`,
    );
  }
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
  await sweep(dir);
  await mkdir(folder);
  await chmod(folder, 0o711);
  return folder;
}

/** When this process began: another of the same id began at another time. */
const ownStart = Math.round(performance.timeOrigin).toString(36);

async function sweep(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const [, pid, start] = /^(\d+)-([0-9a-z]+)-\d+$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid), start!)) continue;
    await endLeftovers(join(dir, name));
    await rm(join(dir, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number, start: string): boolean {
  if (pid === process.pid) return start === ownStart;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

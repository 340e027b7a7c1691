/**
 * What a host that was killed may leave although its processes die with it: a bubblewrap of which one half died while it started the
 * other, which then waits for its word for ever and has run nothing. On Linux, where there is `/proc`.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";

const ours = new Set(["bwrap", "workerd"]);

/** Ends those that name something in `folder`, whose host is dead. */
export async function endLeftovers(folder: string): Promise<void> {
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const [program = "", ...rest] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split(
      "\0",
    );
    if (!ours.has(basename(program)) || !rest.some((text) => text.startsWith(`${folder}/`))) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // Gone meanwhile, or not ours to end.
    }
  }
}

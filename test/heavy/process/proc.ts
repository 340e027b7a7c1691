/** What the kernel says of processes (proc_pid(5)): the only witness that does not take our word for it. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
}

/** The processes that work in a folder or below it. A house works in its home, PostgreSQL in its cluster, children where they were started. */
export function processesIn(folder: string): SeenProcess[] {
  return pids()
    .filter((pid) => {
      const place = read(() => readlinkSync(`/proc/${pid}/cwd`)).replace(/ \(deleted\)$/, "");
      return place === folder || place.startsWith(`${folder}/`);
    })
    .map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Sockets that a process has open, of any kind. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => read(() => readlinkSync(`${folder}/${fd}`)).startsWith("socket:"))
    .length;
}

/** Resident memory, MiB. */
export function residentMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

/**
 * Looks again and again until the answer is there, and says what it last saw when it does not come: for what
 * the kernel, PostgreSQL or another process does in its own time and announces to nobody.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  isRight: (seen: T) => boolean,
  { withinMs = 10_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endsMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isRight(seen)) return seen;
    if (performance.now() > endsMs)
      throw new Error(`Not within ${withinMs} ms: ${look}; last seen: ${JSON.stringify(seen)}`);
    await delay(everyMs);
  }
}

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function commandOf(pid: number): string {
  return read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
}

/** Empty when the process ended while we looked. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return "";
  }
}

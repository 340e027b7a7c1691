/** What the operating system says of a process: `/proc/PID/stat`, proc(5). */
import { readFileSync } from "node:fs";

export interface Usage {
  /** Processor time since it began, of all its threads; the system counts in steps of 10 ms. */
  readonly cpuMs: number;
  readonly residentMiB: number;
  /** In ticks since boot: a process that has another than before is another process. */
  readonly startedAt: number;
}

/** Nothing if there is no such process, or no `/proc`. */
export function readUsage(pid: number): Usage | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  const [utime, stime, startedAt, pages] = [13, 14, 21, 23].map((field) => Number(stat[field - 2]));
  return {
    cpuMs: ((utime! + stime!) * 1_000) / system().ticksPerSecond,
    residentMiB: (pages! * system().pageSize) / 1_048_576,
    startedAt: startedAt!,
  };
}

/** The fields behind the name in brackets, which may hold anything; a dead process that nobody has collected yet is none. */
function readStat(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields;
  } catch {
    return undefined;
  }
}

let known: { pageSize: number; ticksPerSecond: number } | undefined;

/** From the auxiliary vector that the kernel gave this process (getauxval(3)): pairs of 64-bit numbers. */
function system(): { readonly pageSize: number; readonly ticksPerSecond: number } {
  if (known) return known;
  known = { pageSize: 4_096, ticksPerSecond: 100 };
  try {
    const vector = readFileSync("/proc/self/auxv");
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      const type = vector.readBigUInt64LE(at);
      const value = Number(vector.readBigUInt64LE(at + 8));
      if (type === 6n) known.pageSize = value;
      if (type === 17n) known.ticksPerSecond = value;
    }
  } catch {
    // What nearly every Linux has.
  }
  return known;
}

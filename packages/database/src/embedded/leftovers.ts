/**
 * Processes of an earlier PostgreSQL on this cluster: a postmaster that outlived its Castellan, or
 * backends that outlived their postmaster. They are stopped before a new one is started. The caller
 * holds the folder's lock, so none of them serves another Castellan.
 */
import { readFile, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { databaseFaults } from "../faults.ts";
import { runProgram } from "./program.ts";

/**
 * The name that PostgreSQL gives each of its processes on this cluster, made of the folder's device and
 * inode. It stands on the postmaster's command line and in its children's titles, which everyone may read
 * (their working directory not even root may, in a container).
 */
export async function toClusterName(clusterDir: string): Promise<string> {
  const { dev, ino } = await stat(clusterDir, { bigint: true });
  return `castellan-${dev}.${ino}`;
}

const fastShutdownMs = 20_000;
/** For an orphan, which has nothing to write; and for the kernel to end what was killed. */
const endMs = 2_000;
const lookAgainMs = 25;

/** Stops them, politely first. Fault: `database_start_failed` if one cannot be stopped. */
export async function stopLeftovers(clusterDir: string, log: (line: string) => void): Promise<void> {
  const name = await toClusterName(clusterDir);
  const { uid } = await stat(clusterDir);
  const find = async () => findProcesses(name, uid);
  const found = await find();
  if (found.length > 0) {
    log(`Stopping an earlier PostgreSQL on ${clusterDir} (process ${found.join(", ")})`);
    const recorded = await readPostmasterPid(clusterDir);
    const postmaster = found.find((pid) => pid === recorded);
    // A fast shutdown by the postmaster, which ends its backends; orphans are told to leave at once.
    if (postmaster !== undefined) signalProcess(postmaster, "SIGINT");
    else for (const pid of found) signalProcess(pid, "SIGQUIT");
    if (!(await waitUntilGone(find, postmaster === undefined ? endMs : fastShutdownMs))) {
      for (const pid of await find()) signalProcess(pid, "SIGKILL");
      if (!(await waitUntilGone(find, endMs)))
        throw databaseFaults.fault(
          "database_start_failed",
          `An earlier PostgreSQL on ${clusterDir} (process ${(await find()).join(", ")}) does not end; end it, or restart the machine`,
        );
    }
  }
  await removeForeignPid(clusterDir);
}

/** PostgreSQL would take a process that got the dead postmaster's id since then for a running postmaster. */
async function removeForeignPid(clusterDir: string): Promise<void> {
  const pid = await readPostmasterPid(clusterDir);
  if (pid !== undefined && isAlive(pid)) await unlink(join(clusterDir, "postmaster.pid"));
}

async function readPostmasterPid(clusterDir: string): Promise<number | undefined> {
  const text = await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

async function waitUntilGone(find: () => Promise<number[]>, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += lookAgainMs) {
    if ((await find()).length === 0) return true;
    await delay(lookAgainMs);
  }
  return false;
}

/** Processes of this name; only those of the cluster's owner, since anybody may take any name. */
async function findProcesses(name: string, uid: number): Promise<number[]> {
  const isNamed = (command: string) =>
    command.startsWith(`postgres: ${name}: `) || command.split(/[\0 ]/).includes(`cluster_name=${name}`);
  const processes = process.platform === "linux" ? await readProcesses() : await listProcesses();
  return processes.filter((found) => found.uid === uid && isNamed(found.command)).map(({ pid }) => pid);
}

interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly command: string;
}

async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const processes = pids.map(async (pid) => {
    try {
      const { uid } = await stat(`/proc/${pid}`);
      return [{ pid, uid, command: await readFile(`/proc/${pid}/cmdline`, "utf8") }];
    } catch {
      // Ended meanwhile.
      return [];
    }
  });
  return (await Promise.all(processes)).flat();
}

async function listProcesses(): Promise<Process[]> {
  const ps = await runProgram("/bin/ps", ["-axww", "-o", "pid=,uid=,command="], {
    account: { clientName: "" },
    cwd: "/",
  });
  return ps.output.flatMap((line) => {
    const [, pid, uid, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), uid: Number(uid), command }];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

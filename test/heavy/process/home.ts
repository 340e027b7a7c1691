/** A folder for the houses of one test. Disposing of it proves that nothing was left running in it. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { eventually, processesIn } from "./proc.ts";

export interface Home extends AsyncDisposable {
  readonly path: string;
  readonly dataDir: string;
}

export interface HomeOptions {
  /** Default `/tmp`. */
  readonly parent?: string;
  /** Path of the data folder within the home. Default `data`. */
  readonly dataDir?: string;
  /** Who owns it. */
  readonly uid?: number | undefined;
}

export function createHome(options: HomeOptions = {}): Home {
  const path = realpathSync(mkdtempSync(join(options.parent ?? "/tmp", "castellan-house-")));
  const dataDir = join(path, options.dataDir ?? "data");
  mkdirSync(join(dataDir, ".."), { recursive: true });
  if (options.uid !== undefined) chownSync(path, options.uid, options.uid);
  return {
    path,
    dataDir,
    async [Symbol.asyncDispose]() {
      // After a kill the kernel and PostgreSQL need a moment to end what hung on the dead one.
      const left = await eventually(
        () => processesIn(path),
        (processes) => processes.length === 0,
      ).catch((error: Error) => error);
      for (const { pid } of processesIn(path)) process.kill(pid, "SIGKILL");
      const socketDir = socketDirOf(dataDir);
      if (socketDir !== undefined) await rm(socketDir, { recursive: true, force: true });
      await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      if (left instanceof Error) throw left;
    },
  };
}

/** Where the embedded PostgreSQL of a data folder listens or last listened. */
export function socketDirOf(dataDir: string): string | undefined {
  const file = join(dataDir, "holder.json");
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { socketDir?: string }).socketDir;
}

/** The process id of the data folder's PostgreSQL. */
export function postgresPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, "postgresql/postmaster.pid"), "utf8"), 10);
}

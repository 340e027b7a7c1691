/**
 * One Castellan per data folder. The lock is a lock of the kernel on a file (taken through SQLite,
 * the only one in Node that takes any): it ends with the process however that ends, needs no guess
 * about process ids, and holds between containers that share the folder.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { databaseFaults } from "../faults.ts";
import { toFolderFault } from "./failures.ts";

/** What the holder of the lock says about itself; also what is left to clean up if it died. */
interface Holder {
  readonly pid: number;
  readonly socketDir?: string;
}

export interface FolderLock {
  /** The holder before this one, if it told. */
  readonly previous: Holder | undefined;
  /** Tells others; also overwrites what the previous holder said. */
  tell(holder: Holder): Promise<void>;
  release(): void;
}

const sqliteBusy = 5;
/** SQLite's own limit is 512, with the names it appends. */
const maxPathBytes = 480;

/** Faults: `database_in_use`, `database_folder_denied`, `database_disk_full`. */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const holderFile = join(dataDir, "holder.json");
  const previous = await readHolder(holderFile);
  const lock = takeLock(dataDir, previous);
  return {
    previous,
    tell: async (holder) => {
      await writeFile(holderFile, JSON.stringify(holder), { mode: 0o600 }).catch((error: unknown) => {
        throw toFolderFault(dataDir, error);
      });
    },
    release: () => lock.close(),
  };
}

function takeLock(dataDir: string, holder: Holder | undefined): DatabaseSync {
  const path = join(dataDir, "castellan.lock");
  if (Buffer.byteLength(path) > maxPathBytes)
    throw databaseFaults.fault(
      "database_folder_denied",
      `The path of the data folder is longer than ${maxPathBytes - "/castellan.lock".length} bytes; choose a shorter one`,
    );
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    // Nothing is ever written to it, so it needs no journal beside it.
    lock.exec("pragma journal_mode = memory; begin exclusive");
    return lock;
  } catch (cause) {
    lock?.close();
    if ((cause as { errcode?: number }).errcode === sqliteBusy)
      throw databaseFaults.fault(
        "database_in_use",
        `Another Castellan${holder === undefined ? "" : ` (process ${holder.pid})`} is running on ${dataDir}; stop it, or give this one a data folder of its own`,
        { cause },
      );
    throw databaseFaults.fault(
      "database_folder_denied",
      `The lock file ${path} cannot be used (${(cause as Error).message}); change its owner or mode, or choose another data folder`,
      { cause },
    );
  }
}

/** What the file says; undefined where it says nothing that can be understood. */
export async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, socketDir } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    if (typeof pid !== "number") return undefined;
    return typeof socketDir === "string" ? { pid, socketDir } : { pid };
  } catch {
    return undefined;
  }
}

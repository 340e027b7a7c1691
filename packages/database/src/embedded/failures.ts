/** From what the system and PostgreSQL say to one sentence that tells what to do. */
import { type Fault, isFault } from "@castellan/kernel";
import { databaseFaults } from "../faults.ts";

/** A failed operation on a file or folder. */
export function toFolderFault(path: string, cause: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(path, cause);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return databaseFaults.fault(
      "database_folder_denied",
      `The embedded database may not write to ${path} (${code}); change the folder's owner or mode, or choose another data folder`,
      { cause },
    );
  return databaseFaults.fault(
    "database_start_failed",
    `The embedded database cannot use ${path}: ${(cause as Error).message}`,
    {
      cause,
    },
  );
}

/** PostgreSQL also reports a write that was cut short. */
const diskFullText = /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes/;

/** An `initdb` or `postgres` that ended, by what it said before. */
export function toStartFault(program: string, dataDir: string, output: readonly string[]): Fault {
  const text = output.join("\n");
  if (diskFullText.test(text)) return diskFull(dataDir, undefined);
  if (/error while loading shared libraries|version `GLIBC/.test(text))
    return databaseFaults.fault(
      "database_platform_unsupported",
      `The embedded PostgreSQL cannot run on this system (${pickReason(output)}); set DATABASE_URL to use a PostgreSQL server of your own`,
    );
  if (/Permission denied/.test(text))
    return databaseFaults.fault(
      "database_folder_denied",
      `The embedded PostgreSQL may not use a folder it needs (${pickReason(output)}); change its owner or mode, or choose another data folder`,
    );
  return databaseFaults.fault(
    "database_start_failed",
    `${program} of the embedded PostgreSQL failed (${pickReason(output)}); correct that, or set DATABASE_URL to use a PostgreSQL server of your own`,
  );
}

/** Whether a start failed since processes of the one before had not all gone; they end by themselves. */
export function isStillInUse(error: unknown): boolean {
  return (
    isFault(error, "database_start_failed") &&
    /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(error.message)
  );
}

/** A program that could not even be started. */
export function toSpawnFault(program: string, cause: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return databaseFaults.fault(
    "database_platform_unsupported",
    `${program} cannot be started on this system (${code}); set DATABASE_URL to use a PostgreSQL server of your own`,
    { cause },
  );
}

function diskFull(path: string, cause: unknown): Fault {
  return databaseFaults.fault(
    "database_disk_full",
    `There is no space left on the disk that holds ${path}; free some and start again`,
    { cause },
  );
}

/** The first line that states a fatal error, without what PostgreSQL puts before it; else the last line. */
function pickReason(output: readonly string[]): string {
  const fatal = output
    .map((line) => /\b(?:FATAL|PANIC|error): +(.*)/.exec(line)?.[1])
    .find((reason) => reason !== undefined);
  return fatal ?? output.findLast((line) => line.trim() !== "")?.trim() ?? "it said nothing";
}

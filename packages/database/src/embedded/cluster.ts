/** The folder that PostgreSQL keeps its data in: made once, whole or not at all, and opened to one user only. */
import { randomBytes } from "node:crypto";
import { chown, lchown, mkdir, open, opendir, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { databaseFaults } from "../faults.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { findDeathSignal } from "./death-watch.ts";
import { toFolderFault, toSpawnFault, toStartFault } from "./failures.ts";
import { runProgram, toFolderArgument } from "./program.ts";
import { embeddedUser, toInitArguments } from "./settings.ts";

const temporaryPrefix = "postgresql.new-";
const supportedMajor = "18";

export function toClusterDir(dataDir: string): string {
  return join(dataDir, "postgresql");
}

export interface ClusterOptions {
  readonly dataDir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly isThrowaway: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the cluster if there is none, and writes who may connect.
 * Faults: `database_disk_full`, `database_folder_denied`, `database_version_unsupported`, `database_start_failed`.
 */
export async function prepareCluster(options: ClusterOptions): Promise<string> {
  const { dataDir, account } = options;
  const clusterDir = toClusterDir(dataDir);
  await removeTemporary(dataDir);
  const isNew = (await stat(clusterDir).catch(() => undefined)) === undefined;
  if (isNew) await createCluster(clusterDir, options);
  else await checkCluster(clusterDir, account);
  try {
    await writeAccess(clusterDir, account);
  } catch (error) {
    throw toFolderFault(clusterDir, error);
  }
  return clusterDir;
}

/** What an earlier start left that was ended in the middle of initdb. */
async function removeTemporary(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir))
    if (name.startsWith(temporaryPrefix)) await removeFolder(join(dataDir, name));
}

/** Patiently: an initdb that was ended may still be writing its last file. */
async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function createCluster(clusterDir: string, options: ClusterOptions): Promise<void> {
  const { dataDir, account, binaries, signal } = options;
  const temporary = join(dataDir, `${temporaryPrefix}${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(temporary, { mode: 0o700 });
    if (account.switchTo !== undefined) await chown(temporary, account.switchTo.uid, account.switchTo.gid);
    const [program = "", ...args] = [
      ...((await findDeathSignal()) ?? []),
      binaries.initdb,
      "-D",
      toFolderArgument(temporary),
      ...toInitArguments(options.isThrowaway),
    ];
    const { code, output } = await runProgram(program, args, { account, cwd: temporary, signal }).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        throw toSpawnFault("initdb", error);
      },
    );
    if (code !== 0) throw toStartFault("initdb", dataDir, output);
    await rename(temporary, clusterDir);
    await syncFolder(dataDir);
  } catch (error) {
    await removeFolder(temporary);
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : toFolderFault(dataDir, error);
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}

async function checkCluster(clusterDir: string, account: Account): Promise<void> {
  const version = await readFile(join(clusterDir, "PG_VERSION"), "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw toFolderFault(clusterDir, error);
    throw databaseFaults.fault(
      "database_start_failed",
      `The folder ${clusterDir} holds no PostgreSQL cluster; move it away or restore it from a backup`,
    );
  });
  if (version.trim() !== supportedMajor)
    throw databaseFaults.fault(
      "database_version_unsupported",
      `The data in ${clusterDir} was written by PostgreSQL ${version.trim()} and this release carries ${supportedMajor}; run the release that wrote it, export, and import here`,
    );
  const { uid } = await stat(clusterDir);
  if (account.switchTo !== undefined && uid === 0) await handOver(clusterDir, account.switchTo);
}

/** A cluster that root owns (restored from a backup, say) goes to the account, links not followed. */
async function handOver(folder: string, to: { uid: number; gid: number }): Promise<void> {
  for await (const entry of await opendir(folder, { recursive: true }))
    await lchown(join(entry.parentPath, entry.name), to.uid, to.gid);
  await lchown(folder, to.uid, to.gid);
}

/** Only the user that Castellan runs as, by the kernel's word (peer), and only over the socket. */
async function writeAccess(clusterDir: string, account: Account): Promise<void> {
  const map = "castellan";
  await replaceFile(join(clusterDir, "pg_hba.conf"), `local all all peer map=${map}\n`, account);
  await replaceFile(
    join(clusterDir, "pg_ident.conf"),
    `${map} "${account.clientName}" ${embeddedUser}\n`,
    account,
  );
}

/** Writes only what differs, so that a start on a full disk gets as far as it can. */
async function replaceFile(path: string, text: string, account: Account): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => undefined)) === text) return;
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  // "wx" follows no link: the folder belongs to another user, and this may be root.
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(text);
    if (account.switchTo !== undefined) await handle.chown(account.switchTo.uid, account.switchTo.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

/**
 * The folder of the unix socket: short, since a socket's path ends at 107 bytes wherever the data
 * folder is; new at every start, so that no path can be stale or taken; and for one user only.
 */
import { chown, lstat, mkdtemp, readdir, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Account } from "./account.ts";
import { toFolderFault } from "./failures.ts";

const prefix = "castellan-";

/** `parent`: a folder that both users can reach, at most 80 bytes long. */
export async function createSocketFolder(parent: string, account: Account): Promise<string> {
  try {
    // mkdtemp makes it 0700 and fails rather than take one that is there.
    const folder = await mkdtemp(join(parent, prefix));
    if (account.switchTo !== undefined) await chown(folder, account.switchTo.uid, account.switchTo.gid);
    return folder;
  } catch (error) {
    throw toFolderFault(parent, error);
  }
}

/** Removes a folder that `createSocketFolder` made, if it is still what it was; anything else stays. */
export async function removeSocketFolder(folder: string, parent: string, account: Account): Promise<void> {
  if (dirname(folder) !== parent || !basename(folder).startsWith(prefix)) return;
  const owner = account.switchTo?.uid ?? process.getuid?.();
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory() || found.uid !== owner) return;
  for (const name of await readdir(folder))
    if (name.startsWith(".s.PGSQL.")) await unlink(join(folder, name)).catch(() => {});
  await rmdir(folder).catch(() => {});
}

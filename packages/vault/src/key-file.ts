/**
 * The master key of an installation without one from outside: a file in the data folder, made at the
 * first start. Whoever may read the file may read every secret, so it belongs to one user (0600) and
 * wider permissions are refused rather than corrected: who knows who has read it already.
 */
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { link, open, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { vaultFaults } from "./faults.ts";
import { generateMasterKey, parseMasterKey, type MasterKey } from "./master-key.ts";

/** Windows has no permission bits; there the folder's access list protects the file. */
const hasPermissionBits = process.platform !== "win32";

/** A key file holds 44 characters and a newline; whatever is longer than this is something else. */
const maxFileBytes = 1024;

export interface LoadedMasterKey {
  readonly key: MasterKey;
  /** True when this call made the file: tell the operator to keep a copy of it elsewhere. */
  readonly created: boolean;
}

/**
 * Reads the master key from `file`, or makes one when there is no such file; several processes may
 * try at once and all get the same key. Throws `vault_key_file` with a sentence for the operator.
 */
export async function loadOrCreateMasterKey(file: string): Promise<LoadedMasterKey> {
  const present = await loadMasterKey(file);
  if (present !== undefined) return { key: present, created: false };
  if (await createKeyFile(file)) return { key: await getMasterKey(file), created: true };
  return { key: await getMasterKey(file), created: false };
}

async function getMasterKey(file: string): Promise<MasterKey> {
  const key = await loadMasterKey(file);
  if (key === undefined) throw refuse(file, "was removed while it was being read");
  return key;
}

/** Reads the master key from `file`; undefined when there is none. Throws `vault_key_file`. */
export async function loadMasterKey(file: string): Promise<MasterKey | undefined> {
  let handle: FileHandle;
  try {
    // No symbolic link is followed, and a named pipe must not hold the start.
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "ELOOP") throw refuse(file, "is a symbolic link", error);
    throw refuse(file, `cannot be read (${codeOf(error)})`, error);
  }
  try {
    assertPrivate(file, await handle.stat());
    return parseMasterKey(await handle.readFile("utf8"), file);
  } catch (error) {
    if (codeOf(error) === "invalid_input")
      throw refuse(file, "does not hold a master key; restore it from your copy");
    throw error;
  } finally {
    await handle.close();
  }
}

function assertPrivate(file: string, stats: Stats): void {
  if (!stats.isFile() || stats.size > maxFileBytes) throw refuse(file, "is not a key file");
  const permissions = stats.mode & 0o777;
  if (hasPermissionBits && (permissions & 0o177) !== 0) {
    const octal = permissions.toString(8).padStart(4, "0");
    throw refuse(file, `has permissions ${octal}; only its owner may read it: chmod 600 ${file}`);
  }
}

/**
 * Writes a new key beside `file` and gives it its name by a hard link, which fails when the name is
 * taken: nobody reads half a key, a kill leaves none, and no key is ever replaced (a rename would).
 * Returns false when another process was first.
 */
async function createKeyFile(file: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(`${generateMasterKey().text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file);
    await syncFolder(dirname(file));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw refuse(file, `cannot be made (${codeOf(error)}); its folder must exist and be writable`, error);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/** The name is durable only when its folder is: see fsync(2). Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (!hasPermissionBits) return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refuse(file: string, reason: string, cause?: unknown) {
  return vaultFaults.fault("vault_key_file", `The master key's file ${file} ${reason}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

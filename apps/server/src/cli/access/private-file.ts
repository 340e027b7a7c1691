/** Files that hold a secret: only their owner may read them. */
import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";

const maxBytes = 256 * 1024;

/**
 * The file's text; undefined when there is none. Another user's file is not believed: it could lead to a server of
 * theirs. Root may use one of another user where it was `isNamed` by whoever gives the command.
 * Faults: `access_file_unsafe`, `access_file_invalid`.
 */
export async function readPrivateFile(
  path: string,
  { uid }: Pick<Terminal, "uid">,
  { isNamed, holds }: { isNamed: boolean; holds: string },
): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // A named pipe must not hold the command up.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw invalid(path, `cannot be read (${code})`);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > maxBytes) throw invalid(path, `is not a file with ${holds}`);
    assertPrivate(path, stats, uid, isNamed);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function assertPrivate(
  path: string,
  { mode, uid: owner }: Stats,
  uid: number | undefined,
  isNamed: boolean,
): void {
  // Windows has neither; there the folder's access list protects the file.
  if (uid === undefined) return;
  if (owner !== uid && !(uid === 0 && isNamed)) throw unsafe(path, "belongs to another user");
  const permissions = mode & 0o777;
  if ((permissions & 0o077) !== 0)
    throw unsafe(
      path,
      `can be read by others (${permissions.toString(8).padStart(4, "0")}): chmod 600 ${path}`,
    );
}

/** Of such a file's text. Fault: `access_file_invalid`. */
export function parsePrivate(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the file.
    throw invalid(path, "is not JSON");
  }
}

/** What can be sent in a header at all. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

function unsafe(path: string, reason: string) {
  return cliFaults.fault("access_file_unsafe", `${path} ${reason}`);
}

/** `reason`: the rest of a sentence that begins with the path. */
export function invalid(path: string, reason: string) {
  return cliFaults.fault("access_file_invalid", `${path} ${reason}`);
}

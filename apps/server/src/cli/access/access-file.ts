/** A file with a server's URL and a token for it. Whoever can read it is an admin, so only its owner may. */
import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { cliFaults } from "../faults.ts";
import type { Terminal } from "../terminal.ts";
import { toServerUrl, urlRule } from "./url.ts";

export interface AccessFile {
  readonly path: string;
  readonly url: string;
  readonly token: string;
}

const maxBytes = 64 * 1024;

/**
 * Reads the file; undefined when there is none. Another user's file is not believed: it could lead to
 * a server of theirs. Root may use one of another user where it was `isNamed` by whoever gives the command.
 * Faults: `access_file_unsafe`, `access_file_invalid`.
 */
export async function loadAccessFile(
  path: string,
  { uid }: Pick<Terminal, "uid">,
  { isNamed }: { isNamed: boolean },
): Promise<AccessFile | undefined> {
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
    if (!stats.isFile() || stats.size > maxBytes) throw invalid(path, "is not a file with URL and token");
    assertPrivate(path, stats, uid, isNamed);
    return parse(path, await file.readFile("utf8"));
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

function parse(path: string, text: string): AccessFile {
  let value: { url?: unknown; token?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    // The parser's message would quote the file.
    throw invalid(path, "is not JSON");
  }
  const { url, token } = value ?? {};
  const serverUrl = typeof url === "string" ? toServerUrl(url) : undefined;
  if (serverUrl === undefined) throw invalid(path, `has no good \`url\`: it ${urlRule}`);
  if (typeof token !== "string" || !isToken(token)) throw invalid(path, "has no `token` that could be one");
  return { path, url: serverUrl, token };
}

/** What can be sent in a header at all. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function unsafe(path: string, reason: string) {
  return cliFaults.fault("access_file_unsafe", `${path} ${reason}`);
}

function invalid(path: string, reason: string) {
  return cliFaults.fault("access_file_invalid", `${path} ${reason}`);
}

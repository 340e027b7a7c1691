/**
 * The first admin's way in: URL and token in a file that only its owner can read. It is not in the
 * log, which is kept, copied and shipped.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "@castellan/mcp";

export interface AdminAccess {
  readonly url: string;
  readonly token: string;
}

export function adminFile(dataDir: string): string {
  return join(dataDir, "admin.json");
}

export async function readAdminFile(dataDir: string): Promise<AdminAccess | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(adminFile(dataDir), "utf8"));
    const { url, token } = isObject(value) ? value : {};
    return typeof url === "string" && typeof token === "string" ? { url, token } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the whole file or nothing. */
export async function writeAdminFile(dataDir: string, access: AdminAccess): Promise<void> {
  const file = adminFile(dataDir);
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(access, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

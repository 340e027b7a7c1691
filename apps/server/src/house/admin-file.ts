/**
 * The first admin's way in: URL and token in a file that only its owner can read. It is not in the
 * log, which is kept, copied and shipped.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "@castellan/mcp";
import { serverFaults } from "../faults.ts";
import { writeWhole } from "./write-whole.ts";

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

/** Writes the whole file or nothing. Fault: `admin_file_unwritable`. */
export async function writeAdminFile(dataDir: string, access: AdminAccess): Promise<void> {
  const file = adminFile(dataDir);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeWhole(file, `${JSON.stringify(access, null, 2)}\n`);
  } catch (cause) {
    throw serverFaults.fault(
      "admin_file_unwritable",
      `The first admin's token cannot be kept in ${file} (${(cause as NodeJS.ErrnoException).code}); make its folder writable, or choose another data folder`,
      { cause },
    );
  }
}

/**
 * The first person's way in: a one-time link in a file that only its owner can read, and on the terminal if there is one.
 * It is not in the log, which is kept, copied and shipped.
 */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@castellan/database";
import { ensureFirstOwnerLink, welcomePath } from "@castellan/sign-in";
import { serverFaults } from "../faults.ts";
import { writeWhole } from "./write-whole.ts";

export function firstOwnerFile(dataDir: string): string {
  return join(dataDir, "first-owner-link");
}

export interface FirstOwnerLink {
  readonly url: string;
  /** What the URL ends in. */
  readonly secret: string;
  readonly file: string;
}

/**
 * Makes the link while nobody is an owner and there is none; undefined otherwise. `replaces`: another takes the place of
 * one that there is. Fault: `owner_file_unwritable`.
 */
export async function keepFirstOwnerLink(
  database: Database,
  {
    dataDir,
    publicUrl,
    nowMs,
    replaces,
  }: { dataDir: string; publicUrl: string; nowMs: number; replaces: boolean },
): Promise<FirstOwnerLink | undefined> {
  const file = firstOwnerFile(dataDir);
  const urlOf = (secret: string) => `${publicUrl}${welcomePath(secret)}`;
  const made = await ensureFirstOwnerLink(database, {
    nowMs,
    replaces,
    keep: async ({ secret }) => {
      try {
        await mkdir(dataDir, { recursive: true, mode: 0o700 });
        await writeWhole(file, `${urlOf(secret)}\n`);
      } catch (cause) {
        throw serverFaults.fault(
          "owner_file_unwritable",
          `The first owner's link cannot be kept in ${file} (${(cause as NodeJS.ErrnoException).code}); make its folder writable, or choose another data folder`,
          { cause },
        );
      }
    },
  });
  return made && { url: urlOf(made.secret), secret: made.secret, file };
}

/** Whether there is no file that could tell a link. */
export async function isLinkLost(dataDir: string): Promise<boolean> {
  return stat(firstOwnerFile(dataDir)).then(
    () => false,
    () => true,
  );
}

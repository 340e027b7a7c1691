/**
 * The operating-system user that PostgreSQL runs as. PostgreSQL refuses to run as root, so where
 * Castellan is root it runs as the user that owns the cluster, or for a new one as `postgres` if
 * there is such a user, else as `nobody`.
 */
import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { databaseFaults } from "../faults.ts";

export interface Account {
  /** The user that Castellan itself runs as: the only one that may connect. */
  readonly clientName: string;
  /** Present if PostgreSQL runs as another user than Castellan. */
  readonly switchTo?: { readonly uid: number; readonly gid: number };
}

const candidates = ["postgres", "nobody"];

export async function chooseAccount(clusterDir: string): Promise<Account> {
  const uid = process.getuid?.();
  const clientName = readOwnName(uid);
  const owner = await stat(clusterDir).catch(() => undefined);
  if (uid !== 0) {
    if (owner !== undefined && owner.uid !== uid)
      throw databaseFaults.fault(
        "database_folder_denied",
        `The folder ${clusterDir} belongs to another user (id ${owner.uid}); run Castellan as that user or as root, or hand the folder over with chown -R`,
      );
    return { clientName };
  }
  if (owner !== undefined && owner.uid !== 0)
    return { clientName, switchTo: { uid: owner.uid, gid: owner.gid } };
  return { clientName, switchTo: await findUnprivileged() };
}

/** initdb and the peer check ask the user database for a name; containers may run under an id that has none. */
function readOwnName(uid: number | undefined): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw databaseFaults.fault(
      "database_start_failed",
      `The embedded database needs a user with a name, and user id ${uid} has no entry in /etc/passwd; add one, run as another user, or set DATABASE_URL`,
      { cause },
    );
  }
}

async function findUnprivileged(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n");
  const users = new Map(
    lines.map((line) => line.split(":")).map(([name, , uid, gid]) => [name, { uid, gid }]),
  );
  for (const name of candidates) {
    const uid = Number(users.get(name)?.uid);
    const gid = Number(users.get(name)?.gid);
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw databaseFaults.fault(
    "database_start_failed",
    "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; add one, run Castellan as an ordinary user, or set DATABASE_URL",
  );
}

/** The embedded PostgreSQL that another process runs: for commands beside a server. */
import { join } from "node:path";
import type { ConnectionSettings } from "../connection.ts";
import { readHolder } from "./folder-lock.ts";
import { embeddedDatabase, embeddedPort, embeddedUser } from "./settings.ts";

/**
 * How to reach the server of this folder, if its holder has told; good only after `startEmbeddedServer` has refused
 * with `database_in_use`, for what a holder told stays when it dies. Only the user that it runs as gets in.
 */
export async function findRunningServer(dataDir: string): Promise<ConnectionSettings | undefined> {
  const { socketDir } = (await readHolder(join(dataDir, "holder.json"))) ?? {};
  if (socketDir === undefined) return undefined;
  return { host: socketDir, port: embeddedPort, user: embeddedUser, database: embeddedDatabase };
}

/**
 * The embedded PostgreSQL: a server of our own in the data folder, for those who run none.
 *
 * One Castellan per folder (`folder-lock.ts`), a cluster made whole or not at all (`cluster.ts`),
 * leftovers of a crash stopped (`leftovers.ts`), a socket that only we can open (`socket-folder.ts`),
 * and a process that is started again when it ends (`supervisor.ts`) and ends when we do (`death-watch.ts`).
 */
import { mkdir, realpath } from "node:fs/promises";
import type { ConnectionSettings } from "../connection.ts";
import { type Account, chooseAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { prepareCluster, toClusterDir } from "./cluster.ts";
import { toFolderFault } from "./failures.ts";
import { lockFolder } from "./folder-lock.ts";
import { stopLeftovers } from "./leftovers.ts";
import { embeddedDatabase, embeddedPort, embeddedUser } from "./settings.ts";
import { createSocketFolder, removeSocketFolder } from "./socket-folder.ts";
import { Supervisor } from "./supervisor.ts";

export interface EmbeddedServerOptions {
  /** Made if it is not there. The cluster lies in its folder `postgresql`. */
  readonly dataDir: string;
  /** Gets what PostgreSQL and its supervisor say, line by line. */
  readonly log?: (line: string) => void;
  /** Aborts the start. A server that has started is stopped by disposing of it. */
  readonly signal?: AbortSignal;
  /** Where the socket's folder is made: at most 80 bytes, reachable for the user PostgreSQL runs as. Default `/tmp`. */
  readonly socketParent?: string;
  /** For tests: no fsync, so a crash of the machine may lose everything. */
  readonly dangerouslyThrowaway?: boolean;
}

export interface EmbeddedServer extends AsyncDisposable {
  /** The same for the server's whole life, across restarts of PostgreSQL. */
  readonly connection: ConnectionSettings;
  /** PostgreSQL's present process; undefined while there is none. */
  readonly pid: number | undefined;
  /** Why PostgreSQL is down at present, in one sentence; undefined while it runs. */
  readonly problem: string | undefined;
}

/**
 * Starts it, or throws one of: `database_in_use`, `database_disk_full`, `database_folder_denied`,
 * `database_version_unsupported`, `database_platform_unsupported`, `database_start_failed`.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const {
    log = () => {},
    socketParent = "/tmp",
    dangerouslyThrowaway: isThrowaway = false,
    signal,
  } = options;
  signal?.throwIfAborted();
  const dataDir = await makeFolder(options.dataDir);
  const lock = await lockFolder(dataDir);
  const undo: (() => unknown)[] = [() => lock.release()];
  const close = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const account = await chooseAccount(toClusterDir(dataDir));
    const binaries = await findBinaries(account, dataDir);
    const clusterDir = await prepareCluster({ dataDir, account, binaries, isThrowaway, signal });
    await stopLeftovers(clusterDir, log);
    if (lock.previous?.socketDir !== undefined)
      await removeSocketFolder(lock.previous.socketDir, socketParent, account);
    const socketDir = await makeSocketFolder(socketParent, account, undo);
    await lock.tell({ pid: process.pid, socketDir });
    const supervisor = new Supervisor({ clusterDir, socketDir, account, binaries, isThrowaway, log });
    undo.push(() => supervisor.stop());
    await supervisor.start(signal);
    const connection = {
      host: socketDir,
      port: embeddedPort,
      user: embeddedUser,
      database: embeddedDatabase,
    };
    return new SupervisedServer(connection, supervisor, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Made private if it is new. The path without links, so that the folder has one name in all messages. */
async function makeFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return await realpath(path);
  } catch (error) {
    throw toFolderFault(path, error);
  }
}

async function makeSocketFolder(parent: string, account: Account, undo: (() => unknown)[]): Promise<string> {
  const folder = await createSocketFolder(parent, account);
  undo.push(() => removeSocketFolder(folder, parent, account));
  return folder;
}

class SupervisedServer implements EmbeddedServer {
  readonly connection: ConnectionSettings;
  readonly #supervisor: Supervisor;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(connection: ConnectionSettings, supervisor: Supervisor, close: () => Promise<void>) {
    this.connection = connection;
    this.#supervisor = supervisor;
    this.#close = close;
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  get problem(): string | undefined {
    return this.#supervisor.problem;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }
}

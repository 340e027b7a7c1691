/**
 * The process that owns a test run's server: `node keeper.ts SOCKET RUN`.
 *
 * It lives as long as somebody holds a connection to its socket or the run's process is alive, and
 * for a short while after its last connection at most. All of its state is in one temporary folder.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { unlinkSync } from "node:fs";
import { startEmbeddedServer } from "../embedded/server.ts";

const idleMs = 10_000;
const lookAgainMs = 100;

const [path = "", run = ""] = process.argv.slice(2);

/** The socket is the lock: of several keepers that start at once, one gets it and the others leave. */
async function listen(server: Server): Promise<boolean> {
  const code = await tryListen(server);
  if (code !== "EADDRINUSE") return code === undefined;
  if (await isAnswered()) return false;
  // Left behind by a keeper that was killed.
  unlinkSync(path);
  return (await tryListen(server)) === undefined;
}

async function tryListen(server: Server): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(error.code) : reject(error);
    server.once("error", onError);
    server.listen(path, () => {
      server.off("error", onError);
      resolve(undefined);
    });
  });
}

async function isAnswered(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket.destroy().destroyed));
    socket.on("error", () => resolve(false));
  });
}

function isRunAlive(): boolean {
  try {
    process.kill(Number(run), 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when nobody needs the server any more; from then on nobody is told of it. */
async function untilOver(connections: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      server.close();
      resolve();
    };
    let idleSince = performance.now();
    const timer = setInterval(() => {
      if (connections.size > 0) idleSince = performance.now();
      else if (!isRunAlive() || performance.now() - idleSince > idleMs) {
        clearInterval(timer);
        end();
      }
    }, lookAgainMs);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  });
}

const connections = new Set<Socket>();
const settings = Promise.withResolvers<string>();
const server = createServer((socket) => {
  connections.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => connections.delete(socket));
  void settings.promise.then((line) => socket.write(line));
});

if (await listen(server)) {
  const dataDir = await mkdtemp("/tmp/castellan-test-");
  try {
    const postgres = await startEmbeddedServer({ dataDir, dangerouslyThrowaway: true });
    try {
      settings.resolve(`${JSON.stringify(postgres.connection)}\n`);
      await untilOver(connections);
    } finally {
      await postgres[Symbol.asyncDispose]();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
    server.close();
    for (const socket of connections) socket.destroy();
  }
}
process.exit();

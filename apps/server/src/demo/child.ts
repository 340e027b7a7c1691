/** A demo server as a child process: started, waited for, ended with the house. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const startTimeoutMs = 20_000;

export async function startChild(options: {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  port: number;
  onLine: (line: string) => void;
  signal: AbortSignal;
}): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, options.args, {
    // A stranger's program: nothing of our environment is its business.
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => options.onLine(chunk.toString("utf8").trimEnd()));
  const exited = once(child, "exit");
  const failed = exited.then(([code]) => {
    throw new Error(`ended at its start with code ${String(code)}`);
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([accepting(options.port, options.signal), failed]);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      // Our own idle connections would keep it from closing; what it has said yes to is on its disk.
      const killer = setTimeout(() => child.kill("SIGKILL"), 500);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** Resolves when something listens on the port. */
async function accepting(port: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMs)]);
  for (;;) {
    const socket = connect({ port, host: "127.0.0.1" });
    try {
      await once(socket, "connect", { signal: limit });
      return;
    } catch (error) {
      if (limit.aborted) throw error;
    } finally {
      socket.destroy();
    }
    await delay(50, undefined, { signal: limit });
  }
}

/** A port that is free now: the wanted one, or any. */
export async function freePort(wanted: number | undefined): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted ?? 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
    return address.port;
  } finally {
    server.close();
  }
}

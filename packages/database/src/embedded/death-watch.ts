/**
 * PostgreSQL ends when Castellan does, however that ends. On Linux the kernel signals it
 * (`setpriv --pdeathsig`, util-linux); elsewhere a shell waits for the end of a pipe that only we hold.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { runProgram } from "./program.ts";

/** The command before the program that makes SIGINT (a fast shutdown) follow our death; undefined if there is none. */
export async function findDeathSignal(): Promise<string[] | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const path of ["/usr/bin/setpriv", "/bin/setpriv"]) {
    const command = [path, "--pdeathsig", "INT", "--"];
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    // Asked, since busybox has a setpriv without this option.
    if (isThere && (await tryCommand(command))) return command;
  }
  return undefined;
}

async function tryCommand([path = "", ...args]: readonly string[]): Promise<boolean> {
  const tried = await runProgram(path, [...args, "true"], { account: { clientName: "" }, cwd: "/" }).catch(
    () => undefined,
  );
  return tried?.code === 0;
}

/** Starts the waiting shell, in a session of its own so that ctrl-C does not reach it. End it when `pid` has ended. */
export function watchOwnDeath(pid: number): ChildProcess {
  const script = 'trap "" INT TERM HUP; read -r line; kill -INT "$1"';
  const watcher = spawn("/bin/sh", ["-c", script, "castellan-death-watch", String(pid)], {
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.on("error", () => {});
  watcher.stdin?.on("error", () => {});
  watcher.unref();
  return watcher;
}

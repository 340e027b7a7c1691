/** Finds this test run's server, and starts its keeper if there is none. */
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ConnectionSettings } from "../connection.ts";

const startTimeoutMs = 60_000;
const lookAgainMs = 20;

let found: Promise<ConnectionSettings> | undefined;

/** The server's connection. The process keeps a connection to the keeper open as long as it lives. */
export async function findTestServer(): Promise<ConnectionSettings> {
  found ??= find().catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

async function find(): Promise<ConnectionSettings> {
  // The workers of a run have one parent.
  const run = process.ppid;
  const path = `/tmp/castellan-test-${process.getuid?.()}-${run}.sock`;
  const deadline = performance.now() + startTimeoutMs;
  let keeper: Keeper | undefined;
  while (performance.now() < deadline) {
    const socket = await tryConnect(path);
    if (socket !== undefined) {
      const line = await readLine(socket);
      if (line !== undefined) return JSON.parse(line) as ConnectionSettings;
    }
    // One that left because there was another is needed once that one is over.
    if (keeper === undefined || keeper.isGone) keeper = startKeeper(path, run);
    if (keeper.failure !== undefined) throw new Error(`The test server did not start: ${keeper.failure}`);
    await delay(lookAgainMs);
  }
  throw new Error(`The test server did not start within ${startTimeoutMs} ms`);
}

interface Keeper {
  isGone: boolean;
  failure: string | undefined;
}

/** In a session of its own: ctrl-C must not end it before it has cleaned up. */
function startKeeper(path: string, run: number): Keeper {
  const state: Keeper = { isGone: false, failure: undefined };
  const script = fileURLToPath(new URL("keeper.ts", import.meta.url));
  const keeper = spawn(process.execPath, [script, path, String(run)], {
    env: {},
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  keeper.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  keeper.on("error", (error) => {
    state.failure = error.message;
  });
  keeper.on("close", (code) => {
    state.isGone = true;
    if (code !== 0) state.failure = output;
  });
  keeper.unref();
  (keeper.stderr as unknown as Socket).unref();
  return state;
}

async function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.on("error", () => resolve(undefined));
  });
}

/** The keeper's only line, once its server runs; undefined if it went away before. */
async function readLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!text.endsWith("\n")) return;
      // Held open, but no reason for this process to stay.
      socket.unref();
      resolve(text);
    });
    socket.once("close", () => resolve(undefined));
  });
}

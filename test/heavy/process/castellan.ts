/** The real command in a process of its own, as an operator would start it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

const command = fileURLToPath(new URL("../../../apps/server/bin/castellan.js", import.meta.url));

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface LaunchOptions {
  readonly home: Home;
  /** Default `up`. */
  readonly args?: readonly string[];
  /** Beside the data folder and a free port; nothing of the test's own environment but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs it as this user. */
  readonly uid?: number | undefined;
}

/** A process that was started, ready or not. */
export interface Launched extends AsyncDisposable {
  readonly pid: number;
  readonly log: readonly LogLine[];
  readonly ended: Promise<Ended>;
  /** Resolves at the log line with this message; rejects when the process ends before. */
  line(message: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
}

/** One that serves. */
export interface Castellan extends Launched {
  readonly url: string;
  readonly dataDir: string;
  /** From the start of the process to its word that it is ready. */
  readonly readyMs: number;
  /** Calls the API as the first admin; throws when the answer is no success. */
  api<Answer = Record<string, unknown>>(method: string, path: string, body?: object): Promise<Answer>;
}

export async function startCastellan(options: LaunchOptions): Promise<Castellan> {
  const startedMs = performance.now();
  const launched = launch(options);
  try {
    const ready = await launched.line("Castellan is ready");
    const readyMs = Math.round(performance.now() - startedMs);
    const url = String(ready["url"]);
    const { dataDir } = options.home;
    return Object.assign(launched, { url, dataDir, readyMs, api: createApi(url, dataDir) });
  } catch (error) {
    await launched[Symbol.asyncDispose]();
    throw error;
  }
}

export function launch({ home, args = ["up"], env = {}, uid }: LaunchOptions): Launched {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: home.path,
    env: {
      PATH: process.env["PATH"],
      HOME: uid === undefined ? process.env["HOME"] : home.path,
      CASTELLAN_DATA: home.dataDir,
      CASTELLAN_PORT: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  const wake = () => waiting.forEach((look) => look());
  createInterface({ input: child.stdout }).on("line", (line) => {
    log.push(JSON.parse(line) as LogLine);
    wake();
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  // "close" comes after the last line was read.
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, stderr }) as Ended);

  function line(message: string): Promise<LogLine> {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const look = () => {
      const found = log.find((each) => each.message === message);
      if (found) resolve(found);
    };
    look();
    waiting.add(look);
    void ended.then((end) => reject(new Error(`It ended before "${message}": ${JSON.stringify(end)}`)));
    return promise.finally(() => waiting.delete(look));
  }

  return {
    pid: child.pid ?? 0,
    log,
    ended,
    line,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Stops it as an init system does, and expects nothing of how it ends. */
export async function stop(castellan: Launched): Promise<Ended> {
  castellan.kill("SIGTERM");
  return castellan.ended;
}

function createApi(url: string, dataDir: string): Castellan["api"] {
  return async <Answer>(method: string, path: string, body?: object) => {
    const { token } = JSON.parse(readFileSync(join(dataDir, "admin.json"), "utf8")) as { token: string };
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      // Whoever counts connections is to find those of callers only.
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", connection: "close" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as Answer;
  };
}

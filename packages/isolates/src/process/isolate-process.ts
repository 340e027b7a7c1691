/**
 * One workerd process: it runs one owner's programs, one at a time. It is reached over the socket that it listens on; each run has a
 * connection of its own, opened before it is needed, and what belongs to the run in there ends with it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { chown, mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";

import { WebSocket } from "ws";

import { descriptors, goAhead, toCommand, type Cage } from "../containment/command.ts";
import { createLineReader } from "./lines.ts";
import { parseLogLine } from "./log-line.ts";
import { createTail, type Tail } from "./tail.ts";
import { readUsage, type Usage } from "./usage.ts";
import type { LogLine } from "../program.ts";

const startTimeoutMs = 15_000;
/** Processor time that a process may use on its own after a run: to take a connection, to collect garbage. */
const restingCpuMs = 60;
const restingCpuShare = 0.02;
/** Bytes that it may log on its own then: what its last run left in the pipe. */
const restingLogBytes = 262_144;
/** One that starts is given time; one that ran a program and then takes so long has not come to rest. */
const firstHandshakeMs = 5_000;
const nextHandshakeMs = 1_000;

export interface ProcessOptions {
  readonly cage: Cage;
  /** A folder that is not there yet; removed with the process. */
  readonly dir: string;
  /** The longest message that it may send. */
  readonly maxFrameBytes: number;
  /** The longest line that it may log. */
  readonly maxLineBytes: number;
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said last, on stderr and of itself. */
  readonly lastWords: string;
}

/** Who listens to a process while it runs a program. */
export interface ProcessListener {
  /** It ended of itself. */
  readonly onExit: (exit: Exit) => void;
  readonly onLog: (line: LogLine) => void;
  readonly onTooLong: () => void;
}

export class IsolateProcess implements AsyncDisposable {
  /** Resolves when it is gone; never rejects. */
  readonly exited: Promise<Exit>;
  /** Whose programs it ran. */
  owner: string | undefined;
  runs = 0;
  listener: ProcessListener | undefined;
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #maxFrameBytes: number;
  readonly #lastWords: Tail;
  readonly #fresh: Usage | undefined;
  readonly #pid: number;
  /** Open, for the run that comes next. */
  #connection: Promise<WebSocket | undefined>;
  #restedAt: { readonly cpuMs: number; readonly ms: number } | undefined;
  #restingLogBytes = 0;
  #isEnding = false;

  private constructor(
    child: ChildProcess,
    pid: number,
    connection: WebSocket,
    rest: { options: ProcessOptions; lastWords: Tail; exited: Promise<Exit> },
  ) {
    this.#child = child;
    this.#pid = pid;
    this.#dir = rest.options.dir;
    this.#maxFrameBytes = rest.options.maxFrameBytes;
    this.#lastWords = rest.lastWords;
    this.#fresh = readUsage(pid);
    this.#connection = Promise.resolve(connection);
    connection.once("close", this.#onIdleClose);
    this.exited = rest.exited.finally(() =>
      rm(this.#dir, { recursive: true, force: true }).catch(() => undefined),
    );
    this.#listen(rest.options.maxLineBytes);
  }

  /** Starts one, listening. Throws what it said if it does not come up. */
  static async start(options: ProcessOptions): Promise<IsolateProcess> {
    const { cage, dir } = options;
    await mkdir(dir, { mode: 0o700 });
    if (cage.user !== undefined) await chown(dir, cage.user, cage.user);
    // No environment, no folder, no descriptor but these, and no signal that a terminal sends to us and all that we started.
    const [program, ...args] = toCommand(cage, dir);
    const child = spawn(program, args, {
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", ...cage.nothingBehind],
      ...(cage.user === undefined ? {} : { uid: cage.user, gid: cage.user }),
    });
    const lastWords = createTail(4_096);
    child.stderr!.on("data", (chunk: Buffer) => lastWords.add(chunk));
    const exited = toExit(child, lastWords);
    const timer = setTimeout(() => child.kill("SIGKILL"), startTimeoutMs);
    try {
      const up = Promise.all([idOf(child, cage), letThrough(child)]);
      const [pid] = await Promise.race([up, exited.then(failStart)]);
      const connection = await openConnection(dir, options.maxFrameBytes, firstHandshakeMs);
      return new IsolateProcess(child, pid, connection, { options, lastWords, exited });
    } catch (error) {
      child.kill("SIGKILL");
      await exited;
      await rm(dir, { recursive: true, force: true });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get pid(): number {
    return this.#pid;
  }

  /** Killed, or gone of itself. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get usage(): Usage | undefined {
    const usage = readUsage(this.#pid);
    return usage?.startedAt === this.#fresh?.startedAt ? usage : undefined;
  }

  /** By how much its memory grew since it was fresh. */
  get grownMiB(): number {
    return (this.usage?.residentMiB ?? 0) - (this.#fresh?.residentMiB ?? 0);
  }

  /**
   * The connection for a run, which closes it; the one for the run after it is opened meanwhile. Nothing if there is none: the
   * process is not as it should be.
   */
  async take(): Promise<WebSocket | undefined> {
    const connection = await this.#connection;
    connection?.off("close", this.#onIdleClose);
    // Once the program is sent: it does not wait for that.
    this.#connection = setImmediate()
      .then(() => openConnection(this.#dir, this.#maxFrameBytes, nextHandshakeMs))
      .then(
        (connection) => connection.once("close", this.#onIdleClose),
        () => undefined,
      );
    return connection;
  }

  /** After a run. */
  rest(): void {
    this.#restedAt = { cpuMs: this.usage?.cpuMs ?? 0, ms: performance.now() };
    this.#restingLogBytes = 0;
  }

  /**
   * Whether it works although its last run is over. What belonged to that ended with its connection: something got out of it, and the
   * process is not to be trusted with another.
   */
  get isRestless(): boolean {
    if (this.#restedAt === undefined) return false;
    const workedMs = (this.usage?.cpuMs ?? 0) - this.#restedAt.cpuMs;
    return workedMs > restingCpuMs + (performance.now() - this.#restedAt.ms) * restingCpuShare;
  }

  /** Whether it can take another run. */
  async isRested(): Promise<boolean> {
    if (this.isRestless) return false;
    const connection = await this.#connection;
    return connection?.readyState === WebSocket.OPEN && !this.#isEnding && !this.isRestless;
  }

  /** SIGKILL, now. `exited` resolves once the system has collected it. */
  kill(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.listener = undefined;
    // Within namespaces it is a grandchild: killed itself, so that its parent collects it. It is looked at right before, so that the
    // id is still its own.
    if (this.#pid !== this.#child.pid && this.usage !== undefined) {
      try {
        process.kill(this.#pid, "SIGKILL");
        return;
      } catch {
        // Gone, or not ours to kill: its parent takes it along.
      }
    }
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.exited;
  }

  #listen(maxLineBytes: number): void {
    const lines = createLineReader(maxLineBytes, {
      onLine: (line) => {
        const log = parseLogLine(line);
        if (log === undefined) this.#lastWords.add(`${line.slice(0, 1_024)}\n`);
        else this.listener?.onLog(log);
      },
      onTooLong: () => this.listener?.onTooLong(),
    });
    this.#child.stdout!.on("data", (chunk: Buffer) => {
      if (this.listener === undefined && (this.#restingLogBytes += chunk.length) > restingLogBytes)
        this.kill();
      if (!this.#isEnding) lines.take(chunk);
    });
    // Whatever else comes there is nobody's business, and must not block.
    for (const descriptor of [descriptors.info, descriptors.control])
      streamOf(this.#child, descriptor).destroy();
    this.#child.once("exit", () => {
      this.#isEnding = true;
    });
    void this.exited.then((exit) => this.listener?.onExit(exit));
  }

  readonly #onIdleClose = (): void => this.kill();
}

function toExit(child: ChildProcess, lastWords: Tail): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      lastWords.add(error.message);
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, lastWords: lastWords.text });
    });
    // `close`, not `exit`: its last words have been read then.
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, lastWords: lastWords.text }));
  });
}

function failStart(exit: Exit): never {
  const how = exit.signal ?? `status ${exit.exitCode}`;
  throw new Error(`The process did not start (${how}): ${exit.lastWords.trim() || "it said nothing"}`);
}

/** Outside, the id of the process itself: bubblewrap tells it in JSON, else it is the child's. */
async function idOf(child: ChildProcess, cage: Cage): Promise<number> {
  if (!cage.isContained) return child.pid ?? 0;
  const info = JSON.parse(await firstOf(child, descriptors.info, "}")) as { readonly "child-pid": number };
  return info["child-pid"];
}

/** Answers the gate; resolves when the runtime listens. */
async function letThrough(child: ChildProcess): Promise<void> {
  await firstOf(child, descriptors.control);
  const control = streamOf(child, descriptors.control);
  // It may have gone meanwhile: `exited` tells that.
  control.on("error", () => {}).write(goAhead);
  await firstOf(child, descriptors.control);
}

/** What comes there next, up to and with `end`. */
function firstOf(child: ChildProcess, descriptor: number, end = "\n"): Promise<string> {
  let text = "";
  const stream = streamOf(child, descriptor);
  return new Promise((resolve) => {
    const take = (chunk: Buffer): void => {
      text += String(chunk);
      if (!text.includes(end)) return;
      stream.off("data", take);
      resolve(text);
    };
    stream.on("data", take);
  });
}

function streamOf(child: ChildProcess, descriptor: number): Duplex {
  return child.stdio[descriptor] as Duplex;
}

function openConnection(dir: string, maxPayload: number, handshakeMs: number): Promise<WebSocket> {
  const socket = new WebSocket("ws://isolate/", {
    perMessageDeflate: false,
    autoPong: false,
    maxPayload,
    handshakeTimeout: handshakeMs,
    // The time is the socket's to keep; the WebSocket lifts it.
    createConnection: () => connect({ path: join(dir, "s"), timeout: handshakeMs }),
  });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.on("error", reject);
  });
}

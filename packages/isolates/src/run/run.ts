/**
 * One program in one process, from its sending to its end. Everything that the process says is a stranger's word: it can end its own
 * run badly, and nothing else.
 */
import { Fault } from "@castellan/kernel";
import type { RawData, WebSocket } from "ws";

import { isolateFaults } from "../faults.ts";
import { PutOff, type RunOptions } from "../isolates.ts";
import { breach } from "../limits.ts";
import type { IsolateProcess } from "../process/isolate-process.ts";
import { parseFrame, toFrame, type Order, type Told } from "../wire/message.ts";
import { toCrash } from "./crash.ts";
import { FencedLog } from "./fenced-log.ts";
import { RunMeter } from "./meter.ts";
import { fetchOut } from "./outbound.ts";
import { toOrder } from "./order.ts";
import type { Watch } from "./watch.ts";
import type { LogLine, ProcessLimits, Program, RunEnd, RunLimits, RunUse } from "../program.ts";

/** What a timer can hold: about 24 days. */
const maxTimerMs = 2 ** 31 - 1;

export interface RunParts extends RunOptions {
  readonly harness: string;
  readonly limits: RunLimits;
  readonly processLimits: ProcessLimits;
  readonly watch: Watch;
  readonly isWarm: boolean;
  readonly waitedMs: number;
}

type WithoutUse<End> = End extends unknown ? Omit<End, "use" | "logs"> : never;
type Outcome = WithoutUse<RunEnd>;

/** Runs it to its end. Throws the signal's reason, and what `onBegin` and `onQuiet` throw. The process is to be killed unless it came to its own end. */
export async function runOn(process: IsolateProcess, program: Program, parts: RunParts): Promise<RunEnd> {
  const run = new Run(process, program, parts);
  try {
    return await run.end();
  } finally {
    run[Symbol.dispose]();
  }
}

class Run implements Disposable {
  readonly #process: IsolateProcess;
  readonly #program: Program;
  readonly #parts: RunParts;
  readonly #meter: RunMeter;
  readonly #log: FencedLog;
  readonly #over = new AbortController();
  readonly #ended = Promise.withResolvers<Outcome>();
  readonly #disposables = new DisposableStack();
  readonly #beganAt = performance.now();
  readonly #cpuBefore: number;
  #connection: WebSocket | undefined;
  #lastId = 0;
  #inProgress = 0;
  #putOff = 0;
  #ownEnd: Outcome | undefined;
  #cpuMs = 0;

  constructor(process: IsolateProcess, program: Program, parts: RunParts) {
    this.#process = process;
    this.#program = program;
    this.#parts = parts;
    this.#meter = new RunMeter(parts.limits);
    this.#log = new FencedLog(this.#meter);
    this.#cpuBefore = process.usage?.cpuMs ?? 0;
  }

  async end(): Promise<RunEnd> {
    this.#guard();
    this.#begin().catch(this.#ended.reject);
    const outcome = await this.#ended.promise;
    return { ...outcome, logs: this.#log.lines, use: this.#use() };
  }

  [Symbol.dispose](): void {
    this.#disposables.dispose();
    this.#over.abort();
    this.#process.listener = undefined;
    this.#connection?.removeAllListeners("message");
    this.#connection?.terminate();
  }

  /** Everything that can end it from outside. */
  #guard(): void {
    const { signal, limits, processLimits, watch } = this.#parts;
    const onAbort = (): void => this.#ended.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#disposables.defer(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
    const timer = setTimeout(
      () => this.#break(breach("wallMs", limits.wallMs)),
      Math.min(limits.wallMs, maxTimerMs),
    );
    this.#disposables.defer(() => clearTimeout(timer));
    this.#disposables.use(
      watch.follow(this.#process, ({ cpuMs, residentMiB }) => {
        this.#cpuMs = cpuMs - this.#cpuBefore;
        if (this.#cpuMs > limits.cpuMs) this.#break(breach("cpuMs", limits.cpuMs));
        if (residentMiB > processLimits.residentMiB)
          this.#break(breach("residentMiB", processLimits.residentMiB));
      }),
    );
    this.#process.listener = {
      onExit: (exit) => this.#break(toCrash(exit, processLimits)),
      onLog: (line) => this.#takeLog(line),
      onTooLong: () => this.#break(breach("logBytes", limits.logBytes)),
    };
  }

  async #begin(): Promise<void> {
    const { order, body } = toOrder(this.#program, {
      harness: this.#parts.harness,
      limits: this.#parts.limits,
      fence: this.#log.fence,
    });
    // The harness is ours: it counts for nobody.
    const tooMuch = this.#meter.add(
      "bytesIn",
      Buffer.byteLength(body) - Buffer.byteLength(this.#parts.harness),
    );
    if (tooMuch) return this.#break(tooMuch);
    const connection = await this.#process.take();
    if (connection === undefined) return this.#breakForm();
    if (this.#over.signal.aborted) return connection.terminate();
    this.#connection = connection;
    connection.on("message", (data, isBinary) => this.#take(data, isBinary));
    connection.on("error", (error) => this.#takeError(error));
    connection.on("close", () => this.#lose());
    if (connection.readyState !== connection.OPEN) return this.#lose();
    connection.send(toFrame(order, body));
    this.#parts.onBegin?.();
  }

  #take(data: RawData, isBinary: boolean): void {
    const told = isBinary ? undefined : parseFrame(String(data));
    // Nothing comes after an end, and an end comes once.
    if (told === undefined || this.#ownEnd !== undefined) return this.#breakForm();
    switch (told.t) {
      case "call":
      case "fetch":
        return this.#takeCall(told);
      case "exceed":
        return this.#break(breach("bytesOut", this.#meter.limits.bytesOut));
      case "quiet":
        return this.#takeQuiet(told.made);
      case "end":
        return this.#takeEnd(told);
    }
  }

  #takeCall(told: Extract<Told, { readonly t: "call" | "fetch" }>): void {
    this.#lastId += 1;
    if (told.id !== this.#lastId) return this.#breakForm();
    const tooMuch = this.#meter.add("calls", 1) ?? this.#meter.add("bytesOut", sizeOf(told));
    if (tooMuch) return this.#break(tooMuch);
    // The supervisor holds the rest back: more than that at a time is a process that is no longer ours.
    if (this.#inProgress >= this.#meter.limits.callsAtATime) return this.#breakForm();
    this.#inProgress += 1;
    void (told.t === "call" ? this.#call(told) : this.#fetch(told))
      .catch((error: unknown) => this.#answerError(told.id, error))
      .finally(() => {
        this.#inProgress -= 1;
        this.#askQuiet();
      });
  }

  async #call({ id, binding, method, body }: Extract<Told, { readonly t: "call" }>): Promise<void> {
    const { bindings } = this.#program;
    if (!Object.hasOwn(bindings, binding)) throw new Error("There is no such binding.");
    const text = await bindings[binding]!.call(method, body, this.#over.signal);
    this.#answer({ t: "answer", id, ok: true }, text, Buffer.byteLength(text));
  }

  async #fetch(told: Extract<Told, { readonly t: "fetch" }>): Promise<void> {
    const { outbound } = this.#program;
    if (outbound === undefined) throw new Error("There is no way to a network.");
    const maxBytes = this.#meter.limits.bytesIn - this.#meter.counts.bytesIn;
    const fetched = await fetchOut(outbound, told, { signal: this.#over.signal, maxBytes });
    if (fetched === "too-much") return this.#break(breach("bytesIn", this.#meter.limits.bytesIn));
    const { status, headers, base64 } = fetched;
    this.#answer(
      { t: "answer", id: told.id, ok: true, status, headers },
      base64,
      Buffer.byteLength(base64, "base64"),
    );
  }

  #answerError(id: number, error: unknown): void {
    if (error instanceof PutOff) {
      this.#putOff += 1;
      return this.#send({ t: "put-off", id });
    }
    const message = error instanceof Error ? error.message : "The call failed.";
    const code = error instanceof Fault ? error.code : undefined;
    this.#answer({ t: "answer", id, ok: false, code }, message, Buffer.byteLength(message));
  }

  #answer(order: Order, body: string, bytes: number): void {
    if (this.#over.signal.aborted) return;
    const tooMuch = this.#meter.add("bytesIn", bytes);
    if (tooMuch) return this.#break(tooMuch);
    this.#send(order, body);
  }

  /** Asks whether the program has anything left to do, once nothing outside is left but what was put off. */
  #askQuiet(): void {
    if (this.#inProgress === 0 && this.#putOff > 0) this.#send({ t: "quiet", putOff: this.#putOff });
  }

  /** An answer that something overtook is worth nothing: it is asked again when that is done. */
  #takeQuiet(made: number): void {
    if (this.#inProgress > 0 || this.#putOff === 0 || made !== this.#lastId) return;
    try {
      if (this.#parts.onQuiet?.(this.#putOff) === "end") this.#ended.resolve({ kind: "parked" });
    } catch (error) {
      this.#ended.reject(error);
    }
  }

  #takeEnd(told: Extract<Told, { readonly t: "end" }>): void {
    if (told.kind === "threw") {
      const { name, message, stack, code } = told;
      const error = {
        name,
        message,
        ...(stack === undefined ? {} : { stack }),
        ...(code === undefined ? {} : { code }),
      };
      const tooMuch = this.#meter.add("bytesOut", Buffer.byteLength([name, message, stack, code].join("")));
      if (tooMuch) return this.#break(tooMuch);
      this.#ownEnd = { kind: "threw", error };
    } else {
      const text = told.kind === "returned" ? told.body : undefined;
      const tooMuch = this.#meter.add("bytesOut", Buffer.byteLength(text ?? ""));
      if (tooMuch) return this.#break(tooMuch);
      this.#ownEnd = { kind: "returned", text };
    }
    this.#endIfLogged();
  }

  #takeLog(line: LogLine): void {
    if (this.#over.signal.aborted) return;
    const tooMuch = this.#log.take(line);
    if (tooMuch) return this.#break(tooMuch);
    this.#endIfLogged();
  }

  /** The log comes by another way than the end: what was logged before it is waited for. */
  #endIfLogged(): void {
    if (this.#log.isWhole && this.#ownEnd !== undefined) this.#ended.resolve(this.#ownEnd);
  }

  #takeError(error: Error): void {
    const isTooLong = (error as NodeJS.ErrnoException).code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    if (isTooLong) this.#break(breach("bytesOut", this.#meter.limits.bytesOut));
    else this.#breakForm();
  }

  /** The connection is gone before the end: if the process dies of something, its own words are soon there; else it is at fault. */
  #lose(): void {
    if (this.#ownEnd !== undefined || this.#over.signal.aborted) return;
    const timer = setTimeout(() => this.#breakForm(), 2_000);
    this.#disposables.defer(() => clearTimeout(timer));
  }

  #breakForm(): void {
    this.#break(
      isolateFaults.fault("isolate_crashed", "The program's process broke off in the middle of it."),
    );
  }

  #break(fault: Fault): void {
    this.#ended.resolve({ kind: "broke", fault });
  }

  #send(order: Order, body?: string): void {
    if (this.#over.signal.aborted) return;
    this.#connection?.send(toFrame(order, body));
  }

  #use(): RunUse {
    const { isWarm, waitedMs } = this.#parts;
    const { calls, bytesIn, bytesOut } = this.#meter.counts;
    const { usage } = this.#process;
    const cpuMs = usage === undefined ? this.#cpuMs : usage.cpuMs - this.#cpuBefore;
    return { wallMs: performance.now() - this.#beganAt, cpuMs, calls, bytesIn, bytesOut, isWarm, waitedMs };
  }
}

/** What a call brings out: its argument; of a request its body, address and headers. */
function sizeOf(told: Extract<Told, { readonly t: "call" | "fetch" }>): number {
  if (told.t === "call") return Buffer.byteLength(told.body);
  return (
    Buffer.byteLength(told.body, "base64") + Buffer.byteLength([told.url, ...told.headers.flat()].join(""))
  );
}

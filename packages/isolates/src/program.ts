/** What runs in an isolate: all of it data, none of it trusted. */
import type { Fault } from "@castellan/kernel";

/** Code, and what it may reach. Whoever runs it is known by `owner` only: a process that ran one owner's code never runs another's. */
export interface Program {
  /** Whose code it is: a process serves one owner until it ends. */
  readonly owner: string;
  /** ES modules by name, as they import each other: `main.js`, `program.js`. */
  readonly modules: Readonly<Record<string, string>>;
  /** Its default export is a function of (`env`, `input`) whose result, or what it resolves to, is a string or nothing. */
  readonly mainModule: string;
  /** Of the runtime (YYYY-MM-DD). */
  readonly compatibilityDate: string;
  readonly compatibilityFlags?: readonly string[];
  /** Names that `env` has: an object with the methods of that binding's handler. Nothing else leads out. */
  readonly bindings: Readonly<Record<string, Binding>>;
  /** What `fetch()` in the program leads to; absent: it throws, and so does every other way to a network. */
  readonly outbound?: OutboundHandler | undefined;
  /** Handed to the program as it is. */
  readonly input: string;
  /** In the place of the pool's, each at most that. */
  readonly limits?: Partial<RunLimits> | undefined;
}

/**
 * Answers calls of a program, each by the name of a method: texts in, texts out (up to 32 MiB each), both a stranger's. What it throws is thrown in the
 * program with the message of the error; a `Fault`'s code goes along. `signal` aborts when the run is over.
 */
export interface Binding {
  call(method: string, argument: string, signal: AbortSignal): Promise<string>;
}

export interface OutboundHandler {
  fetch(request: Request, signal: AbortSignal): Promise<Response>;
}

/** What one run may use. Each is held from outside of its process; a breach ends the run with the code that names it. */
export interface RunLimits {
  /** Milliseconds from its beginning to its end. `isolate_time_exceeded` */
  readonly wallMs: number;
  /** Processor time, milliseconds, as the operating system counts it. `isolate_cpu_exceeded` */
  readonly cpuMs: number;
  /** Calls of bindings and outbound requests. `isolate_calls_exceeded` */
  readonly calls: number;
  /** Calls that wait for their answer at a time; more of them wait inside. */
  readonly callsAtATime: number;
  /** Bytes that come out of it in arguments and in its result. `isolate_output_exceeded` */
  readonly bytesOut: number;
  /** Bytes that go into it: its modules, its input, answers to its calls. `isolate_input_exceeded` */
  readonly bytesIn: number;
  /** Bytes that it logs; a line counts as 32 at least. `isolate_log_exceeded` */
  readonly logBytes: number;
}

/** What one process may use; equal for all of a pool, since it is set when the process starts. */
export interface ProcessLimits {
  /** JavaScript heap, MiB (`--max-heap-size`). `isolate_heap_exceeded` */
  readonly heapMiB: number;
  /** Data segment, MiB (`RLIMIT_DATA`): beyond it allocations fail inside. Under 600 the runtime does not start. */
  readonly dataMiB: number;
  /** Resident memory, MiB, looked at while a program runs. `isolate_memory_exceeded` */
  readonly residentMiB: number;
}

export interface RunUse {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly calls: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Whether a process that was warm took it. */
  readonly isWarm: boolean;
  /** How long it waited for a process, milliseconds; not a part of `wallMs`. */
  readonly waitedMs: number;
}

/** How a run ended, whatever the program did. */
export type RunEnd = {
  readonly use: RunUse;
  /** What it logged, in order, also when it was ended. */
  readonly logs: readonly LogLine[];
} & (
  | { readonly kind: "returned"; readonly text: string | undefined }
  /** The program threw, or does not load: its own words. */
  | { readonly kind: "threw"; readonly error: ThrownError }
  /** A limit (`isolate_*_exceeded`; `data`: limit, allowed), or its process died (`isolate_crashed`). */
  | { readonly kind: "broke"; readonly fault: Fault }
  /** It waited for what was put off, and nothing else (`onQuiet`). */
  | { readonly kind: "parked" }
);

export interface ThrownError {
  readonly name: string;
  readonly message: string;
  /** As the runtime tells it, lines of `modules`; bounded. */
  readonly stack?: string | undefined;
  /** Of a binding's fault that was not caught. */
  readonly code?: string | undefined;
}

export interface LogLine {
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  readonly text: string;
}

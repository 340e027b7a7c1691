/** The limits of a run and of a process: what they are unless told otherwise, and what a breach is called. */
import type { Fault } from "@castellan/kernel";

import { isolateFaults } from "./faults.ts";
import type { ProcessLimits, RunLimits } from "./program.ts";

const mib = 1_048_576;

export const defaultRunLimits: RunLimits = {
  wallMs: 300_000,
  cpuMs: 10_000,
  calls: 1_000,
  callsAtATime: 16,
  bytesOut: 16 * mib,
  bytesIn: 64 * mib,
  logBytes: 256 * 1_024,
};

export const defaultProcessLimits: ProcessLimits = { heapMiB: 128, dataMiB: 800, residentMiB: 512 };

/** A program's own limits in the place of the pool's, where they are lower. */
export function narrowed(pool: RunLimits, own: Partial<RunLimits> = {}): RunLimits {
  const lower = (name: keyof RunLimits): number => Math.min(pool[name], own[name] ?? Infinity);
  return {
    wallMs: lower("wallMs"),
    cpuMs: lower("cpuMs"),
    calls: lower("calls"),
    callsAtATime: Math.max(1, lower("callsAtATime")),
    bytesOut: lower("bytesOut"),
    bytesIn: lower("bytesIn"),
    logBytes: lower("logBytes"),
  };
}

export type LimitName = Exclude<keyof RunLimits, "callsAtATime"> | keyof ProcessLimits;

/** The fault of a limit: `data` names the limit and what it allows. */
export function breach(limit: LimitName, allowed: number): Fault {
  const { code, toSentence } = breaches[limit];
  return isolateFaults.fault(code, toSentence(allowed.toLocaleString("en")), { data: { limit, allowed } });
}

const breaches = {
  wallMs: {
    code: "isolate_time_exceeded",
    toSentence: (allowed) => `The program ran longer than ${allowed} ms.`,
  },
  cpuMs: {
    code: "isolate_cpu_exceeded",
    toSentence: (allowed) => `The program used more than ${allowed} ms of processor time.`,
  },
  calls: {
    code: "isolate_calls_exceeded",
    toSentence: (allowed) => `The program made more than ${allowed} calls.`,
  },
  bytesOut: {
    code: "isolate_output_exceeded",
    toSentence: (allowed) => `The program's arguments and result are more than ${allowed} bytes.`,
  },
  bytesIn: {
    code: "isolate_input_exceeded",
    toSentence: (allowed) => `The program with the answers to its calls is more than ${allowed} bytes.`,
  },
  logBytes: {
    code: "isolate_log_exceeded",
    toSentence: (allowed) => `The program logged more than ${allowed} bytes.`,
  },
  heapMiB: {
    code: "isolate_heap_exceeded",
    toSentence: (allowed) => `The program's heap grew over ${allowed} MiB.`,
  },
  dataMiB: {
    code: "isolate_memory_exceeded",
    toSentence: (allowed) => `The program's process asked for more than ${allowed} MiB of memory.`,
  },
  residentMiB: {
    code: "isolate_memory_exceeded",
    toSentence: (allowed) => `The program's process held more than ${allowed} MiB of memory.`,
  },
} as const satisfies Record<
  LimitName,
  { readonly code: keyof typeof isolateFaults.specs; readonly toSentence: (allowed: string) => string }
>;

/** What the longest honest message and log line may have: a body as it is or as base64 with its head; a line escaped as JSON. */
export function toFrameLimits({ bytesOut, logBytes }: RunLimits): {
  readonly maxFrameBytes: number;
  readonly maxLineBytes: number;
} {
  return { maxFrameBytes: Math.ceil((bytesOut * 4) / 3) + 262_144 + 64, maxLineBytes: logBytes * 6 + 1_024 };
}

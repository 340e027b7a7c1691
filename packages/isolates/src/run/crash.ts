/** Why a process ended that nobody killed: by what the runtime said last. */
import type { Fault } from "@castellan/kernel";

import { isolateFaults } from "../faults.ts";
import { breach } from "../limits.ts";
import type { Exit } from "../process/isolate-process.ts";
import type { ProcessLimits } from "../program.ts";

export function toCrash({ exitCode, signal, lastWords }: Exit, limits: ProcessLimits): Fault {
  if (/heap out of memory|Reached heap limit/.test(lastWords)) return breach("heapMiB", limits.heapMiB);
  // The last: what its allocator says of itself then, and of nothing else; so much that the words before are gone.
  if (/allocation failed|Unable to allocate|bad_alloc|Cannot allocate memory|objs\/span/.test(lastWords)) {
    return breach("dataMiB", limits.dataMiB);
  }
  return isolateFaults.fault("isolate_crashed", "The program's process ended in the middle of it.", {
    cause: new Error(`${signal ?? `status ${exitCode}`}: ${lastWords.trim()}`),
  });
}

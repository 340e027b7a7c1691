/** The filter for this machine, if it has one. */
import { readFileSync } from "node:fs";

import type { Architecture } from "./calls.ts";
import { toFilter } from "./filter.ts";

const ofNode: Readonly<Record<string, Architecture>> = { x64: "x86_64", arm64: "aarch64" };

/** Or, for an admin, why there is none. */
export function findFilter(
  machine: string = process.arch,
): { readonly program: Buffer } | { readonly missing: string } {
  const architecture = ofNode[machine];
  if (architecture === undefined) {
    return {
      missing: `Programs are contained without a filter for system calls: there is none for ${machine}.`,
    };
  }
  if (!kernelFilters()) {
    return {
      missing:
        "Programs are contained without a filter for system calls: the kernel has none (CONFIG_SECCOMP_FILTER, Linux 4.14 or later).",
    };
  }
  return { program: toFilter(architecture) };
}

/** What it can answer for a filter, seccomp(2) "/proc interfaces". */
function kernelFilters(): boolean {
  try {
    const known = readFileSync("/proc/sys/kernel/seccomp/actions_avail", "latin1").trim().split(" ");
    return ["kill_process", "errno", "allow"].every((action) => known.includes(action));
  } catch {
    return false;
  }
}

/**
 * Whoever started us may have left descriptors open for children. Node takes its own from them, and of those that it found only the
 * first.
 */
import { openSync, readdirSync, readFileSync } from "node:fs";

import { descriptors } from "./command.ts";

const closeOnExec = 0o2000000;
let nowhere: number | undefined;

/** For the `stdio` of a process, behind its own: nothing in the place of each that it would inherit. */
export function nothingBehind(): readonly ("ignore" | number)[] {
  const inherited = inheritable().filter((descriptor) => descriptor > descriptors.control);
  const stdio = Array.from(
    { length: Math.max(descriptors.control, ...inherited) - descriptors.control },
    (): "ignore" | number => "ignore",
  );
  for (const descriptor of inherited)
    stdio[descriptor - descriptors.control - 1] = nowhere ??= openSync("/dev/null", "r");
  return stdio;
}

/** `/proc/self/fdinfo`, proc(5); none where the system does not tell. */
function inheritable(): readonly number[] {
  try {
    return readdirSync("/proc/self/fdinfo").map(Number).filter(isInheritable);
  } catch {
    return [];
  }
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}

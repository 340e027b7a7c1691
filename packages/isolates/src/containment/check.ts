/** Finds out, by doing it, how programs are run on this machine; and what an admin can do about what is missing. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Fault } from "@castellan/kernel";

import { isolateFaults } from "../faults.ts";
import type { ContainmentMode, ContainmentReport } from "../isolates.ts";
import { defaultProcessLimits } from "../limits.ts";
import { makePoolFolder } from "../pool/folder.ts";
import { IsolateProcess } from "../process/isolate-process.ts";
import type { ProcessLimits } from "../program.ts";
import { findWorkerd } from "../workerd.ts";
import { strangerId, type Cage } from "./command.ts";
import { nothingBehind } from "./descriptors.ts";
import { namespaceHints } from "./hints.ts";
import { findProgram } from "./programs.ts";
import { isOpenToAll, prepareRuntime } from "./runtime-dir.ts";
import { findFilter } from "./seccomp/find-filter.ts";

export type Checked = { readonly report: ContainmentReport } & (
  | { readonly cage: Cage; readonly fault?: undefined }
  | { readonly cage?: undefined; readonly fault: Fault }
);

/** For `castellan doctor`: starts a process as a pool would, and ends it. */
export async function checkContainment(mode: ContainmentMode): Promise<ContainmentReport> {
  const dir = await mkdtemp(join(tmpdir(), "cst-"));
  try {
    const { report } = await checkCage(mode, {
      dir: await makePoolFolder(dir),
      limits: defaultProcessLimits,
    });
    return report;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** How processes are to be started in `dir`, or the fault that each run ends with. */
export async function checkCage(
  mode: ContainmentMode,
  given: { readonly dir: string; readonly limits: ProcessLimits },
): Promise<Checked> {
  const workerd = findWorkerd();
  if ("missing" in workerd) return unavailable(mode, [workerd.missing]);
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? strangerId : undefined;
  if (user !== undefined && !(await isOpenToAll(join(given.dir, "0")))) {
    return unavailable(mode, [
      `The processes of programs run as user ${user}, who cannot pass to ${given.dir}: choose a folder for their sockets whose parents let everybody through (mode 0711).`,
    ]);
  }
  const filter = findFilter();
  const files = await prepareRuntime(given.dir, {
    workerd: workerd.path,
    user,
    limits: given.limits,
    filter: "missing" in filter ? undefined : filter.program,
  });
  const plain: Cage = {
    ...files,
    limits: given.limits,
    isContained: false,
    isLinux: process.platform === "linux",
    bwrap: undefined,
    setpriv: process.platform === "linux" ? findProgram("setpriv") : undefined,
    nothingBehind: nothingBehind(),
    user,
  };
  const missing: string[] = [];
  if (mode !== "none") {
    const bwrap = await findBwrap();
    const failure =
      "missing" in bwrap ? bwrap.missing : await tryStart({ ...plain, isContained: true, bwrap }, given.dir);
    if (failure === undefined && !("missing" in bwrap)) {
      const how = `bubblewrap ${bwrap.version}, as user ${strangerId}, without network`;
      // The namespaces are what containment is. A machine without filters is one to tell of, not one to refuse: so are those that it ran
      // on before. One whose filter cannot be set, or whose runtime does not start under it, is not contained.
      return {
        cage: { ...plain, isContained: true, bwrap },
        report:
          "missing" in filter
            ? { mode, isContained: true, how, missing: [filter.missing] }
            : { mode, isContained: true, how: `${how}, with a filter for system calls`, missing: [] },
      };
    }
    missing.push(
      ...("missing" in bwrap
        ? [bwrap.missing]
        : [`bubblewrap does not work here: ${failure}`, ...namespaceHints()]),
    );
    if (mode === "required") {
      const message = "Programs are to run contained, and this machine cannot do that.";
      const fault = isolateFaults.fault("isolate_containment_missing", message, {
        cause: new Error(missing.join(" ")),
      });
      return { fault, report: { mode, isContained: false, missing } };
    }
  }
  const failure = await tryStart(plain, given.dir);
  if (failure !== undefined) return unavailable(mode, [...missing, failure]);
  return {
    cage: plain,
    report: { mode, isContained: false, missing: [...missing, ...limitsMissing(plain)] },
  };
}

function unavailable(mode: ContainmentMode, missing: readonly string[]): Checked {
  const cause = new Error(missing.join(" "));
  const fault = isolateFaults.fault("isolates_unavailable", "This installation cannot run programs.", {
    cause,
  });
  return { fault, report: { mode, isContained: false, missing } };
}

/** Why it does not start, if it does not. */
async function tryStart(cage: Cage, dir: string): Promise<string | undefined> {
  try {
    await using _ = await IsolateProcess.start({
      cage,
      dir: join(dir, "0"),
      maxFrameBytes: 1_024,
      maxLineBytes: 1_024,
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Bwrap = NonNullable<Cage["bwrap"]> & { readonly version: string };

async function findBwrap(): Promise<Bwrap | { readonly missing: string }> {
  if (process.platform !== "linux")
    return { missing: "Containment needs Linux; here a program has a process of its own, and that is all." };
  const path = findProgram("bwrap");
  if (path === undefined) {
    return {
      missing:
        "bubblewrap is not installed. Install the package `bubblewrap` (apt-get, dnf and apk have it), in a container in its image.",
    };
  }
  const { stdout } = await promisify(execFile)(path, ["--version"], { env: {}, timeout: 5_000 }).catch(
    () => ({ stdout: "" }),
  );
  const version = stdout.trim().split(" ").at(-1) ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return { path, version, canDisableUserns: major > 0 || minor >= 8 };
}

/** What a plain process is not held to here. */
function limitsMissing({ isLinux, setpriv }: Cage): readonly string[] {
  if (!isLinux)
    return [
      "Not on Linux: processor time, the data segment and resident memory of programs are not limited.",
    ];
  if (setpriv === undefined) {
    return [
      "setpriv (package util-linux) is not installed: should the server be killed, idle processes of programs outlive it.",
    ];
  }
  return [];
}

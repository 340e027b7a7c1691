/** The command line of one process: what it may see, and what it is held to before the runtime's first instruction. */
import { join } from "node:path";

import type { ProcessLimits } from "../program.ts";

/** How processes are started here. */
export interface Cage {
  readonly isContained: boolean;
  /** Files as they are found outside. */
  readonly workerd: string;
  readonly runtimeDir: string;
  /** Of system calls, for contained ones; undefined where none can be had. */
  readonly filter: string | undefined;
  readonly limits: ProcessLimits;
  /** Programs that do it. */
  readonly bwrap: { readonly path: string; readonly canDisableUserns: boolean } | undefined;
  readonly setpriv: string | undefined;
  readonly isLinux: boolean;
  /** For `stdio`, behind the descriptors that a process is given. */
  readonly nothingBehind: readonly ("ignore" | number)[];
  /** Who the processes are outside; undefined: who we are. */
  readonly user: number | undefined;
}

/** What the processes are where we are root; within a container of namespaces, always. */
export const strangerId = 65_534;

/**
 * File descriptors beside the usual ones that a process is given: where bubblewrap tells the process's id; where the gate asks and the
 * runtime tells that it listens.
 */
export const descriptors = { info: 3, control: 4 } as const;

/** Where bubblewrap reads the filter, and closes it. The shell opens it, so that each process begins at its first byte. */
const filterDescriptor = 5;

/** What the host answers the gate. */
export const goAhead = "go\n";

/**
 * The last thing before the runtime: it asks the host whether to go on. It runs once the process is bound to die with its parents, so
 * after the answer the host's death is its own; and of a host that died before there is none. Without it a runtime whose parents died
 * while they started it would stay for ever: the system tells of a parent's death only who asked to be told before.
 */
const gate = `echo >&${descriptors.control} && read -r go <&${descriptors.control} && unset PWD OLDPWD SHLVL _ && exec "$@"`;

/**
 * The program that becomes the process which listens on `socketDir`/s, and its arguments. No name of it is ever put together as shell text.
 * From the first instruction on it dies with us; bubblewrap says so for its own halves, but too late for a host that is dead by then.
 */
export function toCommand(cage: Cage, socketDir: string): readonly [program: string, ...args: string[]] {
  const { isContained, bwrap, filter, setpriv } = cage;
  const shell = ["/bin/sh", "-c"] as const;
  const command = setpriv === undefined ? shell : ([setpriv, "--pdeathsig", "KILL", "--", ...shell] as const);
  if (!isContained || bwrap === undefined) return [...command, script(cage), "sh", ...plain(cage, socketDir)];
  const inner = contained(cage, bwrap, socketDir);
  if (filter === undefined) return [...command, script(cage), "sh", ...inner];
  return [
    ...command,
    `filter=$1 && shift && ${script(cage)} ${filterDescriptor}<"$filter"`,
    "sh",
    filter,
    ...inner,
  ];
}

/**
 * It ends where our death came first. The first for the kernel to take when memory is short; no core (where the system pipes cores to a
 * program that limit does not hold, so there is nothing to be in one either); no file written; less urgent than the house; no environment.
 */
function script({ isLinux, limits }: Cage): string {
  const held = isLinux
    ? [
        "echo 1000 > /proc/self/oom_score_adj",
        "{ echo 0 > /proc/self/coredump_filter || :; } 2>/dev/null",
        "ulimit -c 0",
        "ulimit -f 0",
        "ulimit -n 256",
        `ulimit -d ${limits.dataMiB * 1_024}`,
      ]
    : ["ulimit -c 0"];
  return `[ "$PPID" = ${process.pid} ] && ${held.join(" && ")} && exec nice -n 5 env -i "$@"`;
}

function plain({ workerd, runtimeDir }: Cage, socketDir: string): readonly string[] {
  return [...gated("/bin/sh"), workerd, ...serve(join(runtimeDir, "config.capnp"), join(socketDir, "s"))];
}

/**
 * bwrap(1): namespaces of its own (so no network at all, and no other process), nobody's user id, nothing of the file system but the
 * libraries, the runtime and the folder of its socket; nothing that can be written but that folder; from the gate on, no system call but
 * those of `seccomp/policy.ts`.
 */
function contained(
  { workerd, runtimeDir, filter }: Cage,
  bwrap: NonNullable<Cage["bwrap"]>,
  socketDir: string,
): readonly string[] {
  const id = String(strangerId);
  const libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
  return [
    [bwrap.path, ...(bwrap.canDisableUserns ? ["--disable-userns"] : [])],
    ["--unshare-all", "--unshare-user", "--uid", id, "--gid", id, "--cap-drop", "ALL"],
    ["--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--hostname", "isolate"],
    ["--info-fd", String(descriptors.info)],
    filter === undefined ? [] : ["--seccomp", String(filterDescriptor)],
    ...libraries.map((path) => ["--ro-bind-try", path, path]),
    ["--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"],
    ["--ro-bind", "/bin/sh", "/sh", "--ro-bind", workerd, "/workerd"],
    ["--ro-bind", join(runtimeDir, "config.capnp"), "/config.capnp"],
    ["--ro-bind", join(runtimeDir, "supervisor.js"), "/supervisor.js"],
    ["--bind", socketDir, "/run", "--chdir", "/", "--remount-ro", "/", "--"],
    [...gated("/sh"), "/workerd", ...serve("/config.capnp", "/run/s")],
  ].flat();
}

function gated(shell: string): readonly string[] {
  return [shell, "-c", gate, "sh"];
}

function serve(config: string, socket: string): readonly string[] {
  const control = `--control-fd=${descriptors.control}`;
  return ["serve", config, "--experimental", `--socket-addr=run=unix:${socket}`, control];
}

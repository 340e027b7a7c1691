/** The filter in the kernel: a program in the very cage, in the runtime's place, tries what it should not; with the filter and without. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Duplex, Readable } from "node:stream";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { defaultProcessLimits } from "../../limits.ts";
import { checkCage } from "../check.ts";
import { descriptors, goAhead, toCommand, type Cage } from "../command.ts";
import { errors } from "./policy.ts";

/** On each Debian; calls any system call by its number. */
const perl = "/usr/bin/perl";
const killedBySigsys = 128 + 31;

/** What is tried: on x86_64, on aarch64, arguments (of Perl), the error that the filter answers. */
const tried: Readonly<Record<string, readonly [number, number, string, keyof typeof errors]>> = {
  "socket AF_INET": [41, 198, "2, 1, 0", "EAFNOSUPPORT"],
  "socket AF_INET6": [41, 198, "10, 2, 0", "EAFNOSUPPORT"],
  "socket AF_NETLINK": [41, 198, "16, 3, 0", "EAFNOSUPPORT"],
  "socket AF_PACKET": [41, 198, "17, 3, 0", "EAFNOSUPPORT"],
  "socket AF_ALG": [41, 198, "38, 5, 0", "EAFNOSUPPORT"],
  "socket AF_VSOCK": [41, 198, "40, 1, 0", "EAFNOSUPPORT"],
  "socket AF_NETLINK, more above": [41, 198, "16 + (1 << 32), 3, 0", "EAFNOSUPPORT"],
  "socketpair AF_TIPC": [53, 199, "30, 1, 0, $room", "EAFNOSUPPORT"],
  "sendto MSG_OOB": [44, 206, "fileno(A), $room, 1, 1, 0, 0", "EOPNOTSUPP"],
  "getsockopt SO_PEERPIDFD": [55, 209, "fileno(A), 1, 77, $room, $size", "ENOPROTOOPT"],
  "mmap MAP_HUGETLB": [9, 222, "0, 2097152, 3, 0x40022, -1, 0", "EINVAL"],
  "madvise MADV_MERGEABLE": [28, 233, "0, 0, 12", "EINVAL"],
  "futex FUTEX_LOCK_PI": [202, 98, "$room, 6, 0, 0, 0, 0", "ENOSYS"],
  "ioctl FIOASYNC": [16, 29, "fileno(A), 0x5452, $room", "ENOTTY"],
  "ioctl FIOASYNC, more above": [16, 29, "fileno(A), 0x5452 + (1 << 32), $room", "ENOTTY"],
  "fcntl F_SETOWN": [72, 25, "fileno(A), 8, 1", "EINVAL"],
  "prctl PR_SET_DUMPABLE": [157, 167, "4, 1, 0, 0, 0", "EINVAL"],
  "openat O_CREAT": [257, 56, `-100, $path, 0x41, 0600`, "EROFS"],
  mkdirat: [258, 34, "-100, $path, 0700", "ENOSYS"],
  memfd_create: [319, 279, "$path, 0", "ENOSYS"],
  pipe2: [293, 59, "$room, 0", "ENOSYS"],
  sendmsg: [46, 211, "-1, 0, 0", "ENOSYS"],
  setsockopt: [54, 208, "-1, 0, 0, 0, 0", "ENOSYS"],
  connect: [42, 203, "-1, 0, 0", "ENOSYS"],
  kill: [62, 129, "1, 0", "ENOSYS"],
  ptrace: [101, 117, "16, 99999, 0, 0", "ENOSYS"],
  process_vm_readv: [310, 270, "99999, 0, 0, 0, 0, 0", "ENOSYS"],
  unshare: [272, 97, "0x10000000", "ENOSYS"],
  setns: [308, 268, "-1, 0", "ENOSYS"],
  clone3: [435, 435, "0, 0", "ENOSYS"],
  mount: [165, 40, "0, $path, 0, 0, 0", "ENOSYS"],
  chroot: [161, 51, "$path", "ENOSYS"],
  keyctl: [250, 219, "0, -3, 0", "ENOSYS"],
  request_key: [249, 218, "$path, $path, 0, -3", "ENOSYS"],
  bpf: [321, 280, "0, 0, 0", "ENOSYS"],
  io_uring_setup: [425, 425, "1, 0", "ENOSYS"],
  userfaultfd: [323, 282, "1", "ENOSYS"],
  perf_event_open: [298, 241, "0, 0, -1, -1, 0", "ENOSYS"],
  seccomp: [317, 277, "2, 0, 0", "ENOSYS"],
  personality: [135, 92, "0xffffffff", "ENOSYS"],
  setuid: [105, 146, "0", "ENOSYS"],
  timer_create: [222, 107, "0, 0, 0", "ENOSYS"],
  inotify_init1: [294, 26, "0", "ENOSYS"],
  "a number that no kernel has": [5_000, 5_000, "", "ENOSYS"],
};

const column = process.arch === "arm64" ? 1 : 0;
const trials = Object.entries(tried)
  .map(([name, call]) => `try_it("${name}", ${call[column]}${call[2] && `, ${call[2]}`});`)
  .join("\n");
const script = `
  $| = 1;
  my ($room, $path, $size) = ("\\0" x 64, "/run/made", pack("L", 64));
  sub try_it { my ($name, @call) = @_; $! = 0; my $is = syscall(shift @call, @call); print "$name: ", ($is == -1 ? $! + 0 : 0), "\\n" }
  socketpair(A, B, 1, 1, 0) or print "no socketpair\\n";
  socket(S, 1, 1, 0) && bind(S, pack("Sa*", 1, "/run/mine")) && listen(S, 1) or print "no socket\\n";
  syswrite(A, "speaks\\n"); print scalar(<B>);
  ${trials}
  my $child = fork; exit if defined $child && $child == 0; print "fork: ", (defined $child ? 0 : $! + 0), "\\n";
`;

describe.runIf(process.platform === "linux" && existsSync(perl))("in the cage", () => {
  let dir: string;
  let cage: Cage;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "iso-"));
    await chmod(dir, 0o711);
    const checked = await checkCage("required", { dir, limits: defaultProcessLimits });
    expect(checked.report.missing).toEqual([]);
    cage = { ...checked.cage!, workerd: perl };
  });
  afterAll(() => rm(dir, { recursive: true }));

  let count = 0;
  async function run(within: Cage, code: string): Promise<{ said: string; exitCode: number }> {
    const socketDir = join(dir, `try${++count}`);
    await mkdir(socketDir);
    await chmod(socketDir, 0o777);
    const [program, ...args] = toCommand(within, socketDir);
    const upToProgram = args.slice(0, args.lastIndexOf("/workerd") + 1);
    const child = spawn(program, [...upToProgram, "-e", code], {
      env: {},
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", ...within.nothingBehind],
      ...(within.user === undefined ? {} : { uid: within.user, gid: within.user }),
    });
    const said = Promise.all([child.stdout, child.stderr].map((stream) => text(stream as Readable)));
    // One that did not start does not read it.
    (child.stdio[descriptors.control] as Duplex).on("error", () => {}).write(goAhead);
    const [exitCode] = (await once(child, "close")) as [number];
    return { said: (await said).join(""), exitCode };
  }
  const withoutFilter = (): Cage => ({ ...cage, filter: undefined });

  test("its own family of sockets works, and nothing else that is tried", async () => {
    const { said } = await run(cage, script);
    const refused = Object.entries(tried).map(([name, call]) => `${name}: ${errors[call[3]]}\n`);
    expect(said).toBe(`speaks\n${refused.join("")}fork: ${errors.EPERM}\n`);
  });

  test("it is the filter that refuses: without it most of that is answered otherwise, and much of it works", async () => {
    const { said } = await run(withoutFilter(), script);
    const answers = new Map(said.split("\n").map((line) => line.split(": ") as [string, string]));
    const same = Object.entries(tried).filter(
      ([name, call]) => answers.get(name) === String(errors[call[3]]),
    );
    // What this kernel was built without, it refuses by itself.
    expect(same.length).toBeLessThan(Object.keys(tried).length / 3);
    const working = ["socket AF_INET", "socket AF_NETLINK", "openat O_CREAT", "pipe2", "kill", "fork"];
    expect(working.map((name) => answers.get(name))).toEqual(working.map(() => "0"));
  });

  test("a filter that cannot be read or set: nothing starts", async () => {
    const lost = join(dir, "lost");
    const broken = join(dir, "broken");
    await writeFile(broken, "8 bytes!", { mode: 0o644 });
    for (const filter of [lost, broken, "/dev/null"]) {
      const { said, exitCode } = await run({ ...cage, filter }, `print "runs"`);
      expect([filter, said.includes("runs"), exitCode]).toEqual([filter, false, expect.any(Number)]);
      expect(exitCode).not.toBe(0);
    }
  });

  test("an exec does not take it off", async () => {
    const inner = `print syscall(${[41, 198][column]}, 16, 3, 0), " ", $! + 0`;
    const { said } = await run(cage, `exec "/sh", "-c", 'exec /workerd -e "$1"', "sh", '${inner}'`);
    expect(said).toBe(`-1 ${errors.EAFNOSUPPORT}`);
  });

  // mov eax, 20 (getpid there); int 0x80; ret
  test.runIf(process.arch === "x64")("who calls as a program of 32 bits is killed", async () => {
    const code = `
      $| = 1;
      require DynaLoader;
      my $code = pack("H*", "b814000000cd80c3");
      my $at = syscall(9, 0, 4096, 7, 0x22, -1, 0);
      socketpair(A, B, 1, 1, 0);
      syswrite(A, $code);
      syscall(0, fileno(B), $at, length $code) == length $code or die;
      DynaLoader::dl_install_xsub("main::call", $at);
      print "calls\\n";
      main::call();
      print "lives\\n";
    `;
    const without = await run(withoutFilter(), code);
    expect(without.said).toMatch(/^calls\n/);
    // A kernel that runs no such programs ends it too, by another signal.
    const isRun = without.said === "calls\nlives\n";
    expect(await run(cage, code)).toEqual({
      said: "calls\n",
      exitCode: isRun ? killedBySigsys : without.exitCode,
    });
  });
});

/** The program as the kernel would run it: every architecture, every number, the arguments that are looked at. */
import { existsSync, readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { answers, codes } from "./bpf.ts";
import { architectures, auditNumbers, calls, numberOf, type CallName } from "./calls.ts";
import { toFilter } from "./filter.ts";
import { findFilter } from "./find-filter.ts";
import { errors, policy, type ErrorName } from "./policy.ts";

type Verdict = "allow" | "kill" | ErrorName;

/** Runs it on a `struct seccomp_data`. Throws what the kernel would refuse to load. */
function judge(program: Buffer, asked: { arch: number; call: number; args?: readonly bigint[] }): Verdict {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(asked.call >>> 0, 0);
  data.writeUInt32LE(asked.arch >>> 0, 4);
  asked.args?.forEach((value, index) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + index * 8));
  let register = 0;
  for (let at = 0; ; at += 8) {
    if (at + 8 > program.length) throw new Error("it runs over its end");
    const operand = program.readUInt32LE(at + 4);
    switch (program.readUInt16LE(at)) {
      case codes.load:
        if (operand % 4 !== 0) throw new Error("a field is not aligned");
        register = data.readUInt32LE(operand);
        break;
      case codes.and:
        register = (register & operand) >>> 0;
        break;
      case codes.jumpIfEqual:
        at += 8 * program.readUInt8(at + (register === operand ? 2 : 3));
        break;
      case codes.answer:
        return toVerdict(operand);
      default:
        throw new Error("an instruction that is none");
    }
  }
}

function toVerdict(answer: number): Verdict {
  if (answer === answers.allow) return "allow";
  if (answer === answers.killProcess) return "kill";
  const name = (Object.keys(errors) as ErrorName[]).find((name) => answer === answers.error(errors[name]));
  if (name === undefined) throw new Error(`an answer that is none: ${answer}`);
  return name;
}

const ruleOf = new Map(policy.flatMap((rule) => rule.calls.map((name) => [name, rule] as const)));

describe.each(architectures)("%s", (architecture) => {
  const program = toFilter(architecture);
  const arch = auditNumbers[architecture];
  const ask = (call: CallName | number, ...args: readonly (number | bigint)[]): Verdict => {
    const number = typeof call === "number" ? call : numberOf(call, architecture);
    if (number === undefined) throw new Error(`${call} is not there`);
    return judge(program, { arch, call: number, args: args.map(BigInt) });
  };

  test("the kernel takes it: at most 4,096 instructions (BPF_MAXINSNS)", () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(1_000);
  });

  test("a call is allowed if the policy has it, and otherwise not there", () => {
    const open = new Set<number>();
    const looked = new Set<number>();
    for (const [name, { only }] of ruleOf) {
      const number = numberOf(name, architecture);
      if (number !== undefined) (only === undefined ? open : looked).add(number);
    }
    for (let call = 0; call < 2_048; call += 1) {
      if (looked.has(call)) continue;
      expect([call, ask(call)]).toEqual([call, open.has(call) ? "allow" : "ENOSYS"]);
    }
  });

  test("also those of the x32 ABI are not there, nor any number that is none", () => {
    for (let call = 0; call < 1_024; call += 1) expect(ask(0x4000_0000 + call)).toBe("ENOSYS");
    const number = fc.integer({ min: 1_024, max: 0xffff_ffff });
    fc.assert(fc.property(number, (call) => ask(call) === "ENOSYS"));
  });

  test("a process that calls as one of another architecture is killed, whatever it calls", () => {
    const i386 = 0x4000_0003;
    const arm = 0x4000_0028;
    const others = architectures
      .filter((other) => other !== architecture)
      .map((other) => auditNumbers[other]);
    for (const other of [i386, arm, 0, ...others])
      for (let call = 0; call < 512; call += 1) expect(judge(program, { arch: other, call })).toBe("kill");
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (other, call) => {
        return other === arch || judge(program, { arch: other, call }) === "kill";
      }),
    );
  });

  test("an argument passes if its condition holds, whatever its upper half and the others are", () => {
    const conditions = policy.flatMap(({ calls: names, only }) =>
      only === undefined ? [] : names.map((name) => ({ name, only })),
    );
    const half = fc.nat(0xffff_ffff);
    for (const { name, only } of conditions) {
      if (numberOf(name, architecture) === undefined) continue;
      const near = fc.oneof(half, fc.constantFrom(...only.oneOf), fc.nat(0x6000));
      fc.assert(
        fc.property(fc.array(half, { minLength: 6, maxLength: 6 }), near, half, (rest, value, upper) => {
          const args = rest.map(BigInt);
          args[only.argument] = (BigInt(upper) << 32n) | BigInt(value);
          const masked = (value & (only.mask ?? 0xffff_ffff)) >>> 0;
          expect(ask(name, ...args)).toBe(only.oneOf.includes(masked) ? "allow" : only.otherwise);
        }),
      );
    }
  });

  test("threads as C libraries make them, and nothing else that clone does", () => {
    const glibc = 0x3d_0f00;
    const musl = 0x7d_0f00;
    expect([glibc, musl].map((flags) => ask("clone", flags))).toEqual(["allow", "allow"]);
    const namespaces = [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000];
    const processes = [0x120_0011, 0x4111, 0, glibc & ~0x100, glibc | 17];
    const traced = [glibc | 0x2000, glibc | 0x80_0000];
    const refused = [
      ...processes,
      ...traced,
      ...namespaces.flatMap((flag) => [flag, flag | 17, flag | glibc]),
    ];
    for (const flags of refused) expect([flags, ask("clone", flags)]).toEqual([flags, "EPERM"]);
  });

  test("threads wait and wake, also with their own clocks, and lend no priority", () => {
    const flags = [0, 128, 256, 384];
    const operations = Array.from({ length: 16 }, (_, operation) => operation);
    const allowed = operations.filter((operation) =>
      flags.every((flag) => ask("futex", 0, operation | flag) === "allow"),
    );
    const refused = operations.filter((operation) =>
      flags.every((flag) => ask("futex", 0, operation | flag) === "ENOSYS"),
    );
    expect([allowed, refused]).toEqual([
      [0, 1, 3, 4, 5, 9, 10],
      [2, 6, 7, 8, 11, 12, 13, 14, 15],
    ]);
  });

  test("one family of sockets", () => {
    for (let family = 0; family < 64; family += 1)
      for (const name of ["socket", "socketpair"] as const)
        expect([family, ask(name, family, 1, 0)]).toEqual([family, family === 1 ? "allow" : "EAFNOSUPPORT"]);
  });

  test("what is there is opened, and nothing created", () => {
    const here = -100;
    expect([0, 1, 2, 0x8_0000, 0x200].map((flags) => ask("openat", here, 0, flags))).toEqual(
      Array(5).fill("allow"),
    );
    // O_CREAT, also with others; O_TMPFILE
    for (const flags of [0x40, 0x41 | 0x200, 0x41_0000, 0x40_4000])
      expect(ask("openat", here, 0, flags)).toBe("EROFS");
  });
});

test("a machine without one is told so", () => {
  expect(findFilter("riscv64")).toEqual({
    missing: "Programs are contained without a filter for system calls: there is none for riscv64.",
  });
});

test("each call has one rule, and each number is in use", () => {
  const named = policy.flatMap((rule) => rule.calls);
  expect(named.length).toBe(new Set(named).size);
  expect([...named].sort()).toEqual(Object.keys(calls).sort());
});

// What breaks out of containers, or was added for those who are root: not one of it is on the list, whoever mends it.
test.each([
  ["programs in the kernel", ["bpf", "seccomp", "setsockopt", "perf_event_open"]],
  [
    "queues of calls that no filter sees",
    ["io_uring_setup", "io_uring_enter", "io_uring_register", "io_submit"],
  ],
  ["page faults answered by hand", ["userfaultfd"]],
  [
    "other processes",
    ["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "kill", "fork"],
  ],
  ["keys, which no namespace holds", ["add_key", "keyctl", "request_key"]],
  ["namespaces", ["unshare", "setns", "clone3"]],
  [
    "mounts",
    ["mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "open_by_handle_at"],
  ],
  ["descriptors over sockets", ["sendmsg", "recvmsg", "sendmmsg", "connect"]],
  [
    "files made",
    ["creat", "mkdir", "mknodat", "link", "symlink", "rename", "openat2", "memfd_create", "ftruncate"],
  ],
  [
    "pipes, whose pages are the kernel's",
    ["pipe2", "splice", "vmsplice", "tee", "copy_file_range", "sendfile"],
  ],
  ["rights", ["setuid", "setresuid", "setgroups", "capset", "personality", "modify_ldt"]],
  [
    "memory of System V, queues, timers that are counted for all of one user",
    ["shmget", "msgget", "mq_open", "timer_create"],
  ],
])("not allowed: %s", (_, names) => {
  expect(names.filter((name) => name in calls)).toEqual([]);
});

/** From the headers of the C library, on a machine that has them. */
const headers = {
  x86_64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
  aarch64: "/usr/include/asm-generic/unistd.h",
};

test.runIf(Object.values(headers).every((path) => existsSync(path)))("the numbers are the kernel's", () => {
  for (const architecture of architectures) {
    const lines = readFileSync(headers[architecture], "utf8").matchAll(
      /^#define __NR(?:3264)?_(\w+) (\d+)$/gm,
    );
    const numbers = new Map([...lines].map(([, name, number]) => [name!, Number(number)]));
    if (architecture === "aarch64") numbers.set("newfstatat", numbers.get("fstatat")!);
    for (const name of Object.keys(calls) as CallName[])
      expect([name, numberOf(name, architecture)]).toEqual([name, numbers.get(name)]);
  }
});

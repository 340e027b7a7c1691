/**
 * Which system calls a contained process has: a list of what is allowed. Nothing of the kernel that is not on it can be reached, nor what
 * later kernels add.
 *
 * A list of what is forbidden would be the more tolerant one, and always be behind. This one is feasible because the runtime needs little:
 * it computes, waits, and speaks over one socket. The list is what it was seen to call, with the variants that other C libraries (or other
 * versions of them) take for the same things, and what a shell needs to exec it. Whatever else is called answers ENOSYS, as in a kernel
 * that does not have it; C libraries try new calls first and fall back from that, so that newer ones do not break here.
 *
 * Arguments are looked at where a call does much more than is needed. All of these are `int` or are cut to 32 bits by the kernel
 * (`socket(int, …)`, `ioctl(…, unsigned int, …)`, `lower_32_bits(clone_flags)`), so only those 32 bits are compared: to compare all 64
 * would let a value pass for another one by what the kernel does not look at. What pointers lead to no filter can see.
 */
import type { CallName } from "./calls.ts";

/** Values of asm-generic/errno.h, the same on all architectures here. */
export const errors = {
  EPERM: 1,
  EINVAL: 22,
  ENOTTY: 25,
  EROFS: 30,
  ENOSYS: 38,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
} as const;
export type ErrorName = keyof typeof errors;

/** The call passes if its argument, with the bits of `mask` alone, is one of these; else it answers the error and does nothing. */
export interface Condition {
  /** 0 for the first. */
  readonly argument: number;
  readonly mask?: number;
  readonly oneOf: readonly number[];
  readonly otherwise: ErrorName;
}

export interface Rule {
  readonly why: string;
  readonly calls: readonly CallName[];
  readonly only?: Condition;
}

/** For every call that no rule allows. */
export const otherwise: ErrorName = "ENOSYS";

const cloneFlags = { VM: 0x100, SIGHAND: 0x800, PTRACE: 0x2000, THREAD: 0x1_0000, UNTRACED: 0x80_0000 };
const newNamespaces = 0x7e02_0000;
const exitSignal = 0xff;
const thread = cloneFlags.VM | cloneFlags.SIGHAND | cloneFlags.THREAD;
const unix = 1;
const outOfBand = 1;
const creating = { CREAT: 0x40, TMPFILE: 0x40_0000 };
const hugePages = 0x4_0000;
/** All but MERGEABLE, UNMERGEABLE, DONTFORK, DOFORK, HWPOISON, SOFT_OFFLINE. */
const advice = [0, 1, 2, 3, 4, 8, 9, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 102, 103];
const futexes = { WAIT: 0, WAKE: 1, REQUEUE: 3, CMP_REQUEUE: 4, WAKE_OP: 5, WAIT_BITSET: 9, WAKE_BITSET: 10 };
const futexOperation = 0x7f;
const socketOptions = { TYPE: 3, ERROR: 4, PEERCRED: 17, ACCEPTCONN: 30 };
const fcntlCommands = { DUPFD: 0, GETFD: 1, SETFD: 2, GETFL: 3, SETFL: 4, DUPFD_CLOEXEC: 1_030 };
const ioctlCommands = {
  TCGETS: 0x5401,
  TIOCGWINSZ: 0x5413,
  FIONREAD: 0x541b,
  FIONBIO: 0x5421,
  FIOCLEX: 0x5451,
};
const prctlOptions = { SET_NAME: 15, GET_NAME: 16 };
const archPrctlCodes = { SET_FS: 0x1002, GET_FS: 0x1003 };

export const policy: readonly Rule[] = [
  {
    why: "Open descriptors, which are few: its socket, its pipes to the host, the files below.",
    calls: [
      ...(["read", "write", "readv", "writev", "pread64", "pwrite64", "lseek"] as const),
      ...(["close", "dup", "dup2", "dup3"] as const),
    ],
  },
  {
    why: "Copies of descriptors and their flags. No signals on events, no leases, no sizes of pipes.",
    calls: ["fcntl"],
    only: { argument: 1, oneOf: Object.values(fcntlCommands), otherwise: "EINVAL" },
  },
  {
    why: "Whether a descriptor is a terminal, how much there is to read, whether it blocks. Nothing that a device or a terminal does (TIOCSTI).",
    calls: ["ioctl"],
    only: { argument: 1, oneOf: Object.values(ioctlCommands), otherwise: "ENOTTY" },
  },
  {
    why: "What is there to be read. Nothing is ever created: also empty files fill a file system.",
    calls: ["open"],
    only: { argument: 1, mask: creating.CREAT | creating.TMPFILE, oneOf: [0], otherwise: "EROFS" },
  },
  {
    why: "As `open`. (Not `openat2`: its flags lie behind a pointer.)",
    calls: ["openat"],
    only: { argument: 2, mask: creating.CREAT | creating.TMPFILE, oneOf: [0], otherwise: "EROFS" },
  },
  {
    why: "What files are.",
    calls: [
      ...(["stat", "lstat", "fstat", "newfstatat", "statx", "access", "faccessat", "faccessat2"] as const),
      ...(["readlink", "readlinkat", "getcwd"] as const),
    ],
  },
  {
    why: "Memory of its own. What is compiled must become executable, so that is not refused.",
    calls: ["brk", "munmap", "mprotect", "mremap", "pkey_alloc", "pkey_free", "pkey_mprotect"],
  },
  {
    why: "As above, but not of the huge pages that an administrator has set aside for something else.",
    calls: ["mmap"],
    only: { argument: 3, mask: hugePages, oneOf: [0], otherwise: "EINVAL" },
  },
  {
    why: "What memory is for. It is not to be merged with that of other processes (MADV_MERGEABLE): how long a write takes then tells what theirs holds.",
    calls: ["madvise"],
    only: { argument: 2, oneOf: advice, otherwise: "EINVAL" },
  },
  {
    why: "Threads, and nothing else: no process beside this one, no namespace, no tracing. (Not `clone3`: its flags lie behind a pointer.)",
    calls: ["clone"],
    only: {
      argument: 0,
      mask: thread | newNamespaces | cloneFlags.PTRACE | cloneFlags.UNTRACED | exitSignal,
      oneOf: [thread],
      otherwise: "EPERM",
    },
  },
  {
    why: "Threads wait for each other. Without locks that lend their priority (FUTEX_LOCK_PI and the like), by which kernels were taken more than once.",
    calls: ["futex"],
    only: { argument: 1, mask: futexOperation, oneOf: Object.values(futexes), otherwise: "ENOSYS" },
  },
  {
    why: "What else threads need.",
    calls: [
      ...(["set_robust_list", "set_tid_address", "rseq", "membarrier", "gettid", "getcpu"] as const),
      ...(["sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler"] as const),
    ],
  },
  {
    why: "A thread's name; no other of the hundred things that this call is.",
    calls: ["prctl"],
    only: { argument: 0, oneOf: Object.values(prctlOptions), otherwise: "EINVAL" },
  },
  {
    why: "Where a thread's own variables are.",
    calls: ["arch_prctl"],
    only: { argument: 0, oneOf: Object.values(archPrctlCodes), otherwise: "EINVAL" },
  },
  {
    why: "Signals to itself, which is how it aborts. `restart_syscall` is what the kernel calls after one that stopped it.",
    calls: ["rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill", "restart_syscall"],
  },
  {
    why: "To wait.",
    calls: [
      ...(["epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait"] as const),
      ...(["epoll_pwait2", "poll", "ppoll", "select", "pselect6", "eventfd2"] as const),
    ],
  },
  {
    why: "The time. On most machines it is read without a call.",
    calls: ["clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"],
  },
  {
    why: "The socket that it listens on is of this family. No namespace holds AF_VSOCK, which leads to a virtual machine's host; AF_NETLINK, AF_ALG, AF_PACKET and the rest are kernel to attack.",
    calls: ["socket", "socketpair"],
    only: { argument: 0, oneOf: [unix], otherwise: "EAFNOSUPPORT" },
  },
  {
    why: "To listen. It connects to nothing, sets nothing (`setsockopt` loads programs into the kernel), and neither sends nor takes descriptors (`sendmsg`, `recvmsg`).",
    calls: ["bind", "listen", "accept", "accept4", "getsockname", "getpeername", "shutdown"],
  },
  {
    why: "Of which user the host is, as the runtime asks. No descriptor of its process (SO_PEERPIDFD).",
    calls: ["getsockopt"],
    only: { argument: 2, oneOf: Object.values(socketOptions), otherwise: "ENOPROTOOPT" },
  },
  {
    why: "To speak over it, in order: urgent bytes (MSG_OOB) are a corner of this family that nobody uses but to break it.",
    calls: ["sendto", "recvfrom"],
    only: { argument: 3, mask: outOfBand, oneOf: [0], otherwise: "EOPNOTSUPP" },
  },
  {
    why: "Who and where it is: in namespaces of its own all of it is told by them. Limits can be read, and lowered.",
    calls: [
      ...(["getpid", "getppid", "getpgrp", "getpgid", "getuid", "geteuid", "getgid", "getegid"] as const),
      ...([
        "getgroups",
        "uname",
        "sysinfo",
        "getrusage",
        "times",
        "getrlimit",
        "prlimit64",
        "getrandom",
      ] as const),
    ],
  },
  {
    why: "The shell before it becomes the runtime by this. Whatever it were called for later has this filter too, and no more rights: no program gains any there.",
    calls: ["execve", "exit", "exit_group"],
  },
];

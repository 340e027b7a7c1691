/**
 * The numbers of system calls, by the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, scripts/syscall.tbl). They never change.
 * Here are those that the policy names, and no others.
 */
export const architectures = ["x86_64", "aarch64"] as const;
export type Architecture = (typeof architectures)[number];

/** `seccomp_data.arch` (linux/audit.h): the machine, 64 bits, little endian. */
export const auditNumbers: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};

/** By name: the number on x86_64, the one on aarch64. The younger architecture leaves out what a newer call does as well. */
export const calls = {
  read: [0, 63],
  write: [1, 64],
  readv: [19, 65],
  writev: [20, 66],
  pread64: [17, 67],
  pwrite64: [18, 68],
  lseek: [8, 62],
  close: [3, 57],
  dup: [32, 23],
  dup2: [33, undefined],
  dup3: [292, 24],
  fcntl: [72, 25],
  ioctl: [16, 29],

  open: [2, undefined],
  openat: [257, 56],
  stat: [4, undefined],
  lstat: [6, undefined],
  fstat: [5, 80],
  newfstatat: [262, 79],
  statx: [332, 291],
  access: [21, undefined],
  faccessat: [269, 48],
  faccessat2: [439, 439],
  readlink: [89, undefined],
  readlinkat: [267, 78],
  getcwd: [79, 17],

  brk: [12, 214],
  mmap: [9, 222],
  munmap: [11, 215],
  mprotect: [10, 226],
  mremap: [25, 216],
  madvise: [28, 233],
  pkey_alloc: [330, 289],
  pkey_free: [331, 290],
  pkey_mprotect: [329, 288],

  clone: [56, 220],
  futex: [202, 98],
  set_robust_list: [273, 99],
  set_tid_address: [218, 96],
  rseq: [334, 293],
  membarrier: [324, 283],
  sched_yield: [24, 124],
  sched_getaffinity: [204, 123],
  sched_getparam: [143, 121],
  sched_getscheduler: [145, 120],
  getcpu: [309, 168],
  arch_prctl: [158, undefined],
  prctl: [157, 167],
  gettid: [186, 178],

  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139],
  sigaltstack: [131, 132],
  tgkill: [234, 131],
  restart_syscall: [219, 128],

  epoll_create: [213, undefined],
  epoll_create1: [291, 20],
  epoll_ctl: [233, 21],
  epoll_wait: [232, undefined],
  epoll_pwait: [281, 22],
  epoll_pwait2: [441, 441],
  poll: [7, undefined],
  ppoll: [271, 73],
  select: [23, undefined],
  pselect6: [270, 72],
  eventfd2: [290, 19],

  clock_gettime: [228, 113],
  clock_getres: [229, 114],
  clock_nanosleep: [230, 115],
  nanosleep: [35, 101],
  gettimeofday: [96, 169],
  time: [201, undefined],

  socket: [41, 198],
  socketpair: [53, 199],
  bind: [49, 200],
  listen: [50, 201],
  accept: [43, 202],
  accept4: [288, 242],
  getsockname: [51, 204],
  getpeername: [52, 205],
  getsockopt: [55, 209],
  shutdown: [48, 210],
  sendto: [44, 206],
  recvfrom: [45, 207],

  getpid: [39, 172],
  getppid: [110, 173],
  getpgrp: [111, undefined],
  getpgid: [121, 155],
  getuid: [102, 174],
  geteuid: [107, 175],
  getgid: [104, 176],
  getegid: [108, 177],
  getgroups: [115, 158],
  uname: [63, 160],
  sysinfo: [99, 179],
  getrusage: [98, 165],
  times: [100, 153],
  getrlimit: [97, 163],
  prlimit64: [302, 261],
  getrandom: [318, 278],

  execve: [59, 221],
  exit: [60, 93],
  exit_group: [231, 94],
} as const satisfies Record<string, readonly [x86_64: number, aarch64: number | undefined]>;

export type CallName = keyof typeof calls;

/** Undefined where the architecture does not have it. */
export function numberOf(name: CallName, architecture: Architecture): number | undefined {
  return calls[name][architectures.indexOf(architecture)];
}

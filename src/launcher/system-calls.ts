// The system calls that launchers make and guests may be allowed, with their numbers, and the few constants their arguments
// need. Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and the uapi headers. Pure.

export const SYSTEM_CALLS_X86_64 = {
  read: 0,
  write: 1,
  close: 3,
  fstat: 5,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  pread64: 17,
  mremap: 25,
  madvise: 28,
  setitimer: 38,
  fcntl: 72,
  chdir: 80,
  getppid: 110,
  capset: 126,
  prctl: 157,
  arch_prctl: 158,
  clock_gettime: 228,
  exit_group: 231,
  epoll_ctl: 233,
  openat: 257,
  epoll_pwait: 281,
  timerfd_create: 283,
  timerfd_settime: 286,
  epoll_create1: 291,
  prlimit64: 302,
  seccomp: 317,
  close_range: 436,
} as const

export type SystemCallName = keyof typeof SYSTEM_CALLS_X86_64

export const AT_FDCWD = -100n
export const O_RDONLY = 0n
export const O_RDWR = 2n
export const O_NONBLOCK = 0o4000n
export const O_CLOEXEC = 0o2000000n

export const PROT_READ = 1
export const PROT_WRITE = 2
export const PROT_EXEC = 4
export const MAP_PRIVATE = 0x02
export const MAP_FIXED = 0x10
export const MAP_ANONYMOUS = 0x20
export const MAP_NORESERVE = 0x4000
export const MAP_FIXED_NOREPLACE = 0x100000
export const MREMAP_MAYMOVE = 1
export const MREMAP_FIXED = 2
export const MADV_DONTNEED = 4
export const MADV_NOHUGEPAGE = 15

export const SIGKILL = 9
export const SIGPIPE = 13
export const SIGSTOP = 19
export const LAST_SIGNAL = 64
export const SIG_SETMASK = 2
export const SIGNAL_SET_BYTES = 8 // what the kernel calls sigsetsize

export const RLIMIT_CORE = 4
export const PR_SET_PDEATHSIG = 1
export const PR_SET_DUMPABLE = 4
export const PR_SET_NAME = 15
export const PR_SET_NO_NEW_PRIVS = 38
export const SECCOMP_SET_MODE_FILTER = 1

export const CLOCK_REALTIME = 0
export const CLOCK_MONOTONIC = 1
export const TFD_NONBLOCK = 0o4000
export const F_GETFD = 1
export const CAPABILITY_VERSION_3 = 0x20080522
export const EPOLL_CTL_ADD = 1
export const EPOLLIN = 1
export const ARCH_SET_FS = 0x1002

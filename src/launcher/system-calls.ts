// The system calls that launchers make and guests may be allowed, with their numbers, and the few constants their arguments
// need. Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and the uapi headers. Pure.

export const SYSTEM_CALLS_X86_64 = {
  read: 0,
  write: 1,
  close: 3,
  fstat: 5,
  lseek: 8,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  ioctl: 16,
  pread64: 17,
  pwrite64: 18,
  mremap: 25,
  madvise: 28,
  setitimer: 38,
  getpid: 39,
  socket: 41,
  connect: 42,
  bind: 49,
  getpeername: 52,
  setsockopt: 54,
  getsockopt: 55,
  clone: 56,
  fcntl: 72,
  chdir: 80,
  getppid: 110,
  capset: 126,
  sigaltstack: 131,
  prctl: 157,
  arch_prctl: 158,
  clock_gettime: 228,
  exit_group: 231,
  epoll_ctl: 233,
  openat: 257,
  ppoll: 271,
  epoll_pwait: 281,
  timerfd_create: 283,
  timerfd_settime: 286,
  epoll_create1: 291,
  prlimit64: 302,
  seccomp: 317,
  pidfd_send_signal: 424,
  pidfd_open: 434,
  close_range: 436,
} as const

export type SystemCallName = keyof typeof SYSTEM_CALLS_X86_64

/** The same the other way round. */
export const SYSTEM_CALL_NAMES: ReadonlyMap<number, SystemCallName> = new Map(
  Object.entries(SYSTEM_CALLS_X86_64).map(([name, number]) => [number, name as SystemCallName]),
)

export const AT_FDCWD = -100n
export const O_RDONLY = 0n
export const O_RDWR = 2n
export const O_EXCL = 0o200n
export const O_NONBLOCK = 0o4000n
export const O_CLOEXEC = 0o2000000n

export const SEEK_END = 2
export const S_IFMT = 0o170000 // of st_mode
export const S_IFREG = 0o100000
export const S_IFBLK = 0o060000

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

export const SIGHUP = 1
export const SIGKILL = 9
export const SIGPIPE = 13
export const SIGSTOP = 19
export const SIGXFSZ = 25
export const SIGSYS = 31
export const LAST_SIGNAL = 64
export const SA_SIGINFO = 0x4
export const SA_RESTORER = 0x0400_0000
export const SA_ONSTACK = 0x0800_0000
export const SA_NODEFER = 0x4000_0000
export const SIG_SETMASK = 2
export const SIGNAL_SET_BYTES = 8 // what the kernel calls sigsetsize

export const RLIMIT_CPU = 0
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
export const F_SETFL = 4
export const F_GETLK = 5
export const F_SETLK = 6
export const F_RDLCK = 0
export const F_WRLCK = 1
export const CLONE_PIDFD = 0x1000
export const CAPABILITY_VERSION_3 = 0x20080522
export const EPOLL_CTL_ADD = 1
export const EPOLLIN = 1
export const POLLIN = 1
export const POLLOUT = 4
export const POLLRDHUP = 0x2000
export const EROFS = 30
export const ARCH_SET_FS = 0x1002

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_NETLINK = 16
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_SEQPACKET = 5
export const SOCK_CLOEXEC = 0o2000000
export const SOL_SOCKET = 1
export const SO_TYPE = 3
export const SO_SNDBUF = 7
export const SO_SNDTIMEO = 21
export const SO_ATTACH_FILTER = 26
export const SO_DOMAIN = 39

// Interfaces (uapi/linux/sockios.h, if.h, if_tun.h, ethtool.h)
export const SIOCGIFFLAGS = 0x8913
export const SIOCGIFMTU = 0x8921
export const SIOCETHTOOL = 0x8946
export const ETHTOOL_SGSO = 0x24
export const ETHTOOL_SGRO = 0x2c
export const IFF_UP = 1
export const TUNSETIFF = 0x400454ca
export const TUNGETIFF = 0x800454d2
export const IFF_TAP = 0x0002
export const IFF_NO_PI = 0x1000
export const IFF_VNET_HDR = 0x4000

// Messages about interfaces (uapi/linux/{netlink,rtnetlink,if_link}.h)
export const NETLINK_ROUTE = 0
export const RTMGRP_LINK = 1
export const RTM_DELLINK = 17
export const IFLA_IFNAME = 3

// The arguments of each call that launchers make, with names for the numbers that have some. A table; the words are in describe-words.ts. Pure.

import {
  AF_INET,
  AF_UNIX,
  AT_FDCWD,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLONE_PIDFD,
  EPOLLIN,
  EPOLL_CTL_ADD,
  F_GETFD,
  F_SETFL,
  F_SETLK,
  MADV_DONTNEED,
  MADV_NOHUGEPAGE,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  O_CLOEXEC,
  O_EXCL,
  O_NONBLOCK,
  O_RDWR,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  RLIMIT_CORE,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESTORER,
  SA_SIGINFO,
  SECCOMP_SET_MODE_FILTER,
  SEEK_END,
  SIGHUP,
  SIGKILL,
  SIGPIPE,
  SIGSYS,
  SIG_SETMASK,
  SIOCETHTOOL,
  SIOCGIFFLAGS,
  SIOCGIFMTU,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  SO_DOMAIN,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  TFD_NONBLOCK,
  TUNGETIFF,
  TUNSETIFF,
  type SystemCallName,
} from '../../launcher/system-calls.ts'
import { flags, hex, oneOf, path, type Show, signed, structure } from './describe-words.ts'

const protection = flags('PROT_NONE', { PROT_READ, PROT_WRITE, PROT_EXEC })
const directory: Show = (value) => (BigInt.asIntN(64, value) === AT_FDCWD ? 'AT_FDCWD' : signed(value))
const openFlags = (value: bigint): string => {
  const access = (value & O_RDWR) === 0n ? 'O_RDONLY' : 'O_RDWR'
  const others = flags('', { O_EXCL, O_NONBLOCK, O_CLOEXEC })(value & ~O_RDWR)
  return [access, others].filter((words) => words !== '').join('|')
}
const signal = oneOf({ SIGPIPE, SIGKILL, SIGHUP, SIGSYS })
const descriptor = signed
const actionFlags = flags('0', { SA_SIGINFO, SA_ONSTACK, SA_RESTORER, SA_NODEFER })
const action = structure(
  () => 32,
  ({ u64 }) => ['SIG_DFL', 'SIG_IGN'][Number(u64(0))] ?? `${hex(u64(0))}, ${actionFlags(u64(8))}`,
)
const stack = structure(
  () => 24,
  ({ u64 }) => `${hex(u64(0))}, ${hex(u64(16))} bytes`,
)
const event = structure(
  () => 12,
  ({ u32, u64 }) => `${u32(0) === EPOLLIN ? 'EPOLLIN' : u32(0)}, ${hex(u64(4))}`,
)
const request = structure(
  () => 40,
  ({ text }) => text(0, 16),
)
const lock = structure(
  () => 32,
  ({ u16 }) => ['F_RDLCK', 'F_WRLCK'][u16(0)] ?? `${u16(0)}`,
)
const program = structure(
  () => 16,
  ({ u16 }) => `${u16(0)} instructions`,
)
const socketAddress = structure(
  ({ args }) => Math.min(Number(args[2] ?? 0n), 110),
  ({ u16, text }) => (u16(0) === AF_UNIX ? `AF_UNIX, ${text(2, 108)}` : `family ${u16(0)}`),
)

/** The arguments that each call has, as far as somebody might want to read them. */
export const ARGUMENTS: Readonly<Record<SystemCallName, readonly Show[]>> = {
  read: [descriptor, hex, signed],
  write: [descriptor, path, signed],
  close: [descriptor],
  fstat: [descriptor, hex],
  lseek: [descriptor, signed, oneOf({ SEEK_END })],
  mmap: [
    hex,
    hex,
    protection,
    flags('0', { MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE }),
    descriptor,
    hex,
  ],
  mprotect: [hex, hex, protection],
  munmap: [hex, hex],
  rt_sigaction: [signal, action, signed, signed],
  rt_sigprocmask: [oneOf({ SIG_SETMASK }), hex, signed, signed],
  ioctl: [
    descriptor,
    oneOf({ SIOCGIFFLAGS, SIOCGIFMTU, SIOCETHTOOL, TUNSETIFF, TUNGETIFF }),
    (value, record, memory) => (record.args[1] === BigInt(TUNGETIFF) ? hex(value) : request(value, record, memory)),
  ],
  pread64: [descriptor, hex, hex, hex],
  pwrite64: [descriptor, hex, hex, hex],
  mremap: [hex, hex, hex, flags('0', { MREMAP_MAYMOVE, MREMAP_FIXED }), hex],
  madvise: [hex, hex, oneOf({ MADV_DONTNEED, MADV_NOHUGEPAGE })],
  setitimer: [signed, hex, signed],
  getpid: [],
  socket: [
    oneOf({ AF_UNIX, AF_INET }),
    (value, ...rest) => {
      const kind = oneOf({ SOCK_DGRAM, SOCK_SEQPACKET })(value & 0xfn, ...rest)
      return (value & BigInt(SOCK_CLOEXEC)) === 0n ? kind : `${kind}|SOCK_CLOEXEC`
    },
    signed,
  ],
  bind: [descriptor, hex, signed],
  connect: [descriptor, socketAddress, signed],
  getpeername: [descriptor, hex, hex],
  setsockopt: [descriptor, oneOf({ SOL_SOCKET }), oneOf({ SO_SNDBUF, SO_SNDTIMEO }), hex, signed],
  getsockopt: [descriptor, oneOf({ SOL_SOCKET }), oneOf({ SO_TYPE, SO_DOMAIN }), hex, hex],
  clone: [oneOf({ CLONE_PIDFD }), signed, hex],
  fcntl: [
    descriptor,
    oneOf({ F_GETFD, F_SETFL, F_SETLK }),
    (value, record, memory) => {
      if (record.args[1] === BigInt(F_SETFL)) return openFlags(value)
      return record.args[1] === BigInt(F_SETLK) ? lock(value, record, memory) : signed(value)
    },
  ],
  chdir: [path],
  getppid: [],
  capset: [hex, hex],
  sigaltstack: [stack, signed],
  prctl: [
    oneOf({ PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_NO_NEW_PRIVS }),
    (value, record, memory) => {
      if (record.args[0] === BigInt(PR_SET_NAME)) return path(value, record, memory)
      return record.args[0] === BigInt(PR_SET_PDEATHSIG) ? signal(value, record, memory) : signed(value)
    },
  ],
  arch_prctl: [hex, hex],
  clock_gettime: [signed, hex],
  exit_group: [signed],
  epoll_ctl: [descriptor, oneOf({ EPOLL_CTL_ADD }), descriptor, event],
  openat: [directory, path, openFlags],
  ppoll: [hex, signed, hex, signed, signed],
  epoll_pwait: [descriptor, hex, signed, signed, hex],
  timerfd_create: [oneOf({ CLOCK_REALTIME, CLOCK_MONOTONIC }), flags('0', { TFD_NONBLOCK })],
  timerfd_settime: [descriptor, signed, hex, hex],
  epoll_create1: [signed],
  prlimit64: [signed, oneOf({ RLIMIT_CORE }), hex, signed],
  seccomp: [oneOf({ SECCOMP_SET_MODE_FILTER }), signed, program],
  pidfd_send_signal: [descriptor, signal, signed, signed],
  pidfd_open: [signed, signed],
  close_range: [descriptor, (value) => (value === 0xffff_ffffn ? '~0U' : signed(value)), signed],
}

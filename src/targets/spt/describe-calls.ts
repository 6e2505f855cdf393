// What the system calls of a launcher do to its process, but for those about memory. A call that is used in another way than our composer
// uses it is refused: what it does could not be told. Pure.

import type { ByteReader } from '../../base/reader.ts'
import { HANDLER_STACK, HANDLER_STACK_SIZE } from '../../launcher/address-space.ts'
import { HANDLER_FLAGS } from '../../launcher/handler.ts'
import {
  AF_UNIX,
  AT_FDCWD,
  CLONE_PIDFD,
  ETHTOOL_SGRO,
  ETHTOOL_SGSO,
  F_GETFD,
  F_GETLK,
  F_RDLCK,
  F_SETFL,
  F_SETLK,
  F_WRLCK,
  O_CLOEXEC,
  O_EXCL,
  O_NONBLOCK,
  O_RDWR,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  RLIMIT_CORE,
  SECCOMP_SET_MODE_FILTER,
  SEEK_END,
  SIOCETHTOOL,
  SIOCGIFFLAGS,
  SIOCGIFMTU,
  SIGSYS,
  SO_DOMAIN,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
  type SystemCallName,
  TUNGETIFF,
  TUNSETIFF,
} from '../../launcher/system-calls.ts'
import { MAPPING, type Step } from './describe-mapping.ts'
import { type FoundCall, type LauncherProcess, refuseUnless } from './describe-process.ts'
import { STAT } from './stat.ts'

const REQUEST_SIZE = 40 // struct ifreq
const REQUEST_VALUE = 16
const FLOCK_SIZE = 32
const STACK_SIZE = 24 // struct sigaltstack
const ACTION_SIZE = 32 // struct sigaction
const SIG_DFL = 0n
const SIG_IGN = 1n
const MAX_PATH = 4096
const MAX_SOCKET_ADDRESS = 110
const INSTRUCTION_SIZE = 8
const MAX_INHERITED = 256 // descriptors: 63 devices, the artefact and the status, with room
const LAST_DESCRIPTOR = 0xffff_ffffn
const OPEN_FLAGS = O_RDWR | O_EXCL | O_NONBLOCK | O_CLOEXEC

export const STEPS: Partial<Record<SystemCallName, Step>> = {
  ...MAPPING,

  openat(process, record) {
    const [directory, address = 0n, flags = 0n] = record.args
    const path = process.string(address, MAX_PATH, record)
    if (record.demand === 'ignore' && path === '/dev/null') return // the standard streams, where they are missing
    const plain = directory === BigInt.asUintN(64, AT_FDCWD) && (flags & ~OPEN_FLAGS) === 0n
    refuseUnless(record, plain, 'opens a file in a way that could change more than its contents')
    refuseUnless(record, path.startsWith('/') || !process.elsewhere, 'opens a path that counts from another directory')
    process.open(record, { how: 'file', path, flags })
  },

  close(process, record) {
    const [descriptor = 0n] = record.args
    // The kernel looks at the lower half only.
    refuseUnless(record, descriptor <= LAST_DESCRIPTOR && record.demand === 0n, 'closes what cannot be told')
    const closed = process.descriptors.get(Number(descriptor))
    const used = closed?.path === undefined || closed === process.image
    refuseUnless(record, used, 'has opened what its guest is told nothing of')
    process.descriptors.delete(Number(descriptor))
  },

  close_range(process, record) {
    const [from = 0n, to = 0n, flags] = record.args
    const ordered = record.demand === 0n && flags === 0n && from >= process.closedUpTo && to >= from
    const few = from - BigInt(process.closedUpTo) <= MAX_INHERITED && process.descriptors.size <= MAX_INHERITED
    refuseUnless(record, ordered && few && to <= LAST_DESCRIPTOR, 'leaves descriptors open that nobody knows')
    for (let n = process.closedUpTo; n < Number(from); n++) process.descriptors.set(n, { how: 'inherited' })
    process.closedUpTo = Number(to) + 1
  },

  fstat(process, record) {
    const [descriptor, address = 0n] = record.args
    process.willWrite(address, STAT.size)
    const about = process.descriptor(descriptor, record)
    process.answers.push({ address, size: STAT.size, kind: 'state', descriptor: about })
  },

  lseek(process, record) {
    const [descriptor, offset, whence] = record.args
    const { demand } = record
    const measures = offset === 0n && whence === BigInt(SEEK_END)
    refuseUnless(record, measures && typeof demand === 'bigint', 'moves in a file')
    process.descriptor(descriptor, record).capacity = demand
  },

  fcntl(process, record) {
    const [descriptor, command, argument = 0n] = record.args
    if (command === BigInt(F_GETFD) || command === BigInt(F_SETFL)) return
    if (command === BigInt(F_GETLK)) {
      process.willWrite(argument, FLOCK_SIZE)
      return
    }
    const demanded = record.demand === 0n || record.demand === 'ignore'
    refuseUnless(record, command === BigInt(F_SETLK) && demanded, 'makes an fcntl of another kind')
    const lock = process.untouched(argument, FLOCK_SIZE, record)
    const [type, whence] = [lock.u16(0, 'lock.type'), lock.u16(2, 'lock.whence')]
    const whole = whence === 0 && lock.u64(8, 'lock.start') === 0n && lock.u64(16, 'lock.length') === 0n
    refuseUnless(record, whole && (type === F_RDLCK || type === F_WRLCK), 'locks something else than a whole file')
    if (record.demand === 'ignore') return // of those who share: whether they get it does not matter
    process.descriptor(descriptor, record).lock = type === F_RDLCK ? 'shared' : 'exclusive'
  },

  socket(process, record) {
    process.open(record, { how: 'socket' })
  },

  connect(process, record) {
    const [descriptor, address = 0n, length = 0n] = record.args
    const socket = process.descriptor(descriptor, record)
    refuseUnless(record, length >= 3n && length <= MAX_SOCKET_ADDRESS, 'connects to what is no path')
    const name = process.untouched(address, Number(length), record)
    refuseUnless(record, name.u16(0, 'address.family') === AF_UNIX, 'connects to what is no path')
    socket.path = textOf(name, 2, Number(length) - 2)
    // An empty one would be a name outside of every file system.
    refuseUnless(record, socket.how === 'socket' && socket.path !== '', 'connects to what is no path')
    const here = socket.path.startsWith('/') || !process.elsewhere
    refuseUnless(record, here, 'connects to a path that counts from another directory')
  },

  ioctl(process, record) {
    const [descriptor, request, address = 0n] = record.args
    const about = process.descriptor(descriptor, record)
    switch (Number(request)) {
      case TUNSETIFF:
        about.interface = textOf(process.untouched(address, REQUEST_SIZE, record), 0, REQUEST_VALUE)
        break
      case TUNGETIFF:
        process.willWrite(address, REQUEST_SIZE)
        process.answers.push({ address, size: REQUEST_SIZE, kind: 'interface', descriptor: about })
        return
      case SIOCETHTOOL: {
        const value = process.untouched(address, REQUEST_SIZE, record).u64(REQUEST_VALUE, 'request.value')
        const command = process.untouched(value, 8, record).u32(0, 'request.command')
        refuseUnless(record, command === ETHTOOL_SGRO || command === ETHTOOL_SGSO, 'changes an interface')
        return // answers neither
      }
      default: {
        const asks = request === BigInt(SIOCGIFFLAGS) || request === BigInt(SIOCGIFMTU)
        refuseUnless(record, asks, 'makes an ioctl of another kind')
      }
    }
    process.willWrite(address, REQUEST_SIZE)
  },

  setsockopt(process, record) {
    const [descriptor, level, option] = record.args
    const known = option === BigInt(SO_SNDTIMEO) || option === BigInt(SO_SNDBUF)
    refuseUnless(record, known && level === BigInt(SOL_SOCKET), 'sets an option that nobody expects')
    process.descriptor(descriptor, record)
  },

  getsockopt(process, record) {
    const [descriptor, level, option, answer = 0n, length = 0n] = record.args
    process.descriptor(descriptor, record)
    const known = option === BigInt(SO_DOMAIN) || option === BigInt(SO_TYPE)
    refuseUnless(record, known && level === BigInt(SOL_SOCKET), 'asks a socket for something else')
    for (const address of [answer, length]) process.willWrite(address, 4)
  },

  getpeername(process, record) {
    const [descriptor, address = 0n, length = 0n] = record.args
    process.descriptor(descriptor, record)
    process.willWrite(address, process.untouched(length, 4, record).u32(0, 'name.length'))
    process.willWrite(length, 4)
  },

  prctl(process, record) {
    const option = Number(record.args[0])
    if (option === PR_SET_NAME) process.name = process.string(record.args[1] ?? 0n, 64, record)
    const known = [PR_SET_NAME, PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS].includes(option)
    refuseUnless(record, known, 'makes a prctl of another kind')
  },

  getppid(process, { demand }) {
    if (typeof demand === 'bigint') process.parent = Number(demand)
  },

  getpid(process, { store = 0n }) {
    process.willWrite(store, 8)
  },

  pidfd_open(process, record) {
    process.open(record, { how: 'process' })
  },

  clone(process, record) {
    const [flags, stack, number = 0n] = record.args
    const separate = flags === BigInt(CLONE_PIDFD) && stack === 0n
    refuseUnless(record, separate, 'starts a process that shares memory or descriptors')
    process.willWrite(number, 8)
  },

  epoll_create1(process, record) {
    process.open(record, { how: 'epoll' })
  },

  timerfd_create(process, record) {
    process.open(record, { how: 'timer' })
  },

  epoll_ctl(process, record) {
    const [epoll, , watched] = record.args
    refuseUnless(record, process.descriptor(epoll, record).how === 'epoll', 'watches with what is no epoll descriptor')
    process.descriptor(watched, record)
  },

  write(process, record) {
    const [descriptor, , length] = record.args
    const tells = descriptor === BigInt(process.status ?? -1) && length === 1n
    refuseUnless(record, tells, 'writes where nobody expects it')
  },

  seccomp(process, record) {
    const [operation, flags, address = 0n] = record.args
    const sets = operation === BigInt(SECCOMP_SET_MODE_FILTER) && flags === 0n && record.demand === 0n
    refuseUnless(record, sets && process.filter === undefined, 'sets a filter in another way')
    // Both lie with the records, where nothing writes.
    const program = process.untouched(address, 16, record)
    const length = program.u16(0, 'filter.length') * INSTRUCTION_SIZE
    process.filter = {
      program: lasting(process, record, program.u64(8, 'filter.address'), length),
      index: record.index,
    }
  },

  rt_sigaction,
  sigaltstack(process, record) {
    const [address = 0n, old] = record.args
    const stack = process.untouched(address, STACK_SIZE, record)
    const [start, size] = [stack.u64(0, 'stack.start'), stack.u64(16, 'stack.size')]
    const known = start === BigInt(HANDLER_STACK) && size === BigInt(HANDLER_STACK_SIZE)
    const plain = known && stack.u64(8, 'stack.flags') === 0n && old === 0n && record.demand === 0n
    refuseUnless(record, plain, 'has signals handled on a stack that nobody knows')
    process.handlerStack = true
  },
  rt_sigprocmask: writesNothing(2),
  setitimer: writesNothing(2),
  prlimit64(_, record) {
    const [pid, resource, , old] = record.args
    const own = pid === 0n && resource === BigInt(RLIMIT_CORE) && old === 0n
    refuseUnless(record, own, 'limits something else than its own core files')
  },
  chdir(process, record) {
    refuseUnless(record, process.string(record.args[0] ?? 0n, MAX_PATH, record) === '/', 'goes to another directory')
    process.elsewhere = true
  },
  capset() {},
}

/** What every signal does, or nothing; but for the one that the handler of parts serves. */
function rt_sigaction(process: LauncherProcess, record: FoundCall): void {
  const [signal, address = 0n, old] = record.args
  refuseUnless(record, old === 0n, 'has an old value stored in memory')
  const action = process.untouched(address, ACTION_SIZE, record)
  const [handler, flags, restorer, mask] = [0, 8, 16, 24].map((at) => action.u64(at, 'action'))
  const plain = restorer === 0n && mask === 0n
  if (plain && flags === 0n && (handler === SIG_DFL || handler === SIG_IGN)) return
  const serves = signal === BigInt(SIGSYS) && flags === BigInt(HANDLER_FLAGS) && record.demand === 0n
  refuseUnless(record, plain && serves && process.handler === undefined, 'handles a signal in a way that nobody knows')
  refuseUnless(record, record.times === 1, 'is repeated')
  process.handler = handler
}

/** The old value, which nobody wants to have stored anywhere. */
function writesNothing(argument: number): Step {
  return (_, record) => refuseUnless(record, record.args[argument] === 0n, 'has an old value stored in memory')
}

function lasting(process: LauncherProcess, record: FoundCall, address: bigint, length: number): ByteReader {
  const segment = process.memory.segments.find(({ start, end }) => address >= start && address < end)
  refuseUnless(record, segment !== undefined && (segment.protection & 2) === 0, 'sets a filter that could change')
  return process.memory.bytes(address, length, record.reader, 'filter')
}

/** Up to a NUL, or to the end. */
function textOf(reader: ByteReader, at: number, length: number): string {
  const bytes = reader.bytes(at, length, 'text')
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? length : end))
}

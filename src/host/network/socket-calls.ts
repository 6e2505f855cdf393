// Sockets that Node.js cannot make, and many frames with one system call, through the C library. What is read and written lies at addresses:
// whoever gives one keeps the ArrayBuffer that it belongs to. Sources: unix(7), recvmmsg(2), icmp(7), Linux Documentation/networking/tuntap.rst.

import type { KoffiFunc } from 'koffi'
import { systemError } from '../errors.ts'

/** Where a function returns a number that may be negative, that is -errno. */
export type SocketCalls = {
  /** Two ends of a SOCK_SEQPACKET pair that do not block and that no program inherits unless it is given one. Throws the system's error. */
  readonly framePair: () => readonly [number, number]
  /** Attaches a descriptor of /dev/net/tun to a TAP interface, which is made where there is none; 0, or -errno. */
  readonly attachTap: (descriptor: number, name: string) => number
  /** A socket for ICMP echo requests that needs no privileges; or -errno: EACCES where net.ipv4.ping_group_range does not have us. */
  readonly echoSocket: () => number
  /** At most so many messages, each into the next header of those at `headers`. */
  readonly receiveMany: (descriptor: number, headers: bigint, count: number) => number
  readonly sendMany: (descriptor: number, headers: bigint, count: number) => number
  readonly read: (descriptor: number, at: bigint, length: number) => number
  readonly write: (descriptor: number, at: bigint, length: number) => number
  /** With a struct sockaddr_in at `peer`. */
  readonly sendTo: (descriptor: number, at: bigint, length: number, peer: bigint) => number
  /** Puts a struct sockaddr_in at `peer`. */
  readonly receiveFrom: (descriptor: number, at: bigint, length: number, peer: bigint) => number
  readonly close: (descriptor: number) => void
  /** Of an ArrayBuffer's first byte. */
  readonly addressOf: (buffer: ArrayBuffer) => bigint
  /** Waits for a descriptor among everything else that the event loop of this thread waits for. */
  readonly watch: (descriptor: number, wanted: Wanted, happened: Happened) => Watch
  /**
   * Ends every `watch` of this thread. Has to be called before a thread that watches anything ends in another way than by having nothing to do:
   * koffi 3.3 ends the whole process when a descriptor becomes ready in a thread whose JavaScript is being stopped.
   */
  readonly stopWatching: () => void
}

/** The end of the peer is always waited for. */
export type Wanted = { readonly readable: boolean; readonly writable: boolean }
/** `failed`: the descriptor has an error, and is not watched any more. What it puts off runs after the next `setImmediate`. */
export type Happened = (readable: boolean, writable: boolean, ended: boolean, failed: boolean) => void
export type Watch = { readonly change: (wanted: Wanted) => void; readonly close: () => void }

type Koffi = Pick<typeof import('koffi'), 'address' | 'errno' | 'node'>
type Library = { readonly func: (declaration: string) => KoffiFunc<(...args: unknown[]) => unknown> }

const AF_UNIX = 1
const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_SEQPACKET = 5
const SOCK_NONBLOCK = 0x800
const SOCK_CLOEXEC = 0x80000
const IPPROTO_ICMP = 1
const SOL_SOCKET = 1
const [SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE] = [7, 8, 32, 33]
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const TUNSETIFF = 0x400454ca
const IFF_TAP = 2
const IFF_NO_PI = 0x1000
const IFNAMSIZ = 16
const IFREQ = 40 // bytes: struct ifreq, 16 bytes of name and then a union
const SOCKADDR_IN = 16 // bytes: struct sockaddr_in

/**
 * Bytes of frames that may wait in a socket: some 900 of the usual size, 30 of the longest. A guest that does not read holds no more of the
 * kernel's memory. Without privileges net.core.wmem_max is the limit, which usually is a fifth of this.
 */
const BUFFER = 1024 * 1024

export function bindSocketCalls(koffi: Koffi, libc: Library): SocketCalls {
  const socketpair = libc.func('int socketpair(int domain, int type, int protocol, void *ends)')
  const socket = libc.func('int socket(int domain, int type, int protocol)')
  const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)')
  const recvmmsg = libc.func('int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)')
  const sendmmsg = libc.func('int sendmmsg(int fd, void *headers, unsigned int count, int flags)')
  const read = libc.func('int64_t read(int fd, void *at, uint64_t length)')
  const write = libc.func('int64_t write(int fd, const void *at, uint64_t length)')
  const sendto = libc.func(
    'int64_t sendto(int fd, const void *at, uint64_t length, int flags, const void *peer, unsigned int size)',
  )
  const recvfrom = libc.func('int64_t recvfrom(int fd, void *at, uint64_t length, int flags, void *peer, void *size)')
  const addressSize = new Uint32Array(1)
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)')
  const close = libc.func('int close(int fd)')

  const watches = new Set<Watch>()
  const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result)
  const enlarge = (descriptor: number): void => {
    const size = new Int32Array([BUFFER])
    // The forced ones go beyond the machine's limit, for whoever may; results are of no interest.
    for (const name of [SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE]) {
      setsockopt(descriptor, SOL_SOCKET, name, size, size.byteLength)
    }
  }

  return {
    framePair: () => {
      const ends = new Int32Array(2)
      const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC
      if ((socketpair(AF_UNIX, type, 0, ends) as number) < 0) throw systemError('socketpair', koffi.errno())
      const [ours, theirs] = ends as unknown as [number, number]
      enlarge(ours)
      enlarge(theirs)
      return [ours, theirs]
    },
    attachTap: (fd, name) => {
      const request = Buffer.alloc(IFREQ)
      request.write(name)
      request.writeUInt16LE(IFF_TAP | IFF_NO_PI, IFNAMSIZ)
      return orErrno(ioctl(fd, TUNSETIFF, 'void *', request) as number)
    },
    echoSocket: () => orErrno(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP) as number),
    receiveMany: (fd, headers, count) => orErrno(recvmmsg(fd, headers, count, MSG_DONTWAIT, null) as number),
    sendMany: (fd, headers, count) => orErrno(sendmmsg(fd, headers, count, MSG_DONTWAIT | MSG_NOSIGNAL) as number),
    read: (fd, at, length) => orErrno(Number(read(fd, at, length))),
    write: (fd, at, length) => orErrno(Number(write(fd, at, length))),
    sendTo: (fd, at, length, peer) =>
      orErrno(Number(sendto(fd, at, length, MSG_DONTWAIT | MSG_NOSIGNAL, peer, SOCKADDR_IN))),
    receiveFrom: (fd, at, length, peer) => {
      addressSize[0] = SOCKADDR_IN
      return orErrno(Number(recvfrom(fd, at, length, MSG_DONTWAIT, peer, addressSize)))
    },
    close: (fd) => void close(fd),
    addressOf: (buffer) => koffi.address(buffer),
    watch: (fd, wanted, happened) => {
      const own = watch(koffi, fd, wanted, happened)
      watches.add(own)
      return {
        change: own.change,
        close: () => {
          watches.delete(own)
          own.close()
        },
      }
    },
    stopWatching: () => {
      for (const each of watches) each.close()
      watches.clear()
    },
  }
}

/**
 * libuv's poll. koffi 3.3 calls back with a status in front of what its types say, and outside of Node's own scope for callbacks: neither
 * promises nor `process.nextTick` are served before something else has called back.
 */
function watch(koffi: Koffi, descriptor: number, wanted: Wanted, happened: Happened): Watch {
  const called = (status: unknown, events?: { readable: boolean; writable: boolean; disconnect: boolean }): void => {
    try {
      if (status !== 0 || events === undefined) happened(false, false, false, true)
      else happened(events.readable, events.writable, events.disconnect, false)
    } catch (error) {
      setImmediate(() => {
        throw error // where Node.js sees it
      })
    }
  }
  const handle = koffi.node.poll(descriptor, { ...wanted, disconnect: true }, called)
  return {
    change: (now) => handle.start({ ...now, disconnect: true }, called),
    close: () => handle.close(),
  }
}

// Makes the lines of a thread out of what the other thread hands over.

import { hostError } from '../errors.ts'
import { loadFfi } from '../ffi.ts'
import { Batches } from './batches.ts'
import { connectDatagrams, DatagramLine, datagramSocket } from './datagram-line.ts'
import { DescriptorLine, type LineSetting } from './descriptor-line.ts'
import { seqpacketTransfer, tapTransfer } from './frame-transfer.ts'
import type { Line } from './line.ts'
import type { LineEnd } from './messages.ts'

export type MadeLine = {
  readonly line: Line
  /** Where the guest's socket finds ours, for a line of kind `udp`. */
  readonly udpPort: number | undefined
}

export class Lines {
  readonly #closed: (descriptor: number) => void
  #setting: LineSetting | undefined

  /** `closed` is called for each descriptor that nothing here reads or writes any more. */
  constructor(closed: (descriptor: number) => void) {
    this.#closed = closed
  }

  /** Throws HostError. */
  async make(end: LineEnd, mtu: number): Promise<MadeLine> {
    if (end.kind === 'udp') return await datagramLine(end.port, mtu)
    const setting = (this.#setting ??= this.#settle())
    const transfer = end.kind === 'tap' ? tapTransfer : seqpacketTransfer
    const { descriptor } = end
    return {
      line: new DescriptorLine(setting, transfer(setting.calls, descriptor), descriptor, mtu),
      udpPort: undefined,
    }
  }

  /** For an end that no line is made of. */
  refuse(end: LineEnd): void {
    if (end.kind !== 'udp') this.#closed(end.descriptor)
  }

  stopWatching(): void {
    this.#setting?.calls.stopWatching()
  }

  #settle(): LineSetting {
    const calls = loadFfi()?.sockets()
    // Whoever has a descriptor for us has made it through FFI.
    if (calls === undefined) throw new TypeError('FFI loads in one thread and not in the other')
    return { calls, batches: new Batches(calls.addressOf), closeDescriptor: this.#closed }
  }
}

async function datagramLine(guestPort: number, mtu: number): Promise<MadeLine> {
  try {
    const socket = await datagramSocket()
    await connectDatagrams(socket, guestPort)
    return { line: new DatagramLine(socket, mtu), udpPort: socket.address().port }
  } catch (error) {
    throw hostError('making a socket for a net device failed', error)
  }
}

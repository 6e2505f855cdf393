// Opens a block device's image and makes sure that it is what was planned: its kind, its size, nobody else writing to it. Pure.

import { quote } from '../../base/quote.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Program } from '../../launcher/program.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import {
  AT_FDCWD,
  F_GETLK,
  F_RDLCK,
  F_SETLK,
  F_WRLCK,
  O_CLOEXEC,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  S_IFBLK,
  S_IFMT,
  S_IFREG,
  SEEK_END,
} from '../../launcher/system-calls.ts'
import type { PlannedDisk } from '../../wiring/devices.ts'
import { STAT } from './stat.ts'

const FLOCK_SIZE = 32 // struct flock: type, whence, start, length (0: to the end), process

/**
 * Opens the image as `descriptor`. With `pinned`, it has to be the very file that was planned; otherwise, for a launcher that is kept,
 * any of the same kind and size.
 */
export function openBlock(
  setup: Program,
  scratch: Scratch,
  device: PlannedDisk,
  descriptor: number,
  pinned: boolean,
): void {
  const about = `block device ${quote(device.name)}: `
  const path = quote(device.path)
  const access = device.readOnly ? O_RDONLY : O_RDWR
  // Exclusive use of a disk: the kernel refuses one that is mounted, or that somebody else uses exclusively.
  const exclusive = device.form === 'device' && !device.readOnly && !device.share ? O_EXCL : 0n
  // Should the name have become a FIFO's, opening it must not wait for somebody at its other end.
  setup.call('openat', [AT_FDCWD, setup.text(device.path), access | exclusive | O_CLOEXEC | O_NONBLOCK], {
    demand: BigInt(descriptor),
    failure: `${about}opening ${path} failed${exclusive === 0n ? '' : '; a disk that is mounted is refused'}`,
  })
  const stat = scratch.put(new Uint8Array(STAT.size))
  setup.call('fstat', [descriptor, stat], { demand: 0n, failure: `${about}looking at ${path} failed` })
  const [kind, words] = device.form === 'file' ? [S_IFREG, 'a regular file'] : [S_IFBLK, 'a block device']
  setup.compare(stat + STAT.mode, {
    value: BigInt(kind),
    mask: BigInt(S_IFMT),
    failure: `${about}${path} is not ${words} any more`,
  })
  if (pinned) {
    const failure = `${about}${path} is not the file that was checked; run it again`
    setup.compare(stat + STAT.device, { value: BigInt.asUintN(64, device.identity.device), failure })
    setup.compare(stat + STAT.inode, { value: BigInt.asUintN(64, device.identity.inode), failure })
  }
  // A disk has no size in its struct stat; its end is found in the same way as a file's.
  setup.call('lseek', [descriptor, 0, SEEK_END], {
    demand: BigInt(device.capacity),
    failure: `${about}the size of ${path} is not ${device.capacity} bytes any more`,
  })
  if (device.share) lockTogether(setup, scratch, descriptor, `${about}${path}`)
  else lock(setup, scratch, device, descriptor, `${about}${path}`)
}

/** A lock of this process on the whole file: shared for readers, exclusive for a writer. The kernel drops it when the process ends. */
function lock(setup: Program, scratch: Scratch, device: PlannedDisk, descriptor: number, subject: string): void {
  setup.call('fcntl', [descriptor, F_SETLK, wholeFile(scratch, device.readOnly ? F_RDLCK : F_WRLCK)], {
    demand: 0n,
    failure: `${subject} is used by another process, or cannot be locked; ,share is for those who agree about writing`,
  })
}

/**
 * Those who share hold a reader's lock each, so that a writer who does not share keeps out, and is kept out. A file system without locks
 * is all the same to them.
 */
function lockTogether(setup: Program, scratch: Scratch, descriptor: number, subject: string): void {
  setup.call('fcntl', [descriptor, F_SETLK, wholeFile(scratch, F_RDLCK)], { demand: 'ignore' })
  // Answers with the lock that would be in the way. Writers' are the only ones, and have the only odd number.
  const obstacle = wholeFile(scratch, F_RDLCK)
  setup.call('fcntl', [descriptor, F_GETLK, obstacle], { demand: 'ignore' })
  const failure = `${subject} is used by another process that does not share it`
  setup.compare(obstacle, { value: 0n, mask: BigInt(F_WRLCK), failure })
}

function wholeFile(scratch: Scratch, type: number): number {
  return scratch.put(new ByteWriter(FLOCK_SIZE).u16(0, type).bytes)
}

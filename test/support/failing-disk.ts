// A disk whose power can be cut: an ext4 in a file, which is told to forget all that it has not yet written (EXT4_IOC_SHUTDOWN, as file systems are tested with),
// and mounted again, when it plays back its journal as after any other power failure.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFfi } from '../../src/host/ffi.ts'
import type { Need } from './needs.ts'

export const FAILING_DISK: Need = {
  host: ['root', 'loop-devices'],
  commands: ['mkfs.ext4', 'mount', 'losetup'],
}

const EXT4_IOC_SHUTDOWN = 0x8004587d
/** Nothing of the journal is written any more either: EXT4_GOING_FLAGS_NOLOGFLUSH. */
const NOTHING_MORE = 2

export class FailingDisk {
  readonly #directory: string
  readonly #image: string
  #device = ''
  /** Where it is mounted. */
  readonly path: string

  constructor(megabytes: number) {
    this.#directory = mkdtempSync(join(tmpdir(), 'slipway-disk-'))
    this.#image = join(this.#directory, 'image')
    this.path = join(this.#directory, 'mounted')
    mkdirSync(this.path)
    writeFileSync(this.#image, '')
    truncateSync(this.#image, megabytes * 2 ** 20)
    execFileSync('mkfs.ext4', ['-q', this.#image])
    this.mount()
  }

  /** Each time as another device: somebody's namespace may still have the mount before, with all that has been forgotten in it. */
  mount(): void {
    this.#device = execFileSync('losetup', ['--find', '--show', this.#image], { encoding: 'utf8' }).trim()
    execFileSync('mount', [this.#device, this.path])
  }

  /** From here on nothing reaches the disk. Whoever still has files open there has to end before it is mounted again. */
  cut(): void {
    const ioctl = loadFfi()?.bind((libc) => libc.func('int ioctl(int fd, unsigned long request, uint32_t *flags)'))
    const descriptor = openSync(this.path, constants.O_RDONLY)
    try {
      assert.equal(ioctl?.(descriptor, EXT4_IOC_SHUTDOWN, Uint32Array.of(NOTHING_MORE)), 0)
    } finally {
      closeSync(descriptor)
    }
  }

  unmount(): void {
    execFileSync('umount', [this.path])
    execFileSync('losetup', ['--detach', this.#device])
  }

  remove(): void {
    execFileSync('umount', ['-q', '-l', this.path])
    execFileSync('losetup', ['--detach', this.#device])
    rmSync(this.#directory, { recursive: true })
  }
}

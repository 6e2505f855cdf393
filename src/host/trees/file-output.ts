// An image that is written into a descriptor, or into a part of a file: small writes together, zeroes as holes where it is a file.

import { ftruncateSync, writeSync } from 'node:fs'
import type { ImageOutput } from '../../files/output.ts'
import { pause } from '../streams.ts'

const ROOM = 1024 * 1024 // bytes that are gathered before they are written

export class FileOutput implements ImageOutput {
  readonly #descriptor: number
  /** Where the image begins in the file. */
  readonly #base: number
  readonly #room = new Uint8Array(ROOM)
  #used = 0
  /** Where the gathered bytes belong. */
  #at = 0

  constructor(descriptor: number, base = 0) {
    this.#descriptor = descriptor
    this.#base = base
  }

  get position(): number {
    return this.#at + this.#used
  }

  write(bytes: Uint8Array): void {
    if (this.#used + bytes.length > ROOM) this.#flush()
    if (bytes.length > ROOM) {
      this.#put(bytes, this.#at)
      this.#at += bytes.length
      return
    }
    this.#room.set(bytes, this.#used)
    this.#used += bytes.length
  }

  zeroes(length: number): void {
    if (this.#used + length <= ROOM) {
      this.#room.fill(0, this.#used, this.#used + length)
      this.#used += length
      return
    }
    this.#flush()
    this.#at += length
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    this.#flush()
    this.#put(bytes, offset)
  }

  /** What is still held, and the length where the end is a hole. */
  finish(): void {
    this.#flush()
    ftruncateSync(this.#descriptor, this.#base + this.#at)
  }

  #flush(): void {
    this.#put(this.#room.subarray(0, this.#used), this.#at)
    this.#at += this.#used
    this.#used = 0
  }

  #put(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#base + at + done)
  }
}

/** The same for a pipe: from begin to end only. */
export class PipeOutput {
  readonly #descriptor: number
  #position = 0

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  get position(): number {
    return this.#position
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(this.#descriptor, bytes, done)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        pause()
      }
    }
    this.#position += bytes.length
  }

  zeroes(length: number): void {
    const zero = new Uint8Array(Math.min(length, ROOM))
    for (let left = length; left > 0; left -= zero.length) this.write(zero.subarray(0, left))
  }
}

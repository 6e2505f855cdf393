// An image that is written into a descriptor, or into a part of a file: small writes together, zeroes as holes where it is a file.

import { ftruncateSync, write, writeSync } from 'node:fs'
import type { ImageOutput } from '../../files/output.ts'
import { pause } from '../streams.ts'
import { writeAll } from '../write-all.ts'

const ROOM = 1024 * 1024 // bytes that are gathered before they are written
/** Enough of it to be given to another thread: what comes next then has room as well. */
const ENOUGH = ROOM / 2

/**
 * Whoever asks it to settle has the bytes written by another thread, while it goes on to gather in a second room; `rest` comes before `finish` then, and before
 * the descriptor is closed.
 */
export class FileOutput implements ImageOutput {
  readonly #descriptor: number
  /** Where the image begins in the file. */
  readonly #base: number
  #room = new Uint8Array(ROOM)
  #used = 0
  /** Where the gathered bytes belong. */
  #at = 0
  #other: Uint8Array<ArrayBuffer> | undefined
  #underWay: Promise<void> | undefined
  /** What goes where something has been written already, maybe by the other thread at this moment: for the end. */
  readonly #corrections: { readonly offset: number; readonly bytes: Uint8Array }[] = []

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

  room(length: number): Uint8Array | undefined {
    if (length > ROOM) return undefined
    if (this.#used + length > ROOM) this.#flush()
    this.#used += length
    return this.#room.subarray(this.#used - length, this.#used)
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
    this.#corrections.push({ offset, bytes: bytes.slice() })
  }

  settle(): Promise<void> | undefined {
    return this.#used < ENOUGH ? undefined : this.#handOver()
  }

  /** Waits until no other thread writes any more. */
  async rest(): Promise<void> {
    await this.#underWay
  }

  /** What is still held, and the length where the end is a hole. */
  finish(): void {
    this.#flush()
    for (const { offset, bytes } of this.#corrections) this.#put(bytes, offset)
    ftruncateSync(this.#descriptor, this.#base + this.#at)
  }

  async #handOver(): Promise<void> {
    await this.#underWay
    const full = this.#room
    this.#underWay = writeElsewhere(this.#descriptor, full.subarray(0, this.#used), this.#base + this.#at)
    this.#underWay.catch(() => {}) // whoever rests is told
    this.#room = this.#other ?? new Uint8Array(ROOM)
    this.#other = full
    this.#at += this.#used
    this.#used = 0
  }

  #flush(): void {
    this.#put(this.#room.subarray(0, this.#used), this.#at)
    this.#at += this.#used
    this.#used = 0
  }

  #put(bytes: Uint8Array, at: number): void {
    writeAll(this.#descriptor, bytes, this.#base + at)
  }
}

async function writeElsewhere(descriptor: number, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, done, bytes.length - done, at + done, (error, count) => {
        if (error === null) resolve(count)
        else reject(error)
      })
    })
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

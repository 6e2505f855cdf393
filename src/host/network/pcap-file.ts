// A file for what travels. It is written beside the traffic, never in its way: a disk that is too slow costs frames of the file, not of the guest.

import { type FileHandle, open } from 'node:fs/promises'
import { quote } from '../../base/quote.ts'
import { hostError } from '../errors.ts'

/** What has travelled is in the file after this time (ms), whatever becomes of this process then. */
const WITHIN = 200
const ENOUGH = 1024 * 1024 // bytes; so many are written at once
const MAX_WAITING = 16 * 1024 * 1024 // bytes

export class PcapFile {
  readonly #file: FileHandle
  readonly #name: string
  readonly #log: (line: string) => void
  readonly #waiting: Uint8Array[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #left = 0
  #failed = false

  /** A file of that name is written over. Throws HostError. */
  static async create(path: string, log: (line: string) => void): Promise<PcapFile> {
    const name = `capture file ${quote(path)}`
    try {
      return new PcapFile(await open(path, 'w'), name, log)
    } catch (error) {
      throw hostError(`cannot write the ${name}`, error)
    }
  }

  private constructor(file: FileHandle, name: string, log: (line: string) => void) {
    this.#file = file
    this.#name = name
    this.#log = log
  }

  /** The bytes are the file's to keep. */
  write(bytes: Uint8Array): void {
    if (this.#failed) return
    if (this.#bytes + bytes.length > MAX_WAITING) {
      if (this.#left++ === 0) this.#log(`${this.#name}: the disk is too slow, frames are left out`)
      return
    }
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= ENOUGH && this.#writing === undefined) void this.#writeAll()
    else this.#timer ??= setTimeout(() => void this.#writeAll(), WITHIN)
  }

  /** Everything that was written is in the file. Never rejects: what the disk does is no reason to end anybody's network. */
  async close(): Promise<void> {
    await this.#writeAll()
    if (this.#left > 0) this.#log(`${this.#name}: ${this.#left} frames were left out`)
    try {
      // Disks of other machines may only now say that they are full.
      await this.#file.close()
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** Also what comes meanwhile. */
  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing ??= this.#write()
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bytes = Buffer.concat(this.#waiting.splice(0))
      try {
        await this.#file.appendFile(bytes)
      } catch (error) {
        this.#giveUp(error)
      }
      this.#bytes -= bytes.length
    }
    this.#writing = undefined
  }

  /** Said once. */
  #giveUp(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    const { message } = hostError(`the ${this.#name} is given up`, error)
    this.#log(message)
  }
}

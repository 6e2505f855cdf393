// The contents of files of this machine, of which one is open at a time: the one that was read last. What is not the file any more that was looked at is
// an error.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { HostError } from '../../base/errors.ts'
import type { Source } from '../../base/reader.ts'
import { attempt } from '../errors.ts'
import { type FileCalls, type Path, problemOf } from './file-calls.ts'
import { type FileStatus, isUnchanged, statusOf } from './file-status.ts'

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY

export class OpenContents {
  readonly #calls: FileCalls | undefined
  #open: Path | undefined
  #descriptor = -1

  constructor(calls: FileCalls | undefined) {
    this.#calls = calls
  }

  /** `status` is what the file was when it was looked at. Reading throws HostError, CHANGED where it is another one now. */
  source(path: Path, status: FileStatus): Source {
    return new FileContent(this, path, status)
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#descriptor)
    this.#open = undefined
  }

  /** Fills the room from `offset` on. */
  read(path: Path, then: FileStatus, offset: number, room: Uint8Array): void {
    if (this.#open !== path) this.#change(path, then)
    for (let done = 0; done < room.length; ) {
      const got = attempt(problemOf(path), () =>
        readSync(this.#descriptor, room, done, room.length - done, offset + done),
      )
      if (got === 0) throw changed(path)
      done += got
    }
  }

  #change(path: Path, then: FileStatus): void {
    this.close()
    this.#descriptor = attempt(problemOf(path), () => openSync(path, FLAGS))
    this.#open = path
    const now = this.#calls?.statusOf(this.#descriptor) ?? statusOf(fstatSync(this.#descriptor, { bigint: true }))
    if (isUnchanged(then, now)) return
    this.close()
    throw changed(path)
  }
}

class FileContent implements Source {
  readonly #contents: OpenContents
  readonly #path: Path
  readonly #status: FileStatus

  constructor(contents: OpenContents, path: Path, status: FileStatus) {
    this.#contents = contents
    this.#path = path
    this.#status = status
  }

  get size(): number {
    return this.#status.size
  }

  readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.readInto(offset, bytes)
    return bytes
  }

  readInto(offset: number, room: Uint8Array): void {
    this.#contents.read(this.#path, this.#status, offset, room)
  }
}

function changed(path: Path): HostError {
  return new HostError('CHANGED', `${problemOf(path)()}: it has changed since its directory was read`, {
    advice: 'try again when nobody writes there',
  })
}

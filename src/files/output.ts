// Where an image goes while it is made: from its first byte to its last, with headers filled in once they are known. Pure; files are host's.

import { readInto, type Source } from '../base/reader.ts'

/** Appends only: a pipe can be one. Throws what its owner throws, such as HostError on a full disk. */
export interface Sink {
  /** Bytes so far. */
  readonly position: number
  /** Only there during the call. */
  write(bytes: Uint8Array): void
  /** So many bytes of zero; a file leaves a hole. */
  zeroes(length: number): void
  /**
   * Room for the next bytes, which count as written: whoever has it fills all of it before it calls anything else here. It saves a copy; undefined where
   * there is none of this length in one piece.
   */
  room?(length: number): Uint8Array | undefined
  /** Waits until it may take more, where what is written is worked on elsewhere; undefined where it may already. Asked after each piece of a content. */
  settle?(): Promise<void> | undefined
}

/** A sink in which what has been written can be written again. */
export interface ImageOutput extends Sink {
  /** For a few bytes of what has been written, such as a header. */
  writeAt(offset: number, bytes: Uint8Array): void
}

/** A file's contents pass through in pieces of this size, whatever the file's. Bytes. */
export const PIECE = 1024 * 1024

/** Copies a part of a source, all of it if nothing else is said. Throws FormatError TRUNCATED where it has become shorter. */
export function copySource(source: Source, sink: Sink, from = 0, length = source.size - from): void {
  for (let at = from; at < from + length; at += PIECE) copyPiece(source, sink, at, Math.min(PIECE, from + length - at))
}

/** The same for a sink that may have to wait. */
export async function copySettling(source: Source, sink: Sink, from = 0, length = source.size - from): Promise<void> {
  for (let at = from; at < from + length; at += PIECE) {
    copyPiece(source, sink, at, Math.min(PIECE, from + length - at))
    const settled = sink.settle?.()
    if (settled !== undefined) await settled
  }
}

function copyPiece(source: Source, sink: Sink, at: number, length: number): void {
  const room = sink.room?.(length)
  if (room === undefined) sink.write(source.readAt(at, length))
  else readInto(source, at, room)
}

/** The same contents; `progress` is told how many bytes of all such have been read so far. */
export function countReads(progress: ((bytes: number) => void) | undefined): (source: Source) => Source {
  let done = 0
  if (progress === undefined) return (source) => source
  return (source) => ({
    size: source.size,
    readAt: (offset, length) => {
      progress((done += length))
      return source.readAt(offset, length)
    },
    isHole: (offset, length) => source.isHole?.(offset, length) ?? false,
    ...(source.readInto !== undefined && {
      readInto: (offset: number, room: Uint8Array) => {
        progress((done += room.length))
        readInto(source, offset, room)
      },
    }),
  })
}

/** Zeroes up to the next multiple of `unit`. */
export function pad(sink: Sink, unit: number): void {
  const over = sink.position % unit
  if (over > 0) sink.zeroes(unit - over)
}

/** An output in memory, for small images and for tests. */
export class MemoryOutput implements ImageOutput {
  #bytes = new Uint8Array(64 * 1024)
  #length = 0

  get position(): number {
    return this.#length
  }

  /** A view: what is written later may or may not be in it. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  write(bytes: Uint8Array): void {
    this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  zeroes(length: number): void {
    this.#grow(length)
    this.#length += length
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    // What is filled in later lies in what has been written: anything else is our own mistake.
    if (offset + bytes.length > this.#length) throw new RangeError('beyond what has been written')
    this.#bytes.set(bytes, offset)
  }

  #grow(by: number): void {
    const needed = this.#length + by
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.bytes)
    this.#bytes = larger
  }
}

// A packed archive, unpacked into a file without a name, so that it can be read at any place. Which codec unpacks does not matter for the bytes: Node's own
// is the fastest.

import { closeSync, fstatSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { FormatError, SlipwayError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import type { Packing } from '../../files/detect.ts'
import { PIECE } from '../../files/output.ts'
import { attempt, hostError } from '../errors.ts'
import { unpackZstd } from '../../files/zstd/unpack.ts'
import { openUnnamed } from '../unnamed-file.ts'
import { loadCodec } from './codec-files.ts'

/** Bytes that an archive may become: what a disk has anyway is the other limit. */
const MAX_UNPACKED = 2 ** 40
/** Of the free space of a disk, the part that an archive may take. */
const MOST_OF_DISK = 0.9

export type Unpacked = { readonly source: Source; readonly close: () => void }

/** Is told how much of a packed archive has been read, and how much there is: at last that, whatever happens. */
export type Unpacking = (done: number, all: number) => void

/** `path` is what people know it by. The caller closes it, and nothing is left then. Throws FormatError for what cannot be unpacked, LIMIT for what becomes too large; HostError. */
export async function unpackFile(
  packed: Source,
  packing: Packing,
  path: string,
  unpacking: Unpacking = () => {},
): Promise<Unpacked> {
  const source: Source = {
    size: packed.size,
    readAt: (offset, length) => {
      unpacking(offset, packed.size)
      return packed.readAt(offset, length)
    },
  }
  const descriptor = attempt('cannot make a temporary file', openTemporary)
  try {
    const { bavail, bsize } = statfsSync(tmpdir())
    const most = Math.min(MAX_UNPACKED, Math.floor(bavail * bsize * MOST_OF_DISK))
    const sink = new FileSink(descriptor, most, path)
    if (packing === 'zstd') await unzstd(source, sink)
    else await gunzip(source, sink, path)
    const { size } = fstatSync(descriptor)
    const readAt = (offset: number, length: number): Uint8Array => readFully(descriptor, offset, length)
    return { source: { size, readAt }, close: () => closeSync(descriptor) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  } finally {
    unpacking(packed.size, packed.size)
  }
}

/** What we have packed ourselves are small frames; those of others are one for the whole file as a rule. */
async function unzstd(source: Source, sink: FileSink): Promise<void> {
  const { decompress } = await loadCodec('zstd')
  unpackZstd(source, (bytes) => sink.put(bytes), decompress)
}

async function gunzip(source: Source, sink: FileSink, path: string): Promise<void> {
  try {
    await pipeline(
      // Not a stream of Node's over a descriptor: one that fails closes it, and it is not its own.
      Readable.from(piecesOf(source)),
      createGunzip(),
      new Writable({ write: (chunk: Uint8Array, _, done) => done(sink.tryPut(chunk)) }),
    )
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    if (!code.startsWith('Z_') && !code.startsWith('ERR_')) throw hostError(`cannot unpack ${quote(path)}`, error)
    throw new FormatError(
      code === 'Z_BUF_ERROR' ? 'TRUNCATED' : 'BAD_VALUE',
      'gzip',
      0,
      'cannot be unpacked: it is cut short or spoiled',
    )
  }
}

function* piecesOf(source: Source): Generator<Uint8Array> {
  const { size } = source
  for (let at = 0; at < size; at += PIECE) yield source.readAt(at, Math.min(PIECE, size - at))
}

class FileSink {
  readonly #descriptor: number
  readonly #most: number
  readonly #path: string
  #size = 0

  constructor(descriptor: number, most: number, path: string) {
    this.#descriptor = descriptor
    this.#most = most
    this.#path = path
  }

  put(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size > this.#most) {
      throw new FormatError(
        'LIMIT',
        'contents',
        0,
        `become more than ${formatSize(this.#most)}, nearly all that the disk of ${quote(tmpdir())} has free`,
        'TMPDIR=DIRECTORY names a place with more room',
      )
    }
    for (let done = 0; done < bytes.length; ) {
      done += attempt(`cannot unpack ${quote(this.#path)}`, () => writeSync(this.#descriptor, bytes, done))
    }
  }

  tryPut(bytes: Uint8Array): Error | null {
    try {
      this.put(bytes)
      return null
    } catch (error) {
      return error as Error
    }
  }
}

function openTemporary(): number {
  const unnamed = openUnnamed(tmpdir(), 0o600)
  if (unnamed !== undefined) return unnamed
  const path = join(tmpdir(), `slipway-${process.pid}-${process.hrtime.bigint()}`)
  const descriptor = openSync(path, 'wx+', 0o600)
  rmSync(path)
  return descriptor
}

function readFully(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const got = attempt('cannot read a temporary file', () =>
      readSync(descriptor, bytes, done, length - done, offset + done),
    )
    if (got === 0) throw new FormatError('TRUNCATED', 'contents', offset + done, 'end here')
    done += got
  }
  return bytes
}

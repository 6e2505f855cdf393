// Archives made by hand, block by block: also such as no program would write.

const BLOCK = 512

export type TarHeader = {
  readonly name: string
  readonly type?: string
  /** Bytes of contents; what the header says of them unless `size` says otherwise. */
  readonly content?: Uint8Array | string
  readonly size?: number
  readonly link?: string
}

/** An entry with its header, its contents and what fills the last block. */
export function entry({ name, type = '0', content = '', size, link = '' }: TarHeader): Buffer {
  const header = Buffer.alloc(BLOCK)
  const bytes = Buffer.from(content)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124)
  header.write(type, 156)
  header.write(link, 157, 100)
  header.write('ustar\x0000', 257)
  sign(header)
  return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))])
}

/** Writes the checksum that the header has now. */
export function sign(header: Buffer): Buffer {
  header.fill(' ', 148, 156)
  const sum = header.subarray(0, BLOCK).reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** Records of pax in front of the next entry; their lengths are right. */
export function pax(...records: readonly string[]): Buffer {
  const line = (record: string): string => {
    const rest = Buffer.byteLength(record) + 2
    const length = rest + `${rest}`.length
    return `${rest + `${length}`.length} ${record}\n`
  }
  return entry({ name: 'pax', type: 'x', content: records.map(line).join('') })
}

/** Entries, and the two blocks of zeroes that end an archive. */
export function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

// Archives and compressed files, by their magic numbers. What is in them is looked at elsewhere.

import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { type Compression, compressionAt } from '../compression.ts'
import { identification, type Identification } from '../identification.ts'
import { hasBytes, peek, textOf } from '../values.ts'

const ARCHIVES: readonly (readonly [name: string, title: string, offset: number, magic: string])[] = [
  ['deb', 'Debian package', 0, '!<arch>\ndebian-binary'],
  ['ar', 'ar archive', 0, '!<arch>\n'],
  ['tar', 'tar archive', 257, 'ustar'],
  ['cpio', 'cpio archive (newc)', 0, '070701'],
  ['cpio', 'cpio archive (newc with checksums)', 0, '070702'],
  ['cpio', 'cpio archive (odc)', 0, '070707'],
  ['cpio', 'cpio archive (old binary)', 0, '\xc7\x71'],
  ['zip', 'zip archive', 0, 'PK\x03\x04'],
  ['zip', 'zip archive, empty', 0, 'PK\x05\x06'],
  ['7z', '7z archive', 0, '7z\xbc\xaf\x27\x1c'],
  ['rpm', 'RPM package', 0, '\xed\xab\xee\xdb'],
]

const NEWC_NAME_AT = 110
const MAX_NAME = 100

export function recogniseArchive(source: Source): Identification | undefined {
  const archive = ARCHIVES.find(([, , offset, magic]) => hasBytes(source, offset, magic))
  if (archive !== undefined) {
    const [name, summary] = archive
    const first = firstName(name, source)
    const facts = first === undefined ? [] : [{ name: 'first entry', value: quote(first) }]
    return identification({ family: 'archive', summary, target: name, facts })
  }
  const compression: Compression | undefined = compressionAt(source, 0)
  if (compression === undefined) return undefined
  return identification({ family: 'archive', summary: `file compressed with ${compression}`, target: compression })
}

function firstName(name: string, source: Source): string | undefined {
  if (name === 'tar') return textOf(peek(source, 0, MAX_NAME))
  return name === 'cpio' && hasBytes(source, 0, '07070') && !hasBytes(source, 0, '070707')
    ? textOf(peek(source, NEWC_NAME_AT, MAX_NAME))
    : undefined
}

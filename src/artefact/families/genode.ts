// Genode: images of a whole system, whose boot modules are listed in them (core/include/boot_modules.h), and components for one. Muen: images
// of a whole system as a stream of commands for its loader.

import { quote } from '../../base/quote.ts'
import { window, type Source } from '../../base/reader.ts'
import { fileOffsetOf, findSymbols } from '../../elf/addresses.ts'
import { EndianReader } from '../../elf/endian.ts'
import { elfFacts, processorOf } from '../elf-facts.ts'
import type { ElfFile } from '../elf-file.ts'
import { type Fact, identification, type Identification } from '../identification.ts'
import { interpreterOf } from '../interpreter.ts'
import { examineSegments } from '../segments.ts'
import { hasBytes, peek, textOf, tryRead } from '../values.ts'
import { bareMetal } from './kernel.ts'

const MODULES_BEGIN = '_boot_modules_headers_begin'
const MODULES_END = '_boot_modules_headers_end'
const MAX_MODULES = 64
const LINKER = 'ld.lib.so'
/** The version of the protocol, as its first eight bytes (Muen's Command Stream Loader). */
const MUEN_MAGIC = '\x5e\xb6\x8c\x44\xa2\x5f\xdc\x8a'

export function recogniseGenode(file: ElfFile): Identification | undefined {
  return recogniseComponent(file) ?? recogniseImage(file)
}

function recogniseComponent({ elf, source }: ElfFile): Identification | undefined {
  if (interpreterOf(elf, source) !== LINKER) return undefined
  return identification({
    family: 'genode',
    summary: 'Genode component',
    target: 'component',
    processor: processorOf(elf),
    entry: elf.entry,
    facts: elfFacts(elf),
    needs: [
      {
        kind: 'files',
        detail: 'a Genode system with its dynamic linker, and the sessions that its parent routes to it',
      },
    ],
    starters: [{ name: 'Genode', how: 'as a component of a system', requires: { elsewhere: true } }],
    segments: elf.programHeaders,
    findings: examineSegments(elf, source, { loaded: true, entry: 'none' }),
  })
}

/** Core and everything it starts, in one file; known by its symbols, so a stripped one passes for what its boot protocol makes of it. */
function recogniseImage(file: ElfFile): Identification | undefined {
  if (file.elf.type !== 2) return undefined
  const symbols = findSymbols(
    file.elf,
    file.sections(),
    file.source,
    (name) => name === MODULES_BEGIN || name === MODULES_END,
  )
  const [begin, end] = [symbols.get(MODULES_BEGIN), symbols.get(MODULES_END)]
  if (begin === undefined || end === undefined) return undefined
  return bareMetal(file, {
    family: 'genode',
    summary: 'Genode system',
    target: 'image',
    facts: moduleFacts(file, begin, end),
  })
}

/** Name, place and size of each module, as wide as an address. */
function moduleFacts({ elf, source }: ElfFile, begin: bigint, end: bigint): Fact[] {
  const width = elf.class === 64 ? 8 : 4
  const size = BigInt(width * 3)
  if (end < begin || (end - begin) % size !== 0n) return []
  const count = (end - begin) / size
  const names: string[] = []
  for (let i = 0n; i < count && names.length < MAX_MODULES; i++) {
    const offset = fileOffsetOf(elf, begin + i * size, true)
    const name =
      offset === undefined
        ? undefined
        : tryRead(() => {
            const address = new EndianReader(window(source, offset, width, 'module'), elf.littleEndian).word(
              0,
              width,
              'module.name',
            )
            const at = fileOffsetOf(elf, address, true)
            return at === undefined ? undefined : textOf(peek(source, at, 64))
          })
    if (name === undefined) break
    names.push(name)
  }
  const listed = names.map((name) => quote(name)).join(' ')
  return [
    {
      name: 'boot modules',
      value: names.length === Number(count) ? listed : `${count}, of which can be read: ${listed}`,
    },
  ]
}

export function recogniseMuen(source: Source): Identification | undefined {
  if (!hasBytes(source, 0, MUEN_MAGIC)) return undefined
  return identification({
    family: 'muen',
    summary: 'Muen system, a stream of commands',
    target: 'csl',
    processor: { id: null, name: 'x86_64' },
    needs: [
      { kind: 'boot protocol', detail: 'Muen’s Command Stream Loader' },
      { kind: 'processor', detail: 'with VT-x and an IOMMU, as the system’s policy says' },
    ],
    starters: [{ name: 'GRUB', how: 'csl FILE, with Muen’s module', requires: { elsewhere: true } }],
  })
}

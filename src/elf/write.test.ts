import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { needs } from '../../test/support/needs.ts'
import { sourceOf } from '../base/reader.ts'
import { planLoad } from './load.ts'
import { walkNotes } from './notes.ts'
import { readElf } from './read.ts'
import { composeElf, layOutElf } from './write.ts'

const LINUX = { host: ['linux', 'x86-64'] } as const

const TEXT = { read: true, write: false, execute: true }
const DATA = { read: true, write: true, execute: false }

describe('layOutElf()', () => {
  it('returns the headers and where each segment goes', () => {
    const layout = layOutElf({
      machine: 62,
      entry: 0x1000,
      gnuStack: true,
      segments: [
        { address: 0x1000, fileSize: 0x1001, ...TEXT },
        { address: 0x200000000000, fileSize: 2 ** 33, ...DATA },
        { address: 0x300000000010, fileSize: 5, ...DATA },
        { address: 0x400000000000, fileSize: 0, memorySize: 0x1000, ...DATA },
      ],
    })
    assert.equal(layout.header.length, 64 + 5 * 56)
    assert.deepEqual(layout.offsets, [0x1000, 0x3000, 0x3000 + 2 ** 33 + 0x10, 0x3000 + 2 ** 33 + 0x1000])
    assert.equal(layout.totalSize, 0x3000 + 2 ** 33 + 0x15)
  })

  const refused: [why: string, segments: Parameters<typeof layOutElf>[0]['segments']][] = [
    [
      'segments in one page',
      [
        { address: 0x1000, fileSize: 1, ...DATA },
        { address: 0x1800, fileSize: 1, ...DATA },
      ],
    ],
    [
      'descending segments',
      [
        { address: 0x2000, fileSize: 1, ...DATA },
        { address: 0x1000, fileSize: 1, ...DATA },
      ],
    ],
    ['more contents than memory', [{ address: 0x1000, fileSize: 2, memorySize: 1, ...DATA }]],
    ['an address beyond 2^53', [{ address: 2 ** 53, fileSize: 1, ...DATA }]],
    ['a negative size', [{ address: 0x1000, fileSize: -1, ...DATA }]],
    ['a fraction', [{ address: 0x1000, fileSize: 0.5, ...DATA }]],
  ]
  for (const [why, segments] of refused) {
    it(`refuses ${why} as our own mistake`, () => {
      assert.throws(() => layOutElf({ machine: 62, entry: 0x1000, gnuStack: true, segments }), RangeError)
    })
  }
})

describe('composeElf()', () => {
  const segments = fc.array(
    fc.record({
      gap: fc.nat(0x3000),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 0x1800 }),
      more: fc.nat(0x2000),
      read: fc.boolean(),
      access: fc.constantFrom('write', 'execute', 'neither'),
    }),
    { minLength: 1, maxLength: 5 },
  )

  it('writes what readElf() and planLoad() read, every byte in its place', () => {
    fc.assert(
      fc.property(segments, fc.boolean(), (list, gnuStack) => {
        let next = 0x100000
        const placed = list.map(({ gap, bytes, more, read, access }) => {
          const address = next + gap
          const memorySize = bytes.length + more
          next = Math.ceil((address + memorySize) / 0x1000) * 0x1000
          return { address, bytes, memorySize, read, write: access === 'write', execute: access === 'execute' }
        })
        const file = composeElf({ machine: 183, entry: 0x100000, segments: placed, gnuStack })
        const elf = readElf(sourceOf(file))
        const limits = { sourceSize: file.length, memorySize: 2 ** 32, lowest: 0x100000, pageSize: 0x1000 }
        const layout = planLoad(elf, limits)
        assert.equal(elf.machine.name, 'aarch64')
        assert.equal(elf.programHeaders.length, placed.length + (gnuStack ? 1 : 0))
        layout.segments.forEach((segment, index) => {
          const { address, bytes, memorySize, read, write, execute } = placed[index]!
          assert.deepEqual(
            [segment.address, segment.memorySize, segment.read, segment.write, segment.execute],
            [address, memorySize, read, write, execute],
          )
          assert.equal(segment.fileOffset % 0x1000, address % 0x1000)
          assert.deepEqual(file.subarray(segment.fileOffset, segment.fileOffset + segment.fileSize), bytes)
        })
        assert.deepEqual(file, composeElf({ machine: 183, entry: 0x100000, segments: placed, gnuStack }))
      }),
    )
  })

  it('adds a stack that is not executable', () => {
    const segment = { address: 0x1000, bytes: Uint8Array.of(1), ...TEXT }
    const elf = readElf(sourceOf(composeElf({ machine: 62, entry: 0x1000, segments: [segment], gnuStack: true })))
    const { type, flags } = elf.programHeaders.at(-1)!
    assert.deepEqual([type, flags], [0x6474e551, 6])
  })

  it('puts a note behind the headers, where no segment is', () => {
    const segment = { address: 0x1000, bytes: Uint8Array.of(1), ...TEXT }
    const note = { name: 'Example', type: 7, descriptor: Uint8Array.of(1, 2, 3, 4, 5) }
    const file = composeElf({ machine: 62, entry: 0x1000, segments: [segment], gnuStack: true, note })
    const elf = readElf(sourceOf(file))
    const [load, header, stack] = elf.programHeaders
    assert.ok(load && header && stack)
    assert.deepEqual([header.type, header.vaddr, header.memsz], [4, 0n, 0n])
    assert.equal(header.offset, BigInt(64 + 3 * 56))
    assert.ok(header.offset + header.filesz <= load.offset)
    const [found, ...others] = walkNotes(elf, sourceOf(file))
    assert.ok(found)
    assert.deepEqual([found.name, found.type, found.descriptorSize, others], ['Example\0', 7, 5, []])
    const { descriptorOffset: at, descriptorSize } = found
    assert.deepEqual(file.subarray(at, at + descriptorSize), note.descriptor)
  })

  it('writes a program that Linux runs: contents, zeroed memory and memory without contents', needs(LINUX), () => {
    const code = [
      [0x0f, 0xb6, 0x3c, 0x25, 0x00, 0x00, 0x60, 0x00], // movzx edi, byte [0x600000]: 42, from the file
      [0x40, 0x02, 0x3c, 0x25, 0x00, 0x08, 0x60, 0x00], // add dil, [0x600800]: 0, behind the contents
      [0x40, 0x02, 0x3c, 0x25, 0xff, 0x2f, 0x70, 0x00], // add dil, [0x702fff]: 0, in a segment without contents
      [0xb8, 60, 0, 0, 0, 0x0f, 0x05], // exit(edi)
    ].flat()
    const file = composeElf({
      machine: 62,
      entry: 0x500010,
      gnuStack: true,
      note: { name: 'Ignored', type: 1, descriptor: Uint8Array.of(0xff) },
      segments: [
        { address: 0x500010, bytes: Uint8Array.from(code), ...TEXT },
        { address: 0x600000, bytes: Uint8Array.of(42), memorySize: 0x2000, ...DATA },
        { address: 0x700000, bytes: new Uint8Array(0), memorySize: 0x3000, ...DATA },
      ],
    })
    const folder = mkdtempSync(join(tmpdir(), 'slipway-write-'))
    try {
      const path = join(folder, 'program')
      writeFileSync(path, file, { mode: 0o700 })
      const { status, signal, error } = spawnSync(path)
      assert.deepEqual({ status, signal, error }, { status: 42, signal: null, error: undefined })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { declarations } from '../../test/support/declarations.ts'
import { mutate, randomNumbers } from '../../test/support/mutate.ts'
import { FormatError } from '../base/errors.ts'
import { joinParts } from '../base/file-parts.ts'
import { sourceOf } from '../base/reader.ts'
import { PF_READ, PT_LOAD, PT_NOTE } from '../elf/format.ts'
import { phdrAt, sampleElf, spoil } from '../elf/sample.ts'
import { encodeAbiNote } from './abi.ts'
import { type Artefact, layOut, readArtefact } from './artefact.ts'
import { embedManifest, planEmbedding } from './embed-manifest.ts'
import { type DeviceDeclaration, decodeManifest, encodeManifestNote, MANIFEST_NOTE_TYPE } from './manifest.ts'
import { findReferenceNote } from './reference-note.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from './sample.ts'

const NET: DeviceDeclaration = { name: 'service', type: 'net' }
const OTHER: DeviceDeclaration = { name: 'other', type: 'block' }
const HELLO = readFileSync(new URL('../../guests/prebuilt/hello.spt', import.meta.url))
const SAMPLE = sampleArtefact()

const read = (bytes: Uint8Array): Artefact => readArtefact(sourceOf(bytes))
const declared = (bytes: Uint8Array): DeviceDeclaration[] =>
  read(bytes).manifest.devices.map(({ name, type }) => ({ name, type }))

/** What Solo5's own tools find. */
function seenByReference(bytes: Uint8Array): DeviceDeclaration[] | undefined {
  const note = findReferenceNote(sourceOf(bytes), { type: MANIFEST_NOTE_TYPE, align: 8, least: 1, most: 6668 })
  return note && decodeManifest(note).devices.map(({ name, type }) => ({ name, type }))
}

/** The bytes of the old file that are other ones in the new file. */
function changed(before: Uint8Array, after: Uint8Array): number[] {
  return [...before.keys()].filter((at) => before[at] !== after[at])
}

/** A program with nothing but notes in it: a segment for each list, as ordinary linkers merge them. */
function withNotes(...lists: readonly (readonly Uint8Array[])[]): Uint8Array {
  const segments = lists.map((notes) => Uint8Array.from(notes.flatMap((note) => [...note])))
  const bytes = Uint8Array.from(segments.flatMap((segment) => [...segment]))
  const load = { flags: PF_READ, offset: NOTES, vaddr: 0x100000, filesz: bytes.length, align: 0x1000 }
  let offset = NOTES
  const headers = segments.map(({ length: filesz }) => {
    const header = { type: PT_NOTE, flags: PF_READ, offset, vaddr: 0x100000 + offset - NOTES, filesz, align: 4 }
    offset += filesz
    return header
  })
  const size = NOTES + bytes.length
  return sampleElf({
    entry: 0x100000,
    headers: [{ type: PT_LOAD, ...load }, ...headers],
    size,
    parts: [[NOTES, bytes]],
  })
}

const NOTES = 0x1000
const SPT = encodeAbiNote({ target: 'spt', version: 2 })
const VIRTIO = encodeAbiNote({ target: 'virtio', version: 1 })
const MANIFEST = encodeManifestNote([NET])

describe('embedManifest()', () => {
  it('changes nothing but the note where the size stays', () => {
    const after = embedManifest(SAMPLE, [OTHER])
    assert.deepEqual(declared(after), [OTHER])
    assert.equal(after.length, SAMPLE.length)
    assert.ok(changed(SAMPLE, after).every((at) => at >= N.manifest && at < N.manifest + 240))
  })

  it('leaves nothing of a larger one behind', () => {
    const after = embedManifest(SAMPLE, [])
    assert.deepEqual([declared(after), seenByReference(after)], [[], []])
    assert.equal(after.length, SAMPLE.length)
    assert.equal(Buffer.from(after).indexOf('service'), -1)
    const size = phdrAt(H.manifest, 'p_filesz')
    assert.ok(changed(SAMPLE, after).every((at) => at >= N.manifest || (at >= size && at < size + 16)))
  })

  it('puts a larger one behind everything else', () => {
    const after = embedManifest(SAMPLE, [NET, OTHER])
    assert.deepEqual(
      [declared(after), seenByReference(after)],
      [
        [NET, OTHER],
        [NET, OTHER],
      ],
    )
    const header = phdrAt(H.manifest, 'p_type')
    assert.ok(changed(SAMPLE, after).every((at) => at >= header && at < header + 56))
    assert.equal(read(after).elf.programHeaders.length, read(SAMPLE).elf.programHeaders.length)
    assert.equal(Number(read(after).elf.programHeaders[H.manifest]?.offset) % 0x1000, 0)
  })

  it('does not take the end of what is loaded for such a place', () => {
    const loaded = withNotes([SPT], [MANIFEST])
    assert.equal(planEmbedding(sourceOf(loaded), [NET, OTHER]).place, 'appended')
    const behind = sampleElf({
      entry: 0x100000,
      headers: [
        { type: PT_LOAD, flags: PF_READ, offset: NOTES, vaddr: 0x100000, filesz: SPT.length, align: 0x1000 },
        { type: PT_NOTE, offset: NOTES, filesz: SPT.length },
        { type: PT_NOTE, offset: NOTES + SPT.length, filesz: MANIFEST.length },
      ],
      size: NOTES + SPT.length + MANIFEST.length,
      parts: [
        [NOTES, SPT],
        [NOTES + SPT.length, MANIFEST],
      ],
    })
    assert.equal(planEmbedding(sourceOf(behind), [NET, OTHER]).place, 'in place')
    assert.deepEqual(declared(embedManifest(behind, [NET, OTHER])), [NET, OTHER])
  })

  it('uses that place again, and the file does not grow with each time', () => {
    const larger = embedManifest(SAMPLE, [NET, OTHER])
    assert.deepEqual(embedManifest(embedManifest(larger, [NET]), [NET, OTHER]), larger)
    assert.deepEqual(embedManifest(larger, [NET]).length, larger.length - 104)
  })

  for (const target of ['virtio', 'xen', 'muen', 'genode'] as const) {
    it(`leaves the note of a ${target} program where its bindings look for it, or refuses`, () => {
      const before = sampleArtefact({ target })
      const offset = (bytes: Uint8Array) => read(bytes).elf.programHeaders[H.manifest]?.offset
      for (const devices of [[OTHER], []]) {
        const after = embedManifest(before, devices)
        assert.deepEqual([declared(after), offset(after)], [devices, offset(before)])
      }
      assert.throws(() => embedManifest(before, [NET, OTHER]), { code: 'UNSUPPORTED', offset: N.manifest })
      const without = spoil(before, (v) => v.setUint32(N.manifest + 8, 7, true))
      assert.throws(() => embedManifest(without, [NET]), { code: 'UNSUPPORTED' })
    })
  }

  it('gives one to a program without, in a table of program headers that has moved', () => {
    const without = spoil(SAMPLE, (v) => v.setUint32(N.manifest + 8, 7, true))
    const after = embedManifest(without, [NET])
    assert.deepEqual([declared(after), seenByReference(after)], [[NET], [NET]])
    assert.ok(changed(without, after).every((at) => (at >= 32 && at < 40) || (at >= 56 && at < 58)))
    assert.equal(read(after).elf.programHeaders.length, read(SAMPLE).elf.programHeaders.length + 1)
  })

  it('replaces the first of merged notes in place where the size stays', () => {
    const after = embedManifest(withNotes([MANIFEST, SPT]), [OTHER])
    assert.deepEqual([declared(after), seenByReference(after)], [[OTHER], [OTHER]])
    assert.equal(after.length, withNotes([MANIFEST, SPT]).length)
  })

  for (const [order, notes, devices] of [
    ['first', [MANIFEST, SPT], [NET, OTHER]],
    ['first', [MANIFEST, SPT], []],
    ['last', [SPT, MANIFEST], [OTHER]],
    ['last', [SPT, MANIFEST], [NET, OTHER]],
  ] as const) {
    it(`takes ${devices.length} devices out of merged notes, where they were ${order}, into a segment of their own`, () => {
      const after = embedManifest(withNotes(notes), devices)
      assert.deepEqual([declared(after), seenByReference(after)], [devices, devices])
      assert.equal(
        Buffer.from(after).lastIndexOf('service'),
        devices.some(({ name }) => name === 'service') ? after.length - 208 : -1,
      )
    })
  }

  it('leaves a merged note of a virtio program where it is', () => {
    const before = withNotes([VIRTIO, MANIFEST])
    assert.deepEqual(declared(embedManifest(before, [OTHER])), [OTHER])
    assert.throws(() => embedManifest(before, [NET, OTHER]), { code: 'UNSUPPORTED' })
  })

  it('mends a manifest that cannot be decoded', () => {
    const broken = spoil(SAMPLE, (v) => v.setUint32(N.manifest + 24, 9, true))
    assert.throws(() => read(broken), { code: 'UNSUPPORTED' })
    assert.deepEqual(declared(embedManifest(broken, [OTHER])), [OTHER])
  })

  describe('with section headers', () => {
    const TABLE = Number(new DataView(HELLO.buffer, HELLO.byteOffset).getBigUint64(40, true))
    const OWN = TABLE + 6 * 64 // .note.solo5.manifest in hello
    const OTHER_NOTE = TABLE + 5 * 64
    /** Type, flags, address, offset and size of a section. */
    const sectionAt = (bytes: Uint8Array, at: number): number[] => {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const words = [8, 16, 24, 32].map((field) => Number(view.getBigUint64(at + field, true)))
      return [view.getUint32(at + 4, true), ...words]
    }
    const note = (bytes: Uint8Array) => Number(read(bytes).elf.programHeaders.at(-1)?.offset)

    it('moves the section with the note, out of memory', () => {
      assert.deepEqual(sectionAt(HELLO, OWN), [7, 2, 0x100860, note(HELLO), 136])
      const after = embedManifest(HELLO, [NET])
      assert.deepEqual(sectionAt(after, OWN), [7, 0, 0, note(after), 240])
    })

    it('gives the section another size with the note', () => {
      const smaller = embedManifest(embedManifest(HELLO, [NET]), [])
      assert.deepEqual(sectionAt(smaller, OWN), [7, 0, 0, note(smaller), 136])
    })

    it('leaves other sections alone, though they may be in the same place', () => {
      const same = (size: bigint, type: number) =>
        spoil(HELLO, (v) => {
          v.setUint32(OTHER_NOTE + 4, type, true)
          v.setBigUint64(OTHER_NOTE + 24, BigInt(note(HELLO)), true)
          v.setBigUint64(OTHER_NOTE + 32, size, true)
        })
      for (const before of [same(136n, 1), same(135n, 7)]) {
        const after = embedManifest(before, [NET])
        assert.deepEqual(sectionAt(after, OTHER_NOTE), sectionAt(before, OTHER_NOTE))
        assert.deepEqual(sectionAt(after, OWN)[4], 240)
      }
    })

    it('does without where they cannot be read, or are too many', () => {
      const past = spoil(HELLO, (v) => v.setBigUint64(40, 2n ** 60n, true))
      const odd = spoil(HELLO, (v) => v.setUint16(58, 63, true))
      for (const before of [past, odd]) assert.deepEqual(declared(embedManifest(before, [NET])), [NET])
      const many = new Uint8Array(HELLO.length + 1025 * 64)
      many.set(HELLO)
      many.copyWithin(HELLO.length, OWN, OWN + 64)
      const view = new DataView(many.buffer)
      view.setBigUint64(40, BigInt(HELLO.length), true)
      view.setUint16(60, 1025, true)
      const after = embedManifest(many, [NET])
      assert.deepEqual(declared(after), [NET])
      assert.deepEqual(sectionAt(after, HELLO.length), sectionAt(many, HELLO.length))
    })

    it('refuses headers that lie where others do', () => {
      const at = phdrAt(8, 'p_type') // the manifest's own program header, read as that of a section
      const twisted = spoil(HELLO, (v) => {
        v.setBigUint64(40, BigInt(at), true)
        v.setUint16(60, 1, true)
        v.setUint32(at + 4, 7, true) // p_flags and sh_type
        v.setBigUint64(at + 24, BigInt(note(HELLO)), true) // p_paddr and sh_offset
      })
      assert.throws(() => embedManifest(twisted, [NET]), { name: 'FormatError', code: 'BAD_VALUE', offset: 40 })
    })
  })

  const second = NOTES + SPT.length + MANIFEST.length
  const cases: [why: string, code: string, offset: number, bytes: Uint8Array][] = [
    ['two manifests', 'BAD_VALUE', second, withNotes([SPT], [MANIFEST], [MANIFEST])],
    ['a program without an ABI note', 'BAD_MAGIC', 64, withNotes([MANIFEST])],
    ['an ABI note that is too short', 'BAD_VALUE', N.abi + 4, spoil(SAMPLE, (v) => v.setUint32(N.abi + 4, 8, true))],
    ['no program at all', 'BAD_MAGIC', 0, new TextEncoder().encode('#!/bin/sh\n')],
    ['a manifest of more than 6668 bytes', 'LIMIT', NOTES + SPT.length + 4, withNotes([SPT], [oversized()])],
    ['a manifest in the table of program headers', 'BAD_VALUE', 64 + 56 * 3, noteInTable()],
    ['a manifest that shares bytes with another note', 'BAD_VALUE', NOTES, overlapping()],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`refuses ${why}`, () => {
      assert.throws(() => embedManifest(bytes, [NET]), { name: 'FormatError', code, offset })
    })
  }

  it('refuses a 1025th program header', () => {
    const nothing = Array.from({ length: 1022 }, () => ({ type: 0 }))
    const at = 0x10000
    const note = { type: PT_NOTE, offset: at, filesz: SPT.length + MANIFEST.length }
    const full = (headers: { type: number }[]) =>
      sampleElf({
        entry: 0,
        headers,
        size: at + note.filesz,
        parts: [
          [at, SPT],
          [at + SPT.length, MANIFEST],
        ],
      })
    assert.equal(embedManifest(full([...nothing, note]), [NET, OTHER]).length, 0x11000 + 1024 * 56 + 344)
    const code = { code: 'LIMIT', offset: 56 }
    assert.throws(() => embedManifest(full([...nothing, note, { type: 0 }]), [NET, OTHER]), code)
  })

  it('refuses devices that no manifest can declare', () => {
    assert.throws(() => embedManifest(SAMPLE, [NET, NET]), { name: 'UsageError' })
  })

  it('keeps all other bytes, and what is loaded, for any devices', () => {
    fc.assert(
      fc.property(declarations(), declarations(), fc.constantFrom(SAMPLE, HELLO), (first, second, before) => {
        const after = embedManifest(embedManifest(before, first), second)
        assert.deepEqual([declared(after), seenByReference(after)], [second, second])
        assert.deepEqual(read(after).findings, [])
        assert.deepEqual(layOut(read(after), 2 ** 29), layOut(read(before), 2 ** 29))
        const mayChange = placesOf(before)
        assert.deepEqual(
          changed(before, after).filter((at) => !mayChange.some(([from, to]) => at >= from && at < to)),
          [],
        )
      }),
    )
  })

  it('throws only FormatError for spoiled files, and else makes one with these devices', { timeout: 120_000 }, () => {
    const next = randomNumbers(20_261_121)
    const samples = [
      SAMPLE,
      withNotes([SPT, MANIFEST]),
      withNotes([MANIFEST], [SPT]),
      embedManifest(SAMPLE, [NET, OTHER]),
    ]
    const counts = { embedded: 0, refused: 0 }
    for (let run = 0; run < 100_000; run++) {
      const bytes = mutate(samples[next(samples.length)] as Uint8Array, PLACES, next)
      const devices = [[], [OTHER], [NET, OTHER]][next(3)] as DeviceDeclaration[]
      const source = sourceOf(bytes)
      const embedding = refusedOr(() => planEmbedding(source, devices), `run ${run}`)
      if (embedding === undefined) counts.refused++
      else {
        counts.embedded++
        assert.ok(embedding.file.size < bytes.length + 0x3000)
        assert.deepEqual(declared(joinParts(embedding.file, source)), devices)
      }
    }
    assert.ok(counts.embedded > 10_000 && counts.refused > 10_000, JSON.stringify(counts))
  })
})

/** Where fields lie that decide what is found: headers, and the beginnings of notes. */
const PLACES = [
  0,
  0,
  64,
  120,
  176,
  232,
  288,
  400,
  456,
  512,
  568,
  NOTES,
  NOTES + 36,
  NOTES + 136,
  N.openbsd,
  N.abi,
  N.manifest,
]

/** A note whose length nothing that reads it has room for. */
function oversized(): Uint8Array {
  const note = new Uint8Array(20 + 6669)
  note.set(MANIFEST)
  new DataView(note.buffer).setUint32(4, 6669, true)
  return note
}

/** The fourth program header and those behind it read as a manifest, which begins with the number of a PT_PHDR. */
function noteInTable(): Uint8Array {
  const empty = encodeManifestNote([])
  const at = phdrAt(3, 'p_type')
  const nothing = { type: 0 }
  const abi = { type: PT_NOTE, offset: NOTES, filesz: SPT.length }
  const headers = [nothing, abi, { type: PT_NOTE, offset: at, filesz: empty.length }, nothing, nothing, nothing]
  const parts = [
    [NOTES, SPT],
    [at, empty],
  ] as const
  return sampleElf({ entry: 0, headers, size: 0x2000, parts })
}

/** The ABI note lies in the name of a device. */
function overlapping(): Uint8Array {
  const headers = [
    { type: PT_NOTE, offset: NOTES, filesz: MANIFEST.length },
    { type: PT_NOTE, offset: NOTES + 40, filesz: SPT.length },
  ]
  const parts = [
    [NOTES, MANIFEST],
    [NOTES + 40, SPT],
  ] as const
  return sampleElf({ entry: 0, headers, size: 0x2000, parts })
}

/** What may change: the note, the headers that say where it is, and nothing else. */
function placesOf(bytes: Uint8Array): [from: number, to: number][] {
  const { elf } = read(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const header = elf.programHeaders.at(-1)
  const note = Number(header?.offset)
  const sections = Number(view.getBigUint64(40, true))
  return [
    [note, note + Number(header?.filesz)],
    [header?.at ?? 0, (header?.at ?? 0) + 56],
    [sections, sections + 64 * view.getUint16(60, true)],
  ]
}

function refusedOr<T>(act: () => T, what: string): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw new Error(what, { cause: error })
  }
}

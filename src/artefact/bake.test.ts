import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { declarations } from '../../test/support/declarations.ts'
import { concat } from '../base/concat.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { PT_LOAD } from '../elf/format.ts'
import { type ProgramHeader, readElf } from '../elf/read.ts'
import { requireReferenceLoad } from '../elf/reference-load.ts'
import { makeElf } from '../elf/sample-file.ts'
import { phdrAt, sampleElf, spoil } from '../elf/sample.ts'
import { FORMAT_NAMES } from '../files/detect.ts'
import { ABI_NOTE_TYPE } from './abi.ts'
import { layOut, readArtefact } from './artefact.ts'
import { encodeBakedNote, originalOf, planBaking } from './bake.ts'
import { readBaked } from './baked.ts'
import { ascii, BAKED_HEADER, BAKED_NOTE_LEAD, type BakedContents, PART_ALIGNMENT } from './baked-format.ts'
import { embedManifest } from './embed-manifest.ts'
import { MANIFEST_NOTE_TYPE } from './manifest.ts'
import { findReferenceNote } from './reference-note.ts'
import { SAMPLE_HEADERS, sampleArtefact } from './sample.ts'
import { sampleBaked, type SamplePart } from './sample-baked.ts'
import { sampleBzImage } from './sample-boot.ts'
import { multibootHeader } from './sample-bytes.ts'
import { SAMPLES } from './samples.ts'

const HELLO = Uint8Array.from(readFileSync(new URL('../../guests/prebuilt/hello.spt', import.meta.url)))
const CONFIG: SamplePart = { kind: 'config', bytes: ascii('{}') }
const files = (name: string, bytes: Uint8Array = ascii('ustar')): SamplePart => ({ kind: 'files', name, bytes })
const bake = (file: Uint8Array, ...parts: readonly SamplePart[]): Uint8Array =>
  sampleBaked(file, { parts, program: parts.some(({ kind }) => kind === 'program') ? 'own' : '' })

const bytesOf = (source: Source): Uint8Array => Uint8Array.from(source.readAt(0, source.size))
function strip(bytes: Uint8Array): Uint8Array {
  const source = sourceOf(bytes)
  const baked = readBaked(source)
  assert.ok(baked !== undefined)
  return bytesOf(originalOf(source, baked))
}

/** Unikernels, other ELF files of every kind, and files that are none. */
function anyFile(): fc.Arbitrary<Uint8Array> {
  const artefact = fc
    .record({ devices: declarations(4), bss: fc.integer({ min: 0, max: 2 ** 20 }) })
    .map((options) => sampleArtefact(options))
  const section = fc.record({
    name: fc.constantFrom('.text', '.data', '.note'),
    bytes: fc.uint8Array({ maxLength: 200 }),
    address: fc.option(fc.integer({ min: 0x100000, max: 0x200000 }), { nil: undefined }),
  })
  const elf = fc
    .record({
      class: fc.constantFrom(32 as const, 64 as const),
      type: fc.constantFrom(1, 2, 3),
      sections: fc.array(
        section.map(({ address, ...rest }) => (address === undefined ? rest : { ...rest, address })),
        { maxLength: 4 },
      ),
    })
    .map((file) => makeElf(file))
  const tail = fc.tuple(fc.oneof(artefact, elf), fc.uint8Array({ maxLength: 5000 })).map((pieces) => concat(pieces))
  const known = fc.constantFrom(...[...SAMPLES.values()].flat())
  return fc.oneof(artefact, elf, tail, known, fc.uint8Array({ maxLength: 9000 }))
}

function anyParts(): fc.Arbitrary<SamplePart[]> {
  const name = fc.stringMatching(/^[A-Za-z0-9]{1,67}$/)
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 9000 })
  const image = fc
    .record({ name, bytes, format: fc.option(fc.constantFrom(...FORMAT_NAMES)), document: fc.boolean() })
    .map(({ name, bytes, format, document }): SamplePart[] => [
      { kind: 'files', name, bytes, format },
      ...(document ? [{ kind: 'rumpconfig', name, bytes } as const] : []),
    ])
  const program = fc
    .record({ name, bytes })
    .map((rest): SamplePart[] => [{ kind: 'program', ...rest, name: `p-${rest.name}`.slice(0, 67) }])
  const config = bytes.map((bytes): SamplePart[] => [{ kind: 'config', bytes }])
  return fc
    .uniqueArray(fc.oneof(image, program, config), {
      selector: ([first]) => `${first?.kind} ${first?.name}`,
      minLength: 1,
      maxLength: 6,
    })
    .map((lists) => lists.flat())
}

describe('planBaking()', () => {
  it('leaves a file of whatever kind that gives back what it was, byte for byte', () => {
    fc.assert(
      fc.property(anyFile(), anyParts(), (file, parts) => {
        const baked = bake(file, ...parts)
        assert.deepEqual(strip(baked), Uint8Array.from(file))
        const { parts: read = [] } = readBaked(sourceOf(baked)) ?? {}
        for (const [i, { kind, name, format, offset, length }] of read.entries()) {
          const { bytes, ...part } = parts[i] as SamplePart
          assert.deepEqual({ name: '', format: null, ...part }, { kind, name, format })
          assert.deepEqual(baked.slice(offset, offset + bytes.length), bytes)
          assert.ok(baked.subarray(offset + bytes.length, offset + length).every((byte) => byte === 0))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('makes the same bytes of a file that has something baked into it as of the file before', () => {
    fc.assert(
      fc.property(anyFile(), anyParts(), anyParts(), (file, first, second) => {
        assert.deepEqual(bake(bake(file, ...first), ...second), bake(file, ...second))
      }),
    )
  })

  it('changes nothing in the program but where its table of headers is', () => {
    const baked = bake(HELLO, files('storage'))
    const changed = [...HELLO.keys()].filter((at) => HELLO[at] !== baked[at])
    assert.ok(changed.length > 0)
    assert.ok(
      changed.every((at) => (at >= 32 && at < 40) || at === 56 || at === 57),
      changed.join(),
    )
    const kernel = sampleBzImage()
    assert.deepEqual(bake(kernel, CONFIG).subarray(0, kernel.length), kernel)
  })

  it('begins each part at a page', () => {
    const plan = planBaking(sourceOf(HELLO), 128)
    assert.deepEqual([plan.partsOffset % PART_ALIGNMENT, plan.trailer], [0, false])
    assert.ok(plan.partsOffset >= plan.noteOffset + 20 + 112 + 128 * 128)
  })

  it('leaves a program that Solo5’s loader accepts as before, with the same segments', () => {
    const limits = { memorySize: 2 ** 29, lowest: 0x100000, pageSize: 0x1000 }
    for (const program of [HELLO, sampleArtefact(), sampleArtefact({ target: 'hvt', bss: 3 * 2 ** 20 })]) {
      const baked = bake(program, files('storage', new Uint8Array(9000)), CONFIG)
      const [before, after] = [readElf(sourceOf(program)), readElf(sourceOf(baked))]
      requireReferenceLoad(after, { ...limits, sourceSize: baked.length })
      const unmoved = (header: ProgramHeader): ProgramHeader => ({ ...header, at: 0 })
      assert.deepEqual(after.programHeaders.slice(0, -1).map(unmoved), before.programHeaders.map(unmoved))
      assert.deepEqual(layOut(readArtefact(sourceOf(baked)), 2 ** 29), layOut(readArtefact(sourceOf(program)), 2 ** 29))
      for (const { type, offset, filesz } of before.programHeaders) {
        const [from, to] = [Number(offset), Number(offset + filesz)]
        if (type === PT_LOAD) assert.deepEqual(baked.subarray(from, to), Uint8Array.from(program.subarray(from, to)))
      }
    }
  })

  it('leaves the notes where Solo5’s own tools find them, and nothing before them', () => {
    const kinds = [
      { type: ABI_NOTE_TYPE, align: 4, least: 16, most: 32 },
      { type: MANIFEST_NOTE_TYPE, align: 8, least: 1, most: 6668 },
    ]
    for (const program of [HELLO, sampleArtefact()]) {
      const baked = bake(program, files('storage'), CONFIG)
      for (const kind of kinds) {
        const [before, after] = [program, baked].map((bytes) => findReferenceNote(sourceOf(bytes), kind))
        assert.ok(before !== undefined && after !== undefined)
        assert.deepEqual(
          [after.origin, after.bytes(0, after.length, '')],
          [before.origin, before.bytes(0, before.length, '')],
        )
      }
    }
  })

  it('has no room where the table of program headers is full', () => {
    const full = sampleElf({ entry: 0, headers: Array.from({ length: 1024 }, () => ({ type: 0 })), size: 65536 })
    const expected = { name: 'FormatError', code: 'LIMIT', field: 'e_phnum', offset: 56 }
    assert.throws(() => planBaking(sourceOf(full), 1), expected)
  })

  it('refuses a file that has not all of its contents: what is put behind it would be taken for them', () => {
    const artefact = sampleArtefact()
    const wide = (at: number): Uint8Array => spoil(artefact, (v) => v.setBigUint64(at, 2n ** 64n - 1n, true))
    const offset = phdrAt(SAMPLE_HEADERS.data, 'p_filesz')
    for (const at of [offset, phdrAt(SAMPLE_HEADERS.data, 'p_offset')]) {
      const expected = { name: 'FormatError', code: 'TRUNCATED', field: 'phdr[3].p_filesz', offset }
      assert.throws(() => planBaking(sourceOf(wide(at)), 1), expected)
    }
    const small = makeElf({ class: 32, sections: [{ name: '.text', bytes: new Uint8Array(64), address: 0x100000 }] })
    const cut = spoil(small, (v) => v.setUint32(52 + 16, 4096, true))
    const expected = { name: 'FormatError', code: 'TRUNCATED', field: 'phdr[0].p_filesz', offset: 52 + 16 }
    assert.throws(() => planBaking(sourceOf(cut), 1), expected)
  })
})

describe('planBaking() of a Multiboot kernel', () => {
  it('refuses one that is loaded to the end of its file, whatever that is', () => {
    const kernel = concat([new Uint8Array(64), multibootHeader(3, 0x100000), new Uint8Array(4096)])
    assert.ok(planBaking(sourceOf(kernel), 1).trailer)
    const whole = spoil(kernel, (v) => v.setUint32(64 + 20, 0, true))
    const expected = { name: 'FormatError', code: 'UNSUPPORTED', field: 'multiboot.load_end_addr', offset: 64 + 20 }
    assert.throws(() => planBaking(sourceOf(whole), 1), expected)
  })
})

describe('originalOf()', () => {
  const place = (bytes: Uint8Array, field: keyof typeof BAKED_HEADER): number =>
    (readBaked(sourceOf(bytes))?.note.offset ?? 0) + BAKED_NOTE_LEAD + BAKED_HEADER[field]

  it('reads any window of the file as it was', () => {
    const baked = sourceOf(bake(HELLO, CONFIG))
    const original = originalOf(baked, readBaked(baked)!)
    const range = fc.tuple(fc.nat(HELLO.length), fc.nat(200))
    fc.assert(
      fc.property(fc.oneof(range, fc.tuple(fc.nat(80), fc.nat(80))), ([offset, length]) => {
        const end = Math.min(HELLO.length, offset + length)
        assert.deepEqual(
          Uint8Array.from(original.readAt(offset, end - offset)),
          Uint8Array.from(HELLO.subarray(offset, end)),
        )
      }),
    )
    assert.throws(() => original.readAt(HELLO.length, 1), { name: 'FormatError', code: 'TRUNCATED' })
    assert.throws(() => original.readAt(-1, 1), { name: 'FormatError', code: 'TRUNCATED' })
  })

  it('refuses to lose what was put behind what was baked', () => {
    const longer = concat([bake(HELLO, CONFIG), ascii('x')])
    const expected = { name: 'FormatError', code: 'BAD_VALUE', field: 'baked.end', offset: place(longer, 'end') }
    assert.throws(() => strip(longer), expected)
    assert.throws(() => bake(longer, CONFIG), expected)
  })

  it('keeps a manifest that was changed in between, also a smaller one', () => {
    const program = sampleArtefact({ devices: [{ name: 'service', type: 'net' }, ...['a', 'b'].map(blockNamed)] })
    for (const devices of [[blockNamed('a'), blockNamed('b'), blockNamed('c')], [blockNamed('b')], []]) {
      const after = strip(embedManifest(bake(program, CONFIG), devices))
      assert.deepEqual(after, embedManifest(program, devices))
    }
  })

  it('is not deceived by a table that nobody loads: what is stripped is what would have run', () => {
    const program = sampleArtefact()
    const baked = bake(program, CONFIG)
    const hidden = spoil(baked, (v) => v.setUint32(phdrAt(SAMPLE_HEADERS.data, 'p_flags'), 7, true))
    assert.deepEqual(readArtefact(sourceOf(hidden)).findings, [])
    assert.deepEqual(strip(hidden), program)
  })

  it('refuses what would still have something baked into it', () => {
    const inner = bake(sampleBzImage(), files('inner'))
    // As if nobody had known of the first time.
    const whole = concat([inner, new Uint8Array(-inner.length & 4095)])
    const outer = bake(whole, files('outer'))
    const twice = spoil(outer, (v) => v.setBigUint64(place(outer, 'original'), BigInt(inner.length), true))
    const expected = { name: 'FormatError', code: 'BAD_VALUE', field: 'baked.original' }
    assert.throws(() => strip(twice), { ...expected, offset: place(outer, 'original') })
  })
})

function blockNamed(name: string): { name: string; type: 'block' } {
  return { name, type: 'block' }
}

describe('encodeBakedNote()', () => {
  const part = { kind: 'config', name: '', format: null, offset: 8192, length: 2, digest: '00'.repeat(32) } as const
  const contents: BakedContents = {
    program: '',
    originalSize: 4096,
    originalTable: { offset: 64, count: 1 },
    size: 12288,
    parts: [part],
  }

  it('has a fixed size for each number of parts', () => assert.equal(encodeBakedNote(contents).length, 20 + 112 + 128))

  it('writes nothing that readers refuse', () => {
    for (const wrong of [
      { parts: [] },
      { program: 'a/b' },
      { size: 8192 },
      { originalTable: { offset: 4096, count: 1 } },
      { parts: [{ ...part, name: 'x' }] },
      { parts: [part, part] },
      { parts: [{ ...part, kind: 'files', name: 'a'.repeat(68) } as const] },
    ]) {
      assert.throws(() => encodeBakedNote({ ...contents, ...wrong }), { name: 'FormatError' }, JSON.stringify(wrong))
    }
  })
})

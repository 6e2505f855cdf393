import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { FormatError } from '../../base/errors.ts'
import { sourceOf } from '../../base/reader.ts'
import { makeElf, type FileToMake } from '../../elf/sample-file.ts'
import { HEADER } from '../../elf/format.ts'
import { spoil } from '../../elf/sample.ts'
import { MemoryOutput } from '../../files/output.ts'
import { directory, file } from '../../files/sample.ts'
import { readTar } from '../../files/tar/read.ts'
import { tar } from '../../files/tar/tar.ts'
import { sampleBaked } from '../sample-baked.ts'
import { sampleBzImage, samplePe } from '../sample-boot.ts'
import { ascii, join, sampleNote } from '../sample-bytes.ts'
import { SAMPLES } from '../samples.ts'
import { everyWeight, totalOf, type Weight } from './weight.ts'
import { type Weighed, weighSource } from './weigh.ts'

const AT = 0x100000
const FILE: FileToMake = {
  sections: [
    { name: '.text', flags: 6, bytes: new Uint8Array(0x100).fill(0x90), address: AT },
    {
      name: '.note.both',
      type: 7,
      note: true,
      address: AT + 0x100,
      bytes: join(sampleNote('Solo5', 0x31494241, new Uint8Array(16)), sampleNote('Xen', 18, new Uint8Array(4))),
    },
    { name: '.comment', bytes: ascii('GCC: (Debian 12)\0') },
  ],
  symbols: [
    ['main.c', 0, { type: 4 }],
    ['helper', AT, { section: '.text', size: 0x40, type: 2 }],
    ['main', AT + 0x40, { section: '.text', size: 0x80, type: 2, binding: 'global' }],
  ],
}
const ELF = makeElf(FILE)

const root = directory({ etc: directory({ hosts: file('127.0.0.1 localhost\n') }), 'index.html': file('<p>hello') })
const output = new MemoryOutput()
await tar.write(root, output)
const IMAGE = output.bytes.slice()

function weigh(bytes: Uint8Array): Weighed {
  const readImage = (source: Parameters<typeof readTar>[0]) => readTar(source)
  return weighSource(sourceOf(bytes), { name: 'sample', what: 'a sample', readImage })
}

/** Every path with its kind and bytes. */
function paths({ tree }: Weighed): Record<string, string> {
  const found: Record<string, string> = {}
  const go = (weight: Weight, prefix: string): void => {
    for (const child of weight.children) {
      found[prefix + child.name] = `${child.kind} ${child.use} ${child.bytes}`
      go(child, `${prefix}${child.name} > `)
    }
  }
  go(tree, '')
  return found
}

function requireSums({ tree }: Weighed, size: number): void {
  assert.equal(tree.bytes, size)
  for (const { bytes, children } of everyWeight(tree)) assert.ok(children.length === 0 || totalOf(children) === bytes)
}

describe('weighSource()', () => {
  for (const bits of [32, 64] as const) {
    it(`divides an ELF${bits} file into headers, segments, sections, notes and symbols`, () => {
      const bytes = makeElf({ ...FILE, class: bits })
      const weighed = weigh(bytes)
      requireSums(weighed, bytes.length)
      assert.deepEqual(weighed.remarks, [])
      const { padding, 'section headers': _, 'program headers': __, ...found } = paths(weighed)
      assert.match(padding ?? '', /^padding free \d+$/)
      assert.deepEqual(found, {
        'ELF header': `headers headers ${bits === 64 ? 64 : 52}`,
        'LOAD r-x': 'segment mixed 312',
        'LOAD r-x > .text': 'section code 256',
        'LOAD r-x > .text > main': 'symbol code 128',
        'LOAD r-x > .text > main.c': 'source code 64',
        'LOAD r-x > .text > main.c > helper': 'symbol code 64',
        'LOAD r-x > .text > no symbols': 'rest code 64',
        'LOAD r-x > .note.both': 'section headers 56',
        'LOAD r-x > .note.both > Solo5 ABI1': 'note headers 36',
        'LOAD r-x > .note.both > Xen 18': 'note headers 20',
        '.comment': 'section tools 17',
        '.symtab': `section tools ${bits === 64 ? 96 : 64}`,
        '.strtab': 'section tools 20',
        '.shstrtab': 'section tools 53',
      })
    })
  }

  it('shows the segments of a file without section headers', () => {
    const weighed = weigh(
      spoil(ELF, (view) => {
        view.setUint16(HEADER.shnum, 0, true)
        view.setBigUint64(HEADER.shoff, 0n, true)
      }),
    )
    requireSums(weighed, ELF.length)
    const found = paths(weighed)
    assert.equal(found['LOAD r-x > no section'], 'rest code 256')
    assert.equal(found['LOAD r-x > Solo5 ABI1'], 'note headers 36')
    assert.match(found['nothing speaks of it'] ?? '', /^rest unknown /)
  })

  it('names bytes that two segments claim', () => {
    const twice = makeElf({ ...FILE, interpreter: '/nonexistent' })
    const weighed = weigh(
      // The last program header is the interpreter's: a second segment over half of .text now.
      spoil(twice, (view) => {
        const at = 64 + 2 * 56
        view.setUint32(at, 1, true)
        view.setUint32(at + 4, 6, true)
        view.setBigUint64(at + 8, view.getBigUint64(64 + 8, true) + 0x80n, true)
        view.setBigUint64(at + 32, 0x80n, true)
      }),
    )
    requireSums(weighed, twice.length)
    assert.equal(paths(weighed)['LOAD r-x, LOAD rw-'], 'overlap code 128')
  })

  it('tells of damage to sections and notes, and weighs the rest', () => {
    const broken = weigh(spoil(ELF, (view) => view.setBigUint64(HEADER.shoff, 2n ** 60n, true)))
    requireSums(broken, ELF.length)
    assert.match(broken.remarks.join(), /^e_shoff at offset 40: is 1152921504606846976, and the 7 section headers/)
  })

  it('says what is zero in memory and not in the file', () => {
    const { memoryOnly } = weigh(spoil(ELF, (view) => view.setBigUint64(64 + 40, 0x1138n, true)))
    assert.equal(memoryOnly, 0x1000)
  })

  it('refuses headers that cannot be read', () => {
    assert.throws(() => weigh(ELF.slice(0, 40)), { name: 'FormatError', code: 'TRUNCATED' })
  })

  it('divides a bzImage into setup, kernel and trailer', () => {
    const kernel = join(sampleBzImage(), ascii('trailer'))
    new DataView(kernel.buffer).setUint32(0x1f4, (kernel.length - 7 - 1024) / 16, true)
    const weighed = weigh(kernel)
    requireSums(weighed, kernel.length)
    assert.deepEqual(paths(weighed), {
      setup: 'block code 1024',
      kernel: 'block code 128',
      'kernel > payload, unknown compression': 'block code 64',
      'kernel > padding': 'padding free 64',
      trailer: 'block unknown 7',
    })
  })

  it('divides a PE file into headers and sections', () => {
    const weighed = weigh(samplePe())
    requireSums(weighed, samplePe().length)
    const found = paths(weighed)
    assert.deepEqual([found['.text'], found['.cmdline']], ['section code 256', 'section constants 256'])
  })

  it('looks into an image, and shows as one block what it cannot look into', () => {
    const image = weigh(IMAGE)
    requireSums(image, IMAGE.length)
    assert.equal(paths(image)['a sample > etc > hosts'], 'file files 20')
    assert.deepEqual(image.images, [{ name: 'sample', format: 'tar', weighedBy: 'stored', files: 2 }])
    const damaged = weigh(spoil(IMAGE, (view) => view.setUint8(150, 0xff)))
    assert.deepEqual(paths(damaged), { 'a sample': `block unknown ${IMAGE.length}` })
    assert.match(damaged.remarks.join(), /^sample is not looked into: header\.checksum/)
  })

  it('weighs files of every family, and files of nothing', () => {
    for (const bytes of [...SAMPLES.values()].flat()) requireSums(weigh(bytes), bytes.length)
    assert.deepEqual(weigh(new Uint8Array()).tree.children, [])
    assert.deepEqual(paths(weigh(ascii('no such thing'))), { 'a sample': 'block unknown 13' })
  })
})

describe('weighSource() of what is baked in', () => {
  const parts = [
    { kind: 'config', bytes: ascii('{"env":{}}') },
    { kind: 'program', name: 'other', bytes: ELF },
    { kind: 'files', name: 'storage', format: 'tar', bytes: IMAGE },
  ] as const

  it('shows the parts, the files in images, and the programs', () => {
    const bytes = sampleBaked(ELF, { parts, program: 'own' })
    const weighed = weigh(bytes)
    requireSums(weighed, bytes.length)
    const found = paths(weighed)
    assert.equal(found['baked in > config'], 'part settings 10')
    assert.equal(found['baked in > program other > LOAD r-x > .text > main'], 'symbol code 128')
    assert.equal(found['baked in > files storage > etc > hosts'], 'file files 20')
    assert.equal(found['baked in > Slipway BAK1'], 'note headers 516')
    assert.equal(found['program headers as they were'], 'headers headers 112')
    assert.equal(found['baked in > program headers'], 'headers headers 168')
    assert.equal(found['LOAD r-x > .text > main'], 'symbol code 128')
    assert.deepEqual(weighed.images, [{ name: 'storage', format: 'tar', weighedBy: 'stored', files: 2 }])
  })

  it('does the same for files that cannot tell of a note themselves', () => {
    const kernel = sampleBzImage()
    const bytes = sampleBaked(kernel, { parts, program: 'own' })
    const weighed = weigh(bytes)
    requireSums(weighed, bytes.length)
    const found = paths(weighed)
    assert.equal(found['setup'], 'block code 1024')
    assert.equal(found['baked in > trailer'], 'headers headers 32')
    assert.equal(found['baked in > Slipway BAK1'], 'note headers 516')
    assert.equal(found['baked in > files storage > index.html'], 'file files 8')
  })

  it('says which image and which program cannot be looked into', () => {
    const spoilt = IMAGE.with(150, 0xff)
    const other = ascii('\x7fELF')
    const bytes = sampleBaked(ELF, {
      program: 'own',
      parts: [
        { ...parts[1], bytes: other },
        { ...parts[2], bytes: spoilt },
      ],
    })
    const { remarks } = weigh(bytes)
    assert.deepEqual(
      remarks.map((remark) => remark.replace(/:.*/, '')),
      ['other is not looked into', 'storage is not looked into'],
    )
  })

  it('refuses a note that does not fit the file', () => {
    const bytes = sampleBaked(ELF, { parts, program: 'own' })
    assert.throws(() => weigh(bytes.slice(0, -4096)), FormatError)
  })
})

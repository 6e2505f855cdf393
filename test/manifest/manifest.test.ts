// slipway manifest and slipway diff as their users meet them: with linkers, compilers and readelf on one side and guests that run on the other.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { prepareRuntime } from '../../guests/tools/compile.mjs'
import { encodeManifestNote } from '../../src/artefact/manifest.ts'
import { guestPath, SLIPWAY, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { linkHello, noteOf, scratch, tool } from './_tools.ts'

const place = scratch()
const DEVICES = [
  { name: 'service', type: 'net' },
  { name: 'storage', type: 'block' },
] as const
const source = (...devices: readonly [name: string, type: string][]): string =>
  JSON.stringify({ type: 'solo5.manifest', version: 1, devices: devices.map(([name, type]) => ({ name, type })) })
const TWO = source(['service', 'NET_BASIC'], ['storage', 'BLOCK_BASIC'])

beforeAll(() => {
  writeFileSync(place('none.json'), source())
  writeFileSync(place('two.json'), TWO)
  writeFileSync(place('block.json'), source(['storage', 'BLOCK_BASIC']))
  writeFileSync(place('disk.img'), new Uint8Array(65536))
})

/** Runs the command, which has to succeed. */
function ok(...args: string[]): string {
  const { status, stdout, stderr } = slipway(args)
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

const succeeds = (guest: string, ...flags: string[]): void => {
  const { status, stdout, stderr } = slipway(['run', '--mem', '4M', ...flags, guest])
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /SUCCESS/)
}

describe('slipway manifest new', () => {
  describe('and readelf', needs({ commands: ['readelf'] }), () => {
    for (const [machine, name] of [
      ['x86_64', 'Advanced Micro Devices X86-64'],
      ['aarch64', 'AArch64'],
      ['ppc64le', 'PowerPC64'],
    ] as const) {
      it(`agree about an object for ${machine}`, () => {
        const object = place(`${machine}.o`)
        ok('manifest', 'new', '--machine', machine, '-o', object, place('two.json'))
        const text = tool('readelf', ['--wide', '-h', '-S', '-s', '-n', object])
        assert.match(text, /Type: +REL /)
        assert.ok(text.includes(`Machine:                           ${name}`))
        assert.match(text, /\] \.note\.solo5\.manifest +NOTE +0+ 000040 000158 00 +A +0 +0 +4\n/)
        assert.match(text, / 0+ +344 OBJECT +GLOBAL DEFAULT +1 __solo5_mft1_note\n/)
        assert.match(text, /\n +Solo5 +0x00000144\tUnknown note type: \(0x3154464d\)/)
        assert.match(text, /ppc64le|Flags: +0x0|abiv2/)
      })
    }
  })

  describe('and compilers', needs({ commands: ['gcc', 'objcopy'] }), () => {
    const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']
    it('agree about the bytes, whichever form it takes', () => {
      ok('manifest', 'new', '-o', place('object.o'), place('two.json'))
      const c = ok('manifest', 'new', '--format', 'c', '-o', '-', place('two.json'))
      tool('gcc', [...strict, '-std=c11', '-c', '-xc', '-o', place('c.o'), '-'], c)
      const assembler = ok('manifest', 'new', '--format', 'assembler', '-o', '-', place('two.json'))
      tool('gcc', ['-c', '-xassembler', '-o', place('assembler.o'), '-'], assembler)
      const note = Buffer.from(encodeManifestNote(DEVICES))
      for (const form of ['object', 'c', 'assembler']) {
        assert.deepEqual(noteOf(place(`${form}.o`)), note, form)
        const text = tool('readelf', ['--wide', '-S', '-s', place(`${form}.o`)])
        assert.match(text, /\] \.note\.solo5\.manifest +NOTE +0+ \w+ 000158 00 +A +0 +0 +4\n/, form)
        assert.match(text, /344 OBJECT +GLOBAL DEFAULT +\d+ __solo5_mft1_note\n/, form)
      }
    })
  })

  const aarch64 = ['aarch64-linux-gnu-as', 'aarch64-linux-gnu-ld', 'aarch64-linux-gnu-objcopy', 'readelf'] as const
  describe('and tools for aarch64', needs({ commands: aarch64 }), () => {
    it('agree about an object, and about assembler', () => {
      ok('manifest', 'new', '--machine', 'aarch64', '-o', place('arm.o'), place('two.json'))
      const assembler = ok('manifest', 'new', '--format', 'assembler', '-o', '-', place('two.json'))
      tool('aarch64-linux-gnu-as', ['-o', place('arm-assembled.o'), '-'], assembler)
      const note = Buffer.from(encodeManifestNote(DEVICES))
      for (const file of ['arm.o', 'arm-assembled.o']) {
        assert.deepEqual(noteOf(place(file), 'aarch64-linux-gnu-'), note)
        const script = place('arm.lds')
        writeFileSync(
          script,
          'PHDRS { m PT_NOTE; } SECTIONS { .note.solo5.manifest : { KEEP(*(.note.solo5.manifest)) } :m }',
        )
        tool('aarch64-linux-gnu-ld', ['-T', script, '-e', '0', '-o', place('arm'), place(file)])
        assert.match(tool('readelf', ['--wide', '-l', place('arm')]), /NOTE +\w+ \w+ \w+ 0x000158 0x000158 R +0x4\n/)
      }
    })
  })

  describe('and ld', needs({ commands: ['gcc', 'ld', 'readelf'], host: ['linux', 'x86-64'] }), () => {
    let runtime: ReturnType<typeof prepareRuntime>
    beforeAll(() => {
      runtime = prepareRuntime()
    })
    afterAll(() => runtime.dispose())

    for (const format of ['object', 'assembler', 'c'] as const) {
      it(`make a guest that runs (${format})`, () => {
        const file = { object: 'm.o', assembler: 'm.S', c: 'm.c' }[format]
        for (const [json, flags] of [
          ['none.json', []],
          ['block.json', ['--block', `storage=${place('disk.img')}`]],
        ] as const) {
          ok('manifest', 'new', '--format', format, '-o', place(file), place(json))
          if (format !== 'object') tool('gcc', ['-c', '-o', place('m.o'), place(file)])
          linkHello(runtime.objects, place('m.o'), place('linked.spt'))
          assert.equal(slipway(['manifest', 'check', place('linked.spt')]).status, 0)
          succeeds(place('linked.spt'), ...flags)
        }
      })
    }
  })

  it('reads standard input, and follows a link to what it replaces', () => {
    writeFileSync(place('target.o'), 'old')
    symlinkSync(place('target.o'), place('link.o'))
    const { status } = slipway(['manifest', 'new', '-o', place('link.o'), '-'], { input: TWO })
    assert.equal(status, 0)
    assert.equal(readFileSync(place('target.o')).subarray(1, 4).toString(), 'ELF')
  })

  it('says that standard output is full, or ends as by a signal where nobody reads', needs({ host: ['linux'] }), () => {
    const args = ['manifest', 'new', '-o', '-', place('two.json')]
    const shell = (script: string) =>
      spawnSync('/bin/bash', ['-c', script, process.execPath, SLIPWAY, ...args], { encoding: 'utf8' })
    const full = shell('"$0" "$@" >/dev/full')
    assert.deepEqual([full.status, full.stderr], [125, 'slipway: cannot write to standard output: no space is left\n'])
    assert.equal(shell('{ sleep 0.3; "$0" "$@"; echo $? >&2; } | true').stderr, '141\n')
  })

  it('leaves what there was where the source is wrong', () => {
    writeFileSync(place('kept.o'), 'old')
    writeFileSync(place('bad.json'), TWO.replace('service', 'a-b'))
    const { status, stderr } = slipway(['manifest', 'new', '-o', place('kept.o'), place('bad.json')])
    assert.equal(status, 125)
    assert.match(stderr, /^slipway: ".*bad\.json":1:\d+: "devices\.0\.name" is "a-b".*\n {2}use 1 to 67 letters/)
    assert.equal(readFileSync(place('kept.o'), 'utf8'), 'old')
  })
})

describe('slipway manifest embed', () => {
  it('writes a copy, and leaves the unikernel as it is', () => {
    const before = readFileSync(guestPath('hello'))
    ok('manifest', 'embed', '-o', place('two.spt'), guestPath('hello'), place('two.json'))
    assert.equal(readFileSync(guestPath('hello')).compare(before), 0)
    assert.equal(JSON.parse(ok('manifest', 'show', '--json', place('two.spt'))).devices.length, 2)
    assert.equal(statSync(place('two.spt')).mode & 0o700, 0o700)
  })

  it('gives a guest devices that it runs with', needs({ host: ['linux', 'x86-64'] }), () => {
    ok('manifest', 'embed', '-o', place('block.spt'), guestPath('hello'), place('block.json'))
    const { status, stderr } = slipway(['run', place('block.spt')])
    assert.equal(status, 125)
    assert.match(stderr, /--block storage=PATH/)
    succeeds(place('block.spt'), '--block', `storage=${place('disk.img')}`)
    ok('manifest', 'embed', '-o', place('again.spt'), place('block.spt'), place('none.json'))
    succeeds(place('again.spt'))
  })

  it('keeps readelf’s view of segments, sections and notes in one', needs({ commands: ['readelf'] }), () => {
    ok('manifest', 'embed', '-o', place('two.spt'), guestPath('hello'), place('two.json'))
    const text = tool('readelf', ['--wide', '-l', '-S', '-n', place('two.spt')])
    const [, section] = /\] \.note\.solo5\.manifest +NOTE +0{16} (\w+) 000158 00 +0 +0 +4\n/.exec(text) ?? []
    assert.match(text, new RegExp(`NOTE +0x${section} 0x0{16} 0x0{16} 0x000158 0x000000 R +0x4\n`))
    assert.match(text, /\n +Solo5 +0x00000144\t/)
    assert.doesNotMatch(text, /warning/i)
  })

  it('takes large unikernels piece by piece', () => {
    ok('manifest', 'embed', '-o', place('large.spt'), guestPath('large'), place('two.json'))
    const [before, after] = [readFileSync(guestPath('large')), readFileSync(place('large.spt'))]
    assert.equal(Buffer.compare(before.subarray(4096), after.subarray(4096, before.length)) === 0, false) // section headers
    assert.equal(Buffer.compare(before.subarray(4096, 2 ** 20), after.subarray(4096, 2 ** 20)), 0)
    assert.ok(after.length - before.length <= 4096 + 344)
  })

  const refused: [why: string, args: () => string[], message: RegExp][] = [
    ['the unikernel itself as output', () => [place('self.spt'), place('self.spt')], /which it is made of/],
    ['a link to it', () => [place('self-link.spt'), place('self.spt')], /which it is made of/],
    ['what is no unikernel', () => [place('x.spt'), '/bin/sh'], /^slipway: "\/bin\/sh": e_type/],
    ['a missing file', () => [place('x.spt'), place('missing')], /cannot open .*missing/],
    ['a folder that is missing', () => [place('missing/x.spt'), guestPath('hello')], /cannot write .*missing\/x\.spt/],
    ['a folder as output', () => [place('folder'), guestPath('hello')], /it is a directory/],
  ]
  for (const [why, args, message] of refused) {
    it(`refuses ${why}, and leaves nothing`, () => {
      copyFileSync(guestPath('hello'), place('self.spt'))
      if (!existsSync(place('self-link.spt'))) symlinkSync(place('self.spt'), place('self-link.spt'))
      mkdirSync(place('folder'), { recursive: true })
      const before = readdirSync(place('.'))
      const [output = '', artefact = ''] = args()
      const { status, stderr } = slipway(['manifest', 'embed', '-o', output, artefact, place('two.json')])
      assert.equal(status, 125)
      assert.match(stderr, message)
      assert.deepEqual(readdirSync(place('.')), before)
      assert.equal(readFileSync(place('self.spt')).compare(readFileSync(guestPath('hello'))), 0)
    })
  }
})

describe('slipway manifest show', () => {
  it('prints a manifest.json that new takes', () => {
    ok('manifest', 'embed', '-o', place('two.spt'), guestPath('hello'), place('two.json'))
    writeFileSync(place('shown.json'), ok('manifest', 'show', '--source', place('two.spt')))
    for (const json of ['two.json', 'shown.json']) ok('manifest', 'new', '-o', place(`${json}.o`), place(json))
    assert.deepEqual(readFileSync(place('shown.json.o')), readFileSync(place('two.json.o')))
  })

  it('does not write down as manifest.json what a run refuses', () => {
    const bytes = readFileSync(place('two.spt'))
    bytes[bytes.lastIndexOf('service') + 72] = 1
    writeFileSync(place('preset.spt'), bytes)
    assert.equal(slipway(['manifest', 'show', place('preset.spt')]).status, 0)
    const { status, stdout, stderr } = slipway(['manifest', 'show', '--source', place('preset.spt')])
    assert.deepEqual([status, stdout], [125, ''])
    assert.match(stderr, /entry\[1\]\.u at offset \d+: presets/)
  })

  it('refuses two forms at once', () => {
    assert.equal(slipway(['manifest', 'show', '--json', '--source', guestPath('hello')]).status, 125)
  })
})

describe('slipway manifest check', () => {
  it('accepts a manifest.json and a unikernel', () => {
    assert.match(
      ok('manifest', 'check', place('two.json'), guestPath('hello')),
      /^".*": 2 devices\n[^]*": no devices\n$/,
    )
  })

  it('says all that is wrong, and ends with 1', () => {
    writeFileSync(place('wrong.json'), '{"type":"solo5.manifest","version":2,"devices":[{"name":"","type":"NET"}]}')
    const { status, stdout, stderr } = slipway(['manifest', 'check', place('wrong.json'), '/bin/sh'])
    assert.deepEqual([status, stderr], [1, ''])
    assert.equal([...stdout.matchAll(/^ {2}refused /gm)].length, 4)
    const json = slipway(['manifest', 'check', '--json', place('wrong.json'), guestPath('hello')])
    assert.equal(json.status, 1)
    assert.deepEqual(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).accepted),
      [false, true],
    )
  })

  it('ends with 125 for what cannot be read, whatever else it finds', () => {
    const { status, stdout, stderr } = slipway(['manifest', 'check', place('missing'), '/bin/sh'])
    assert.equal(status, 125)
    assert.match(stderr, /cannot open .*missing.*no such file/)
    assert.match(stdout, /"\/bin\/sh": refused/)
  })

  it('reads standard input', () => {
    assert.equal(slipway(['manifest', 'check', '-'], { input: TWO }).status, 0)
    assert.equal(slipway(['manifest', 'check', '-'], { input: `${TWO}x` }).status, 1)
    assert.equal(slipway(['manifest', 'check', '-'], { input: 'x'.repeat(5 * 2 ** 20) }).status, 125)
  })

  it('takes bytes that are no text for a wrong manifest.json', () => {
    writeFileSync(place('binary'), Uint8Array.of(0x7b, 0xff, 0x7d))
    const { status, stdout } = slipway(['manifest', 'check', place('binary')])
    assert.equal(status, 1)
    assert.match(stdout, /is not valid UTF-8/)
  })
})

describe('slipway diff', () => {
  it('ends with 1 where the new one asks for more, and with 0 the other way round', () => {
    ok('manifest', 'embed', '-o', place('two.spt'), guestPath('hello'), place('two.json'))
    const more = slipway(['diff', guestPath('hello'), place('two.spt')])
    assert.deepEqual([more.status, more.stderr], [1, ''])
    assert.match(more.stdout, /\nasks for\n {2}\+ {2}net +"service"/)
    const less = slipway(['diff', place('two.spt'), guestPath('hello')])
    assert.equal(less.status, 0)
    assert.match(less.stdout, /asks for nothing more\n\ngave up\n {2}- {2}net +"service"/)
    const json = slipway(['diff', '--json', guestPath('hello'), place('two.spt')])
    assert.deepEqual([json.status, JSON.parse(json.stdout).asksForMore], [1, true])
  })

  it('names the file that cannot be read', () => {
    const bad = slipway(['diff', guestPath('hello'), place('two.json')])
    assert.equal(bad.status, 125)
    assert.match(bad.stderr, /^slipway: ".*two\.json": e_ident/)
    assert.equal(slipway(['diff', place('missing'), guestPath('hello')]).status, 125)
  })
})

// What cannot be run is refused in one line with 125, before anything is executed and with nothing left behind.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  closeSync,
  ftruncateSync,
  openSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { encodeManifestNote } from '../../src/artefact/manifest.ts'
import { writeParts } from '../../src/host/launcher-file.ts'
import { prepare } from '../../src/run/prepare.ts'
import { composeSpt } from '../../src/targets/spt/launcher.ts'
import { guestPath, SLIPWAY, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-refusals-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const hello = (): Buffer => readFileSync(guestPath('hello'))

/** A copy of hello with one thing changed. */
function spoilt(change: (bytes: Buffer) => Buffer | void): string {
  const bytes = hello()
  const path = join(directory, 'spoilt.spt')
  writeFileSync(path, change(bytes) ?? bytes)
  return path
}

const phdr = (index: number): number => 64 + 56 * index

const cases: [why: string, message: RegExp, change: (bytes: Buffer) => Buffer | void][] = [
  ['an empty file', /^slipway: .*offset 0.*\n/, () => Buffer.alloc(0)],
  [
    'a text file',
    /^slipway: .*offset 0.*ELF/,
    () => Buffer.from('#!/bin/sh\necho hello, this is longer than a header, surely so.\n'),
  ],
  [
    'half a file',
    /^slipway: ".*spoilt.spt": phdr\[\d+\]\.p_offset at offset \d+: .* the file has 4200 bytes/,
    (bytes) => bytes.subarray(0, 4200),
  ],
  ['a position-independent program', /e_type.*offset 16/, (bytes) => void bytes.writeUInt16LE(3, 16)],
  ['an entry outside', /e_entry.*offset 24/, (bytes) => void bytes.writeBigUInt64LE(0n, 24)],
  [
    'a segment that is writable and executable',
    /p_flags.*offset 124/,
    (bytes) => void bytes.writeUInt32LE(7, phdr(1) + 4),
  ],
  ['a segment of 2^64 - 1 bytes', /p_memsz/, (bytes) => void bytes.writeBigUInt64LE(2n ** 64n - 1n, phdr(1) + 40)],
  ['no program headers', /e_phnum.*offset 56/, (bytes) => void bytes.writeUInt16LE(0, 56)],
]

describe('slipway run', needs({ host: ['linux', 'x86-64'] }), () => {
  for (const [why, message, change] of cases) {
    it(`refuses ${why}`, () => {
      const result = slipway(['run', spoilt(change)])
      assert.deepEqual([result.status, result.stdout], [125, ''])
      assert.match(result.stderr, message)
      assert.ok(result.stderr.trimEnd().split('\n').length <= 2, result.stderr)
    })
  }

  it('refuses a guest with devices, naming each', () => {
    const path = join(directory, 'devices.spt')
    writeFileSync(path, withDevices(hello()))
    const result = slipway(['run', path])
    assert.deepEqual([result.status, result.stdout], [125, ''])
    assert.match(result.stderr, /nothing is wired to 2 devices: net "service", block "storage"/)
  })

  it('refuses too little memory, naming the least that does', () => {
    const result = slipway(['run', '--mem', '1M', guestPath('large')])
    assert.equal(result.status, 125)
    assert.match(result.stderr, /--mem 1[1-9]M/)
  })

  const usage: [why: string, args: string[], message: RegExp][] = [
    ['a missing file', ['run', '/nonexistent/x.spt'], /cannot open "\/nonexistent\/x.spt": no such file or directory/],
    ['a directory', ['run', '/'], /"\/" is a directory|it is a directory/],
    ['a device', ['run', '/dev/null'], /"\/dev\/null" is a device/],
    ['no file', ['run'], /ARTEFACT/],
    ['an unknown verb', ['rnu'], /no command "rnu"\n {2}did you mean `run`/],
    ['an unknown flag', ['run', '--memm', '1M', 'x'], /memm/],
    ['memory without a unit', ['run', '--mem', '512', 'x'], /512M/],
    ['a name with a terminal escape in it', ['run', '\u001b]0;x\u0007'], /"\\u001b\]0;x\\u0007"/],
    ['an empty guest argument', ['run', guestPath('hello'), '--', ''], /argument 1 is empty/],
    [
      'a guest argument that is too long',
      ['run', guestPath('hello'), '--', 'x'.repeat(8192)],
      /8192 bytes long, at most 8191/,
    ],
    ['a flag with nothing behind =', ['run', '--mem=', guestPath('hello')], /"--mem=" has no value/],
    ['more memory than there are addresses', ['run', '--mem', '17T', guestPath('hello')], /more than the 16 TiB/],
    ['no memory', ['run', '--mem', '0M', guestPath('hello')], /no positive multiple of 4096/],
    ['a time that is none', ['run', '--timeout', 'soon', 'x'], /--timeout "soon"/],
  ]
  for (const [why, args, message] of usage) {
    it(`refuses ${why}`, () => {
      const result = slipway(args)
      assert.deepEqual([result.status, result.stdout], [125, ''])
      assert.match(result.stderr, message)
      assert.ok(!result.stderr.includes('\u001b'))
    })
  }

  it('refuses a FIFO without waiting for it', () => {
    const fifo = join(directory, 'fifo')
    spawnSync('mkfifo', [fifo])
    const result = slipway(['run', fifo])
    assert.deepEqual([result.status, result.signal], [125, null])
    assert.match(result.stderr, /is a pipe/)
  })
})

function withDevices(bytes: Buffer): Buffer {
  const note = encodeManifestNote([
    { name: 'service', type: 'net' },
    { name: 'storage', type: 'block' },
  ])
  // The manifest's program header is the last; it is pointed at a new note behind everything else.
  const header = phdr(bytes.readUInt16LE(56) - 1)
  const at = Math.ceil(bytes.length / 8) * 8
  bytes.writeBigUInt64LE(BigInt(at), header + 8)
  bytes.writeBigUInt64LE(BigInt(note.length), header + 32)
  bytes.writeBigUInt64LE(BigInt(note.length), header + 40)
  return Buffer.concat([bytes, Buffer.alloc(at - bytes.length), note])
}

describe('a launcher that opens its artefact again', needs({ host: ['linux', 'x86-64'] }), () => {
  const launch = (spoil: (path: string) => void) => {
    const path = join(directory, 'again.spt')
    rmSync(path, { force: true }) // a case before may have left something that copying would wait for
    copyFileSync(guestPath('hello'), path)
    const { plan, file } = prepare(path, {})
    const launcher = join(directory, 'again')
    const descriptor = openSync(launcher, 'w', 0o700)
    writeParts(descriptor, composeSpt(plan, { image: { kind: 'path' } }), file.source)
    closeSync(descriptor)
    file.close()
    spoil(path)
    return spawnSync(launcher, [], { encoding: 'utf8', env: {}, timeout: 10_000 })
  }

  it('starts it when nothing changed', () => {
    const result = launch(() => {})
    assert.deepEqual([result.status, result.stderr], [0, ''])
  })

  const changes: [why: string, spoil: (path: string) => void, message: RegExp][] = [
    ['gone', (path) => rmSync(path), /opening the artefact again failed \(errno 002\)/],
    [
      'a FIFO',
      (path) => {
        rmSync(path)
        spawnSync('mkfifo', [path])
      },
      /the artefact changed after it was checked/,
    ],
    ['touched', (path) => utimesSync(path, 1, 1), /the artefact changed after it was checked/],
    ['longer', (path) => ftruncateAndRestoreTime(path), /the artefact changed after it was checked/],
    [
      'another file of the same size',
      (path) => {
        rmSync(path)
        copyFileSync(guestPath('hello'), path)
      },
      /the artefact changed after it was checked/,
    ],
  ]
  for (const [why, spoil, message] of changes) {
    it(`refuses when it is ${why}`, () => {
      const result = launch(spoil)
      assert.deepEqual([result.status, result.stdout], [125, ''])
      assert.match(result.stderr, message)
    })
  }
})

function ftruncateAndRestoreTime(path: string): void {
  const descriptor = openSync(path, 'r+')
  ftruncateSync(descriptor, 1_000_000)
  closeSync(descriptor)
}

describe('slipway', () => {
  const shell = (command: string) => {
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('hello')]
    return spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: 30_000 })
  }

  for (const verb of ['inspect "$2"', 'inspect --json "$2"', '--help', '--version']) {
    it(`${verb} says so when its output has nowhere to go`, () => {
      const result = shell(`"$0" "$1" ${verb} > /dev/full; echo "status $?"`)
      assert.equal(result.stdout, 'status 125\n')
      assert.equal(result.stderr, 'slipway: cannot write to standard output: no space is left\n')
    })

    it(`${verb} ends quietly when its reader is gone`, () => {
      const result = shell(`{ sleep 0.2; "$0" "$1" ${verb}; echo "status $?" >&2; } | true`)
      assert.equal(result.stderr, 'status 141\n')
    })
  }

  it('names the file that an error is about', () => {
    const result = slipway(['run', '/bin/sh'])
    assert.match(result.stderr, /^slipway: "\/bin\/sh": e_type at offset 16/)
  })

  it('explains a verb with help in front of it too', () => {
    assert.equal(slipway(['help', 'run']).stdout, slipway(['run', '--help']).stdout)
  })
})

describe('slipway compose', () => {
  it('replaces regular files only, never its own artefact, and leaves nothing beside them', () => {
    const folder = join(directory, 'replace')
    mkdirSync(folder)
    symlinkSync('target', join(folder, 'link'))
    copyFileSync(guestPath('hello'), join(folder, 'self.spt'))
    const kept = readFileSync(join(folder, 'self.spt'))
    const cases: [output: string, artefact: string, message: RegExp][] = [
      ['/dev/null', guestPath('hello'), /"\/dev\/null": it is a device/],
      [join(folder, 'link'), guestPath('hello'), /it is a symbolic link/],
      [folder, guestPath('hello'), /it is a directory/],
      [join(folder, 'self.spt'), join(folder, 'self.spt'), /is the artefact itself/],
    ]
    for (const [output, artefact, message] of cases) {
      const result = slipway(['compose', '-o', output, artefact])
      assert.equal(result.status, 125)
      assert.match(result.stderr, message)
    }
    assert.deepEqual(readdirSync(folder).sort(), ['link', 'self.spt'])
    assert.ok(readFileSync(join(folder, 'self.spt')).equals(kept))
  })

  it('gives the file the permissions that the umask leaves', () => {
    const output = join(directory, 'masked')
    const args = [
      '-c',
      'umask 077; "$0" "$1" compose -o "$3" "$2"',
      process.execPath,
      SLIPWAY,
      guestPath('hello'),
      output,
    ]
    assert.equal(spawnSync('/bin/sh', args).status, 0)
    assert.equal(statSync(output).mode & 0o777, 0o700)
  })

  it('leaves nothing behind when there is no room for the file', () => {
    const folder = join(directory, 'full')
    mkdirSync(folder)
    const args = [
      '-c',
      'ulimit -f 16; "$0" "$1" compose -o "$3/out" "$2"',
      process.execPath,
      SLIPWAY,
      guestPath('large'),
      folder,
    ]
    const result = spawnSync('/bin/sh', args, { encoding: 'utf8' })
    assert.deepEqual([result.status, readdirSync(folder)], [125, []])
    assert.match(result.stderr, /cannot write .*: files may not be that large here/)
  })

  it('writes nothing where the artefact is refused', () => {
    const folder = join(directory, 'composed')
    mkdirSync(folder)
    const result = slipway(['compose', '-o', join(folder, 'out'), spoilt(() => Buffer.from('no'))])
    assert.equal(result.status, 125)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('leaves an existing file alone where it cannot write', () => {
    const result = slipway(['compose', '-o', join(directory, 'nowhere', 'out'), guestPath('hello')])
    assert.equal(result.status, 125)
    assert.match(result.stderr, /cannot write ".*out": no such file or directory/)
  })

  it('gives the same bytes twice, and from another directory', () => {
    const [one, two] = [join(directory, 'one'), join(directory, 'two')]
    copyFileSync(guestPath('hello'), join(directory, 'hello.spt'))
    chmodSync(join(directory, 'hello.spt'), 0o600)
    assert.equal(slipway(['compose', '-o', one, guestPath('hello'), '--', 'a b']).status, 0)
    assert.equal(slipway(['compose', '-o', two, 'hello.spt', '--', 'a b'], { cwd: directory }).status, 0)
    assert.ok(readFileSync(one).equals(readFileSync(two)))
  })
})

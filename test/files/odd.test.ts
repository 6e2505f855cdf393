// slipway fs as people use it on an ordinary day: names with colons, outputs in sources, pipes that break, disks of others. Each is a thing that went wrong once.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { slipway, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let scratch = ''
const at = (name: string): string => join(scratch, name)
const fs = (...args: string[]) => slipway(['fs', ...args], { cwd: scratch })
const done = (...args: string[]): string => {
  const { status, stdout, stderr } = fs(...args)
  assert.equal(status, 0, stderr)
  return stdout
}
const failed = (...args: string[]): string => {
  const { status, stderr } = fs(...args)
  assert.equal(status, 125, stderr)
  return stderr
}
const sh = (command: string) =>
  spawnSync('/bin/bash', ['-c', command, 'sh', process.execPath, SLIPWAY], { cwd: scratch, encoding: 'utf8' })

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-odd-'))
  mkdirSync(at('d/sub'), { recursive: true })
  writeFileSync(at('d/a'), 'hello\n')
  linkSync(at('d/a'), at('d/sub/h'))
  symlinkSync('a', at('d/l'))
  done('create', '-R', 'd', '-o', 'd.tar')
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('a place in an image', () => {
  it('may be a source', () => {
    done('create', '-R', 'd.tar:/sub', '-o', 'sub.tar')
    assert.equal(done('tree', 'sub.tar'), 'sub.tar\n└── h\n')
    assert.match(failed('create', '-R', 'd.tar:/a', '-o', 'x.tar'), /"\/a" is a file, not a directory/)
    assert.match(failed('create', '-R', 'd.tar:/sub', '-o', 'd.tar'), /would be written over itself/)
  })

  it('may be added, a file by its name and a directory with what is in it', () => {
    done('create', '-R', 'd.tar:/sub', '-o', 'more.tar')
    done('add', 'more.tar', 'd.tar:/l')
    done('add', 'more.tar', 'd.tar:/')
    assert.equal(done('tree', 'more.tar'), 'more.tar\n├── a\n├── h\n├── l -> a\n└── sub/\n    └── h\n')
  })

  it('is found where the name of the image has a colon', () => {
    mkdirSync(at('a:'))
    done('create', '-R', 'd', '-o', 'a:/b.tar')
    assert.equal(done('cat', 'a:/b.tar:/sub/../a'), 'hello\n')
    assert.match(done('ls', 'a:/b.tar'), / sub$/m)
    assert.match(done('ls', 'a:'), / b\.tar$/m)
  })
})

describe('an output', () => {
  it('that lies in its own source is no part of it', () => {
    mkdirSync(at('here'))
    writeFileSync(at('here/a'), 'a')
    done('create', '-R', 'here', '--mtime', '0', '-o', 'here/image.tar')
    const first = readFileSync(at('here/image.tar'))
    const { status, stderr } = fs('create', '-R', 'here', '--mtime', '0', '-o', 'here/image.tar')
    assert.deepEqual([status, stderr], [0, 'slipway: "here/image.tar" is left out: it is what is written\n'])
    assert.deepEqual(readFileSync(at('here/image.tar')), first)
  })

  it('is packed as its name says, also where the format is said as well', () => {
    done('create', '-R', 'd', '--format', 'tar', '-o', 'said.tar.gz')
    assert.deepEqual([...readFileSync(at('said.tar.gz')).subarray(0, 2)], [0x1f, 0x8b])
  })

  it('of slurp is no image but a tar', () => {
    assert.match(failed('slurp', 'd.tar', '-o', 'x.iso'), /is the name of an image\n {2}slipway fs convert makes one/)
    assert.ok(!existsSync(at('x.iso')))
  })

  it('that nobody reads to its end is no failure of ours', () => {
    mkdirSync(at('long'))
    writeFileSync(at('long/file'), Buffer.alloc(8_000_000))
    const { stdout, stderr } = sh(
      `"$1" "$2" fs create -R long --format tar -o - | head -c 1; echo " \${PIPESTATUS[0]}"`,
    )
    assert.deepEqual([stdout.slice(1), stderr], [' 141\n', ''])
  })

  it('that is full is said to be', needs({ host: ['linux'] }), () => {
    const { stdout, stderr } = sh('"$1" "$2" fs create -R d --format tar -o - > /dev/full; echo $?')
    assert.deepEqual([stdout, stderr], ['125\n', 'slipway: cannot write to standard output: no space is left\n'])
  })
})

describe('what is asked for', () => {
  it('is not more than gzip can', () => {
    assert.match(failed('create', '-R', 'd', '--level', '12', '-o', 'x.tar.gz'), /--level is 12: gzip has 1 to 9/)
    assert.match(failed('create', '-R', 'd', '--level', '12', '-o', 'x.sqfs'), /--level is 12: gzip has 1 to 9/)
    done('create', '-R', 'd', '--level', '12', '-o', 'x.tar.zst')
  })

  it('is not an image that is packed and cannot be written so', () => {
    done('create', '-R', 'd', '-o', 'packed.iso')
    execFileSync('gzip', ['packed.iso'], { cwd: scratch })
    assert.equal(done('cat', 'packed.iso.gz:/a'), 'hello\n')
    assert.match(failed('add', 'packed.iso.gz', 'd/a'), /is packed, and iso9660 is not written so\n {2}unpack it first/)
  })
})

describe('a tar that has been cut', () => {
  it('is refused where what is said ahead of a file is left', () => {
    // Names that need a header of their own, before that of the file.
    mkdirSync(at('names'))
    writeFileSync(at(`names/${'n'.repeat(200)}`), '')
    done('create', '-R', 'names', '--mtime', '0', '-o', 'names.tar')
    const whole = readFileSync(at('names.tar'))
    const extended = whole.indexOf('PaxHeaders') - 2
    writeFileSync(at('names.tar'), whole.subarray(0, extended + 512 + 512))
    assert.match(failed('ls', 'names.tar'), /header at offset \d+: is missing behind what is said ahead of it/)
  })

  it('is known by its missing end', () => {
    writeFileSync(at('cut.tar'), readFileSync(at('d.tar')).subarray(0, 1536))
    for (const words of [
      ['ls', 'cut.tar'],
      ['tree', 'cut.tar'],
      ['slurp', 'cut.tar', '-o', 'cut'],
      ['diff', 'cut.tar', 'cut.tar'],
    ]) {
      const { status, stderr } = fs(...words)
      assert.equal(status, 0, stderr)
      assert.match(stderr, /^slipway: "cut\.tar" ends without its mark: it may have been cut$/m)
    }
  })
})

describe('slipway fs diff', () => {
  it('tells files with several names from copies', () => {
    done('slurp', 'd.tar', '-o', 'copied')
    rmSync(at('copied/sub/h'))
    execFileSync('cp', ['-p', 'copied/a', 'copied/sub/h'], { cwd: scratch })
    const { stdout } = fs('diff', 'd.tar', 'copied')
    assert.match(stdout, /^~ \/a {2}links$/m)
    assert.match(stdout, /^~ \/sub\/h {2}links$/m)
  })
})

describe('who is not root', () => {
  const words = needs({ host: ['root'], commands: ['setpriv'] })

  it('is told of devices before anything is written, and can go on without', words, () => {
    mkdirSync(at('root/dev'), { recursive: true })
    execFileSync('mknod', [at('root/dev/null'), 'c', '1', '3'])
    writeFileSync(at('root/file'), '')
    done('create', '-R', 'root', '-o', 'root.tar')
    mkdirSync(at('theirs'))
    execFileSync('chown', ['nobody', at('theirs'), scratch])
    const asNobody = (...args: string[]) =>
      spawnSync('setpriv', ['--reuid', 'nobody', '--clear-groups', process.execPath, SLIPWAY, 'fs', ...args], {
        cwd: at('theirs'),
        encoding: 'utf8',
        env: { ...process.env, HOME: at('theirs') },
      })
    for (const verb of [
      ['slurp', '../root.tar', '-o', 'x'],
      ['cp', '../root.tar:/', 'x'],
    ]) {
      const { status, stderr } = asNobody(...verb)
      assert.equal(status, 125)
      assert.match(
        stderr,
        /cannot write "x": only root can make the device 1:3 of "dev\/null"\n {2}--allow-loss devices/,
      )
      assert.ok(!existsSync(at('theirs/x')))
      assert.equal(asNobody(...verb, '--allow-loss', 'devices').status, 0)
      assert.ok(existsSync(at('theirs/x/file')) && !existsSync(at('theirs/x/dev/null')))
      assert.ok(statSync(at('theirs/x/dev')).isDirectory())
      rmSync(at('theirs/x'), { recursive: true })
    }
  })
})

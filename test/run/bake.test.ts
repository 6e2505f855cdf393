// slipway bake from outside: what goes in comes out again, is served, is told, and nothing is left of what fails.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { readBaked } from '../../src/artefact/baked.ts'
import { stateOf } from '../../src/host/verified.ts'
import { bake } from '../../src/run/bake.ts'
import { guestPath, slipway, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { eventually } from '../support/processes.ts'

const linux = needs({ host: ['linux', 'x86-64'] })
const [BLK, ECHO, HELLO, MANY] = ['blk', 'echo-args', 'hello', 'many'].map((name) => guestPath(name)) as [
  string,
  string,
  string,
  string,
]
const schema = JSON.parse(readFileSync(new URL('../../schema/bake.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)
const TIME = ['--mtime', '2026-01-02', '--owner', '0:0']

let scratch = ''
const at = (name: string): string => join(scratch, name)
const sw = (args: readonly string[], options: Parameters<typeof slipway>[1] = {}) =>
  slipway(args, { cwd: scratch, ...options })
const done = (args: readonly string[], options: Parameters<typeof slipway>[1] = {}): string => {
  const { status, stdout, stderr } = sw(args, options)
  assert.equal(status, 0, stderr)
  return stdout
}
const refused = (args: readonly string[], message: RegExp): void => {
  const before = readdirSync(scratch)
  const { status, stdout, stderr } = sw(args)
  assert.deepEqual([status, stdout], [125, ''], stderr)
  assert.match(stderr, message)
  assert.deepEqual(readdirSync(scratch), before)
}
const bytesOf = (name: string): Buffer => readFileSync(at(name))
const partsOf = (name: string) => readBaked(sourceOf(bytesOf(name)))?.parts ?? []

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-bake-'))
  mkdirSync(at('site/etc'), { recursive: true })
  writeFileSync(at('site/index.html'), '<h1>It floats.</h1>\n')
  writeFileSync(at('site/etc/app.conf'), 'port 80\n')
  writeFileSync(at('site/large.bin'), Buffer.alloc(300_000, 'It floats. '))
  mkdirSync(at('rump'))
  writeFileSync(at('rump/rumpconfig.json'), '{ "hostname": "of-the-files", "memory": "64M" }')
  writeFileSync(at('app.json'), '{ "hostname": "of-the-artefact", "rc": [{ "bin": "*", "argv": ["echo", "one"] }] }')
  done(['bake', BLK, '-R', 'site', ...TIME, '-o', 'shop.spt'])
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('slipway bake', () => {
  it('makes the same bytes of the same input, at once or step by step', () => {
    done(['bake', BLK, '-R', 'site', ...TIME, '--config', 'rump/rumpconfig.json', '-o', 'at-once.spt'])
    done(['bake', BLK, '--config', 'app.json', '-o', 'config.spt'])
    done(['bake', 'config.spt', '-R', 'site', ...TIME, '-o', 'both.spt'])
    done(['bake', 'both.spt', '--config', 'rump/rumpconfig.json', '-o', 'replaced.spt'])
    assert.deepEqual(bytesOf('replaced.spt'), bytesOf('at-once.spt'))
    assert.notDeepEqual(bytesOf('both.spt'), bytesOf('at-once.spt'))
  })

  it('gives the artefact back as it was, byte for byte', () => {
    done(['bake', 'shop.spt', '--strip', '-o', 'stripped.spt'])
    assert.deepEqual(bytesOf('stripped.spt'), readFileSync(BLK))
    refused(['bake', 'stripped.spt', '--strip', '-o', 'no.spt'], /nothing is baked into "stripped\.spt"/)
  })

  it('tells the digest of what it has put there, and leaves the program its bytes', () => {
    const [part] = partsOf('shop.spt')
    assert.ok(part !== undefined)
    const [bytes, original] = [bytesOf('shop.spt'), readFileSync(BLK)]
    const digest = createHash('sha256')
      .update(bytes.subarray(part.offset, part.offset + part.length))
      .digest('hex')
    assert.deepEqual([part.kind, part.name, part.format, part.digest], ['files', 'storage', 'tar', digest])
    // All but e_phoff and e_phnum.
    const spared = (all: Buffer): Buffer => Buffer.concat([all.subarray(0, 32), all.subarray(40, 56), all.subarray(58)])
    assert.deepEqual(spared(bytes.subarray(0, original.length)), spared(original))
  })

  it('takes an image as it is, in any format', () => {
    for (const format of ['squashfs', 'ext2', 'iso9660', 'cpio', 'fat']) {
      done(['fs', 'create', '-R', 'site', ...TIME, '--allow-loss', 'all', '--format', format, '-o', 'image'])
      done(['bake', BLK, '--image', 'image', '-o', 'imaged.spt'])
      assert.equal(partsOf('imaged.spt')[0]?.format, format)
      assert.equal(done(['fs', 'cat', 'imaged.spt:/etc/app.conf']), 'port 80\n')
      const whole = spawnSync(process.execPath, [SLIPWAY, 'fs', 'cat', 'imaged.spt!storage'], { cwd: scratch }).stdout
      assert.deepEqual(whole.subarray(0, bytesOf('image').length), bytesOf('image'))
    }
  })

  it('reports what it has made', () => {
    const report = JSON.parse(done(['bake', BLK, '-R', 'site', ...TIME, '-o', 'reported.spt', '--json']))
    assert.equal(validate(report), true, JSON.stringify(validate.errors))
    const stripped = JSON.parse(done(['bake', 'reported.spt', '--strip', '-o', 'stripped-again.spt', '--json']))
    assert.equal(validate(stripped), true, JSON.stringify(validate.errors))
    assert.deepEqual(stripped.parts, [])
    const { file, size, program, parts } = report
    const expected = ['reported.spt', bytesOf('shop.spt').length, '', partsOf('shop.spt')]
    assert.deepEqual([file, size, program, parts], expected)
  })

  const wrong: [why: string, args: string[], message: RegExp][] = [
    ['nothing to bake', [BLK], /nothing is given to bake/],
    ['an artefact without disks', [HELLO, '-R', 'site'], /declares no block device that files could be for/],
    ['a choice of disks', [MANY, '-R', 'site'], /declares 2 block devices: .*\n {2}say which .*--device/],
    [
      'a disk that is not there',
      [BLK, '-R', 'site', '--device', 'storge'],
      /no block device "storge"\n {2}did you mean storage\?/,
    ],
    ['two kinds of files', [BLK, '-R', 'site', '--image', 'shop.spt'], /an image is given and files for one/],
    ['flags for files without any', [BLK, '--config', 'app.json', '--device', 'storage'], /and none are given/],
    ['a format without files', [BLK, '--config', 'app.json', '--format', 'ext2'], /and none are given/],
    ['a format for an image that has one', [BLK, '--image', 'app.json', '--format', 'ext2'], /taken as it is/],
    ['flags for what is taken out', ['shop.spt', '--strip', '--device', 'storage'], /--strip takes out/],
    ['a packed archive as a disk', [BLK, '-R', 'site', '--compress', 'gzip'], /a packed tar is none/],
    [
      'an unknown setting',
      [BLK, '--config', 'bad.json'],
      /"bad\.json":1:2: "hostnam" .*\n {2}did you mean hostname\?/s,
    ],
    ['a secret', [BLK, '--config', 'secret.json'], /"secret\.json":1:.* refers to a secret, in a layer that may not/],
    ['two programs to start', [BLK, '--config', 'two.json'], /"two\.json":1:.*rc\[1\].*is a second program/],
    [
      'a program that it does not have',
      [BLK, '--config', 'two.json', '--program', 'web'],
      /"two\.json":1:.*"other", which the artefact does not have/,
    ],
    ['a program that is none', [BLK, '--add', 'x=app.json'], /"app\.json" is no unikernel/],
    ['a program of another processor', [BLK, '--add', 'x=missing.spt'], /cannot open "missing\.spt": no such file/],
    ['a program that is called as the document is', [BLK, '--add', `config=${HELLO}`], /cannot be called "config"/],
    ['one that is called as a disk is', [BLK, '-R', 'site', '--add', `storage=${HELLO}`], /cannot be called "storage"/],
    ['a name that is no name', [BLK, '--add', '../x=shop.spt'], /"\.\.\/x" cannot be the name of a program/],
    ['a program with files of its own', [BLK, '--add', 'x=shop.spt'], /has something baked into it itself/],
    ['itself', ['shop.spt', '-R', 'site', '-o', 'shop.spt'], /would be written over/],
    ['an artefact whose part is used', [BLK, '-R', 'shop.spt!storage', '-o', 'shop.spt'], /would be written over/],
    ['what is no unikernel', ['app.json', '-R', 'site'], /"app\.json" is no unikernel/],
  ]
  for (const [why, args, message] of wrong) {
    it(`refuses ${why}, and writes nothing`, () => {
      writeFileSync(at('bad.json'), '{"hostnam": "x"}')
      writeFileSync(at('two.json'), '{"rc": [{ "bin": "*" }, { "bin": "other" }] }')
      writeFileSync(at('secret.json'), '{"env": { "A": { "$secret": "env:HOME" } } }')
      refused(['bake', ...(args.includes('-o') ? args : [...args, '-o', 'never.spt'])], message)
    })
  }

  it('keeps the old file when a new one fails, or is killed in the middle', async () => {
    writeFileSync(at('old.spt'), 'old')
    assert.equal(sw(['bake', HELLO, '-R', 'site', '-o', 'old.spt']).status, 125)
    mkdirSync(at('quiet'))
    writeFileSync(at('quiet/out.spt'), 'old')
    mkdirSync(at('long'))
    writeFileSync(at('long/long.bin'), Buffer.alloc(40_000_000, 'x1y2'))
    const args = [SLIPWAY, 'bake', BLK, '-R', '../long', '--format', 'squashfs', '-o', 'out.spt']
    const child = spawn(process.execPath, args, { cwd: at('quiet'), stdio: 'ignore' })
    const signal = new Promise((resolve) => child.once('exit', (_, name) => resolve(name)))
    await eventually('an artefact that has been begun', () => isWritingIn(child.pid as number, at('quiet')))
    child.kill('SIGKILL')
    assert.deepEqual([await signal, readdirSync(at('quiet'))], ['SIGKILL', ['out.spt']])
    assert.deepEqual([bytesOf('quiet/out.spt').toString(), bytesOf('old.spt').toString()], ['old', 'old'])
  })

  it('goes into kernels of other families, which say it in a trailer', () => {
    // The first sectors of a Linux kernel: enough to be recognised as one.
    const { status } = spawnSync('sh', ['-c', 'ls /boot/vmlinuz-* >/dev/null 2>&1'])
    if (status !== 0) return
    const kernel = spawnSync('sh', ['-c', 'ls /boot/vmlinuz-* | head -1'], { encoding: 'utf8' }).stdout.trim()
    done(['bake', kernel, '-R', 'site', ...TIME, '-o', 'kernel.baked'])
    assert.equal(done(['fs', 'cat', 'kernel.baked:/etc/app.conf']), 'port 80\n')
    done(['bake', 'kernel.baked', '--strip', '-o', 'kernel.back'])
    assert.deepEqual(bytesOf('kernel.back'), readFileSync(kernel))
  })
})

function isWritingIn(process: number, directory: string): boolean {
  const { stdout } = spawnSync('ls', ['-l', `/proc/${process}/fd`], { encoding: 'utf8' })
  return stdout.includes(`-> ${directory}/`)
}

describe('what is baked in', linux, () => {
  it('is served without a wire, and the guest is told that it is read-only', () => {
    assert.match(done(['run', 'shop.spt', '--', 'readonly']), /^storage: \d+ blocks of 512 bytes\nSUCCESS$/m)
    assert.match(done(['run', '--block', 'storage=baked:,sector=4096', 'shop.spt', '--', 'readonly']), /of 4096 bytes/)
  })

  it('is served by a launcher that is kept, with nothing else on the machine', needs({ host: ['root'] }), () => {
    mkdirSync(at('empty'))
    done(['compose', '-o', 'empty/shop', 'shop.spt', '--', 'readonly'])
    const { status, stdout } = spawnSync('chroot', [at('empty'), '/shop'], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin' },
    })
    assert.equal(status, 0)
    assert.match(stdout, /SUCCESS/)
  })

  it('is copied where the guest shall write, once', () => {
    const run = (...words: string[]) =>
      sw(['run', '--block', 'storage=baked:,copy=own.img', 'shop.spt', '--', ...words])
    assert.equal(run('fill').status, 0)
    assert.equal(run('compare').status, 0)
    const [part] = partsOf('shop.spt')
    assert.equal(bytesOf('own.img').length, part?.length)
    refused(
      ['compose', '-o', 'kept', '--block', 'storage=baked:,copy=none.img', 'shop.spt'],
      /makes no copies\n {2}make it first/,
    )
    // A plan is for looking at.
    const { devices } = JSON.parse(done(['plan', '--json', '--block', 'storage=baked:,copy=none.img', 'shop.spt']))
    assert.equal(devices[0].capacity, part?.length)
    assert.ok(!existsSync(at('none.img')))
  })

  it('leaves no copy behind when something else is wrong', () => {
    refused(['run', '--mem', '1M', '--block', 'storage=baked:,copy=none.img', 'shop.spt'], /memory/)
  })

  it('makes no copy for two devices, however its name is written', () => {
    done(['bake', MANY, '-R', 'site', '--device', 'storage0', '-o', 'two-disks.spt'])
    done(['bake', 'two-disks.spt', '-R', 'site', '--device', 'storage1', '-o', 'two-disks2.spt'])
    const copies = ['--block', 'storage0=baked:,copy=none.img', '--block', 'storage1=baked:,copy=./none.img']
    refused(['run', '--auto-wire', ...copies, 'two-disks2.spt'], /are wired to the same file/)
  })

  it('makes no copy where a link leads nowhere', () => {
    symlinkSync('none.img', at('link.img'))
    refused(['run', '--block', 'storage=baked:,copy=link.img', 'shop.spt'], /"link\.img" is a link that leads nowhere/)
  })

  it('gives way to a wire of the operator’s', () => {
    done(['block', 'create', 'disk.img', '1M'])
    assert.match(done(['run', '--block', 'storage=disk.img', 'shop.spt']), /2048 blocks/)
  })

  it('is not seen by the front end that is the original’s', () => {
    const tender = join(SLIPWAY, '..', 'slipway-solo5-spt')
    const alone = spawnSync(process.execPath, [tender, 'shop.spt'], { cwd: scratch, encoding: 'utf8' })
    assert.equal(alone.status, 1)
    done(['block', 'create', 'front.img', '1M'])
    const wired = spawnSync(process.execPath, [tender, '--block:storage=front.img', 'shop.spt'], {
      cwd: scratch,
      encoding: 'utf8',
    })
    assert.equal(wired.status, 0, wired.stderr)
  })

  it('refuses to run when it is damaged', () => {
    const [part] = partsOf('shop.spt')
    const spoiled = Uint8Array.from(bytesOf('shop.spt'))
    const place = (part?.offset ?? 0) + 700
    spoiled[place] = (spoiled[place] ?? 0) ^ 1
    writeFileSync(at('spoiled.spt'), spoiled)
    const message = /"spoiled\.spt": baked files storage at offset \d+: is not what was baked/
    refused(['run', 'spoiled.spt', '--', 'readonly'], message)
    refused(['compose', '-o', 'spoiled', 'spoiled.spt'], message)
    refused(['fs', 'ls', 'spoiled.spt'], message)
    refused(['bake', 'spoiled.spt', '--config', 'app.json', '-o', 'again.spt'], message)
    writeFileSync(at('short.spt'), spoiled.subarray(0, spoiled.length - 4096))
    refused(['run', 'short.spt'], /baked\.end at offset \d+: is \d+, the file has \d+ bytes/)
  })

  it('is verified once for each state of a file, where the cache is nobody else’s', async () => {
    copyFileSync(at('spoiled.spt'), at('vouched.spt'))
    const [part] = partsOf('vouched.spt')
    assert.ok(part !== undefined)
    const cache = at('cache/slipway')
    mkdirSync(join(cache, 'verified'), { recursive: true, mode: 0o700 })
    chmodSync(cache, 0o700)
    const descriptor = openSync(at('vouched.spt'), 'r')
    const { key } = stateOf(descriptor)
    closeSync(descriptor)
    const name = `${key}-${part.offset.toString(36)}-${part.length.toString(36)}-${part.digest}`
    const run = () =>
      sw(['run', 'vouched.spt', '--', 'readonly'], { env: { ...process.env, XDG_CACHE_HOME: at('cache') } })
    assert.equal(run().status, 125)
    writeFileSync(join(cache, 'verified', name), '')
    assert.equal(run().status, 0) // nobody looks again, which shows that it is remembered
    chmodSync(join(cache, 'verified'), 0o777)
    assert.equal(run().status, 125)
    chmodSync(join(cache, 'verified'), 0o700)
    // A cache that cannot be looked at, as that of another user, knows nothing.
    symlinkSync('round', at('round'))
    done(['run', 'shop.spt', '--', 'readonly'], { env: { ...process.env, XDG_CACHE_HOME: at('round') } })
    // A file that is not a moment old is remembered when it has been found good.
    copyFileSync(at('shop.spt'), at('good.spt'))
    await new Promise((resolve) => setTimeout(resolve, 2100))
    done(['run', 'good.spt', '--', 'readonly'], { env: { ...process.env, XDG_CACHE_HOME: at('cache') } })
    assert.equal(readdirSync(join(cache, 'verified')).length, 2)
  })
})

describe('configuration that is baked in', linux, () => {
  beforeAll(() => {
    done(['bake', ECHO, '--config', 'app.json', '-o', 'told.spt'])
  })

  it('is what the guest is told, and everybody else wins over it', () => {
    writeFileSync(at('words.json'), '{ "rc": [{ "bin": "*", "argv": ["echo", "one"] }] }')
    done(['bake', ECHO, '--config', 'words.json', '-o', 'words.spt'])
    assert.equal(done(['run', 'words.spt']), 'one\n')
    assert.equal(done(['run', 'words.spt', '--', 'two', 'three']), 'two\nthree\n')
    assert.equal(done(['run', '--set', 'rc[0].argv=["echo","four"]', 'words.spt']), 'four\n')
    done(['compose', '-o', 'kept-words', 'words.spt'])
    assert.equal(spawnSync(at('kept-words'), { encoding: 'utf8' }).stdout, 'one\n')
  })

  it('is named with its place in the artefact', () => {
    const report = JSON.parse(done(['config', 'explain', '--json', 'told.spt']))
    const hostname = report.settings.find(({ key }: { key: string }) => key === 'hostname')
    assert.deepEqual(hostname?.origin, { layer: 'baked', file: 'told.spt!config', line: 1, column: 15 })
  })

  it('is found in the files as well, below the artefact’s own', () => {
    done(['bake', BLK, '-R', 'site', '-R', 'rump', ...TIME, '-o', 'rump.spt'])
    assert.deepEqual(
      partsOf('rump.spt').map(({ kind, name }) => `${kind} ${name}`),
      ['rumpconfig storage', 'files storage'],
    )
    const origins = (name: string): string[] =>
      JSON.parse(done(['config', 'explain', '--json', name])).settings.flatMap(
        ({ key, origin }: { key: string; origin: { file?: string } }) =>
          key === 'hostname' ? [origin.file ?? ''] : [],
      )
    assert.deepEqual(origins('rump.spt'), ['rump.spt!storage:/rumpconfig.json'])
    done(['bake', 'rump.spt', '--config', 'app.json', '-o', 'rump2.spt'])
    assert.deepEqual(origins('rump2.spt'), ['rump2.spt!config'])
    // New files without one take the old one along.
    done(['bake', 'rump.spt', '-R', 'site', ...TIME, '-o', 'rump3.spt'])
    assert.deepEqual(bytesOf('rump3.spt'), bytesOf('shop.spt'))
  })
})

describe('several programs in one artefact', linux, () => {
  beforeAll(() => {
    done(['bake', HELLO, '--add', `echo=${ECHO}`, '--program', 'greeter', '-o', 'both-programs.spt'])
  })

  it('are chosen by the configuration, the artefact’s own first', () => {
    assert.match(done(['run', 'both-programs.spt']), /SUCCESS/)
    assert.equal(done(['run', '--set', 'rc.echo.argv=["echo","a b"]', 'both-programs.spt']), 'a b\n')
    done(['compose', '-o', 'echo', '--set', 'rc.echo.argv=["echo","kept"]', 'both-programs.spt'])
    assert.equal(spawnSync(at('echo'), { encoding: 'utf8' }).stdout, 'kept\n')
    writeFileSync(at('choice.json'), '{ "rc": [{ "bin": "echo", "argv": ["echo", "baked"] }] }')
    done(['bake', 'both-programs.spt', '--config', 'choice.json', '-o', 'chosen.spt'])
    assert.equal(done(['run', 'chosen.spt']), 'baked\n')
  })

  it('refuses files that none of them asks for, whichever is to run', () => {
    done(['bake', BLK, '-R', 'site', '--program', 'blk', '--add', `hello=${HELLO}`, '-o', 'wanted.spt'])
    const bytes = bytesOf('wanted.spt')
    bytes.write('nowhere', bytes.lastIndexOf('storage\0', partsOf('wanted.spt')[0]?.offset))
    writeFileSync(at('unwanted.spt'), bytes)
    done(['block', 'create', 'wired.img', '1M'])
    const message = /baked\.part\[1\]\.name at offset \d+: is "nowhere", and no block device of that name is declared/
    refused(['run', '--block', 'storage=wired.img', 'unwanted.spt', '--', 'readonly'], message)
    refused(['run', '--set', 'rc.hello.argv=["hello"]', 'unwanted.spt'], message)
  })

  it('refuses one that is not there, and two at once', () => {
    refused(
      ['run', '--set', 'rc.ecko.argv=["x"]', 'both-programs.spt'],
      /"ecko", which the artefact does not have\n {2}did you mean echo\?/,
    )
    const both = ['--set', 'rc.echo.argv=["a"]', '--set', 'rc.greeter.argv=["b"]']
    refused(['run', ...both, 'both-programs.spt'], /is a second program, and one is started/)
  })
})

describe('bake() of the library', () => {
  it('does what the command does', async () => {
    const report = await bake(BLK, at('library.spt'), {
      sources: [at('site')],
      mtime: { seconds: Date.UTC(2026, 0, 2) / 1000, nanoseconds: 0 },
      owner: { uid: 0, gid: 0 },
    })
    assert.deepEqual(report.parts, partsOf('shop.spt'))
    assert.deepEqual(bytesOf('library.spt'), bytesOf('shop.spt'))
  })
})

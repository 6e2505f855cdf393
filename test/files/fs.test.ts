// slipway fs from outside: what each verb does, the same bytes wherever and whenever, and nothing left of what fails.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { BLOCK, encodeHeader } from '../../src/files/tar/header.ts'
import { type NodeBinary, nodeBinary } from '../support/node-binaries.ts'
import { slipway, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { eventually } from '../support/processes.ts'

const IMAGES = ['a.tar', 'a.tar.gz', 'a.tar.zst', 'a.cpio', 'a.sqfs', 'a.iso', 'a.ext2', 'a.fat']
const WORDS = ['--owner', '0:0', '--mtime', '2026-01-02T03:04:06Z', '--allow-loss', 'all']

let scratch = ''
const at = (name: string): string => join(scratch, name)
const fs = (args: readonly string[], options: Parameters<typeof slipway>[1] = {}) =>
  slipway(['fs', ...args], { cwd: scratch, ...options })
const done = (args: readonly string[], options: Parameters<typeof slipway>[1] = {}): string => {
  const { status, stdout, stderr } = fs(args, options)
  assert.equal(status, 0, stderr)
  return stdout
}

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-fs-'))
  mkdirSync(at('site/pages'), { recursive: true })
  writeFileSync(at('site/index.html'), '<h1>It floats.</h1>\n')
  writeFileSync(at('site/pages/large.bin'), Buffer.alloc(300_000, 'It floats. '))
  linkSync(at('site/index.html'), at('site/pages/index.html'))
  symlinkSync('/index.html', at('site/home'))
  mkdirSync(at('top/pages'), { recursive: true })
  writeFileSync(at('top/pages/new.html'), 'new\n')
  for (const image of IMAGES) done(['create', '-R', 'site', ...WORDS, '-o', image])
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What a process has open, a file without a name included. */
const openFiles = (process: number): string[] =>
  readdirSync(`/proc/${process}/fd`).flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/${process}/fd/${descriptor}`)]
    } catch {
      return [] // closed meanwhile
    }
  })
const isIn = (directory: string) => (path: string) => path.startsWith(`${directory}/`)

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('slipway fs create', () => {
  it('makes the same bytes of the same files elsewhere and at another time', () => {
    cpSync(at('site'), at('copy'), { recursive: true, verbatimSymlinks: true })
    rmSync(at('copy/pages/index.html'))
    linkSync(at('copy/index.html'), at('copy/pages/index.html'))
    utimesSync(at('copy/index.html'), 1, 1)
    for (const image of IMAGES) {
      done(['create', '-R', 'copy', ...WORDS, '-o', `again-${image}`])
      assert.equal(hash(at(`again-${image}`)), hash(at(image)), image)
    }
  })

  it('makes the same bytes under other versions of Node.js', needs({ node: ['22', '24'] }), () => {
    for (const major of ['22', '24'] as const) {
      for (const image of IMAGES) {
        done(['create', '-R', 'site', ...WORDS, '-o', `other-${image}`], {
          node: (nodeBinary(major) as NodeBinary).path,
        })
        assert.equal(hash(at(`other-${image}`)), hash(at(image)), `${image} by Node.js ${major}`)
      }
    }
  })

  it('lays later sources on top, and leaves out what is excluded', () => {
    done(['create', '-R', 'site', '-R', 'top', '--exclude', 'large.*', '--exclude', '/home', '-o', 'both.tar'])
    assert.equal(
      done(['tree', 'both.tar']),
      'both.tar\n├── index.html\n└── pages/\n    ├── index.html\n    └── new.html\n',
    )
  })

  it('takes only what is included, with the directories above', () => {
    done(['create', '-R', 'site', '--include', '*.bin', '-o', 'only.tar'])
    assert.equal(done(['tree', 'only.tar']), 'only.tar\n└── pages/\n    └── large.bin\n')
  })

  it('heeds SOURCE_DATE_EPOCH as the latest time there is', () => {
    done(['create', '-R', 'site', '-o', 'epoch.tar'], { env: { ...process.env, SOURCE_DATE_EPOCH: '1000' } })
    assert.match(done(['stat', 'epoch.tar:/index.html']), /^modified +1970-01-01T00:16:40\.000000000Z$/m)
  })

  it('names the file that a format cannot hold, and writes nothing', () => {
    const { status, stderr } = fs(['create', '-R', 'site', '-o', 'no.fat'])
    assert.equal(status, 125)
    assert.match(stderr, /^slipway: "[^"]+": fat cannot hold .*\n {2}--allow-loss /m)
    assert.ok(!existsSync(at('no.fat')))
  })

  it('keeps an old image when a new one fails', () => {
    writeFileSync(at('old.fat'), 'old')
    assert.equal(fs(['create', '-R', 'site', '-o', 'old.fat']).status, 125)
    assert.equal(readFileSync(at('old.fat'), 'utf8'), 'old')
  })

  it('writes an archive to a pipe', () => {
    const { stdout } = spawnSync(
      process.execPath,
      [SLIPWAY, 'fs', 'create', '-R', 'site', ...WORDS, '--format', 'tar', '-o', '-'],
      { cwd: scratch },
    )
    assert.deepEqual(stdout, readFileSync(at('a.tar')))
  })

  it('leaves nothing when it is killed in the middle', async () => {
    mkdirSync(at('quiet'))
    writeFileSync(at('long.bin'), Buffer.alloc(40_000_000, 'x1y2'))
    mkdirSync(at('long'))
    linkSync(at('long.bin'), at('long/long.bin'))
    const child = spawn(process.execPath, [SLIPWAY, 'fs', 'create', '-R', '../long', '-o', 'x.sqfs'], {
      cwd: at('quiet'),
      stdio: 'ignore',
    })
    const signal = new Promise((resolve) => child.once('exit', (_, name) => resolve(name)))
    await eventually('an image that has been begun', () => openFiles(child.pid as number).some(isIn(at('quiet'))))
    child.kill('SIGKILL')
    assert.equal(await signal, 'SIGKILL')
    assert.deepEqual(readdirSync(at('quiet')), [])
  })
})

const schema = JSON.parse(readFileSync(new URL('../../schema/fs.schema.json', import.meta.url), 'utf8'))
type Difference = { differences: { properties?: string[] }[] }
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

describe('slipway fs, looking', () => {
  for (const image of IMAGES) {
    it(`lists, shows and compares ${image}`, () => {
      const report = JSON.parse(done(['ls', '-r', '--json', image])) as { files: { path: string }[] }
      assert.ok(validate(report), JSON.stringify(validate.errors))
      const paths = report.files.map(({ path }) => path)
      assert.ok(paths.includes('pages/large.bin') && paths.includes('index.html'), String(paths))
      assert.equal(done(['cat', `${image}:/pages/../index.html`]), '<h1>It floats.</h1>\n')
      const difference = JSON.parse(fs(['diff', '--json', 'a.tar', image]).stdout) as Difference
      assert.ok(validate(difference), JSON.stringify(validate.errors))
      const changed = difference.differences.filter(({ properties = [] }) => properties.includes('contents'))
      assert.deepEqual(changed, [])
    })
  }

  it('follows links inside of the image', () => {
    assert.equal(done(['cat', 'a.sqfs:/home']), '<h1>It floats.</h1>\n')
    assert.match(done(['stat', 'a.sqfs:/home']), /^kind +symlink$/m)
  })

  it('ends with 1 where files differ', () => {
    const { status, stdout } = fs(['diff', 'a.tar', 'a.fat'])
    assert.equal(status, 1)
    assert.match(stdout, /^- \/home$/m)
  })

  it('says what is not there, and what is near', () => {
    const { status, stderr } = fs(['cat', 'a.sqfs:/index.htm'])
    assert.equal(status, 125)
    assert.match(stderr, /has no "\/index\.htm"\n {2}did you mean "index\.html"\?/)
  })

  it('shows names that could harm a terminal quoted', () => {
    mkdirSync(at('odd'))
    writeFileSync(at('odd/\u001b[31mred'), '')
    done(['create', '-R', 'odd', '-o', 'odd.tar'])
    for (const verb of [['ls'], ['tree'], ['diff', 'only.tar']]) {
      assert.ok(!fs([...verb, 'odd.tar']).stdout.includes('\u001b'), verb[0])
    }
  })
})

describe('slipway fs, writing', () => {
  it('takes a directory out of an image, and a file', () => {
    done(['slurp', 'a.ext2', '-o', 'out'])
    assert.equal(readFileSync(at('out/pages/index.html'), 'utf8'), '<h1>It floats.</h1>\n')
    assert.equal(lstatSync(at('out/index.html')).nlink, 2)
    done(['cp', 'a.iso:/pages/large.bin', 'large.bin'])
    assert.equal(hash(at('large.bin')), hash(at('site/pages/large.bin')))
  })

  it('adds to an image, which keeps its format', () => {
    for (const image of IMAGES) {
      cpSync(at(image), at(`more-${image}`))
      done(['add', `more-${image}`, 'top/pages/new.html', '--to', '/pages', '--allow-loss', 'all'])
      assert.equal(done(['cat', `more-${image}:/pages/new.html`]), 'new\n')
      assert.equal(done(['cat', `more-${image}:/index.html`]), '<h1>It floats.</h1>\n')
    }
  })

  it('converts any image into any other', () => {
    for (const [i, from] of IMAGES.entries()) {
      const to = IMAGES[(i + 3) % IMAGES.length] as string
      done(['convert', from, '-o', `converted-${to}`, '--allow-loss', 'all'])
      assert.equal(done(['cat', `converted-${to}:/index.html`]), '<h1>It floats.</h1>\n', `${from} to ${to}`)
    }
  })

  it('writes nothing outside of its target, whatever an archive says', () => {
    const entries: [why: string, name: string, type: string, link: string][] = [
      ['a path out of the directory', '../escaped', '0', ''],
      ['a hard link to a file of the host', 'passwd', '1', '/etc/passwd'],
    ]
    for (const [why, name, type, link] of entries) {
      writeFileSync(at('evil.tar'), archiveOf([[name, type, link]]))
      const { status, stderr } = fs(['slurp', 'evil.tar', '-o', 'evil'])
      assert.equal(status, 125, why)
      assert.match(stderr, /^slipway: "evil\.tar": header\./)
      assert.ok(!existsSync(at('evil')) && !existsSync(at('escaped')))
    }
    writeFileSync(
      at('evil.tar'),
      archiveOf([
        ['way', '2', '/tmp'],
        ['way/escaped-slipway', '0', ''],
      ]),
    )
    assert.match(fs(['slurp', 'evil.tar', '-o', 'evil']).stderr, /lies below "way", which is a symlink/)
    assert.ok(!existsSync('/tmp/escaped-slipway'))
  })

  it('leaves a target alone that is there', () => {
    assert.match(fs(['slurp', 'a.tar', '-o', 'site']).stderr, /it exists already/)
    assert.match(fs(['convert', 'a.tar', '-o', 'a.tar']).stderr, /would be written over itself/)
  })

  it('unpacks no bomb', () => {
    // A gigabyte of nothing in a megabyte, which claims to be a tar of one file of it and is cut short.
    writeFileSync(at('bomb.tar.gz'), gzipSync(Buffer.alloc(64 * 1024 * 1024)).subarray(0, 60_000))
    const { status, stderr } = fs(['ls', 'bomb.tar.gz'])
    assert.equal(status, 125)
    assert.match(stderr, /gzip at offset 0: cannot be unpacked/)
  })
})

function archiveOf(entries: readonly (readonly [name: string, type: string, link: string])[]): Uint8Array {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const headers = entries.map(([name, type, link]) =>
    encodeHeader({
      name: bytes(name),
      prefix: bytes(''),
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
      type,
      linkName: bytes(link),
      major: 0,
      minor: 0,
    }),
  )
  return Buffer.concat([...headers, Buffer.alloc(2 * BLOCK)])
}

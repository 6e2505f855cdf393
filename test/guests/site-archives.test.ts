// The guest `site` with archives as programs make them, each in its own way.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { guestPath, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { endAll, serve } from '../support/served.ts'
import { archive, entry, pax } from '../support/tar-blocks.ts'
import { makeScratch, SITE_NEEDS, startSite, writeDisk } from './_site.ts'

const scratch = makeScratch()
afterAll(scratch.remove)
afterEach(endAll)

const run = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const PREFIX = `${'p'.repeat(60)}/${'q'.repeat(60)}` // with the name behind it too long for the field of a name
const LONG = `${'long/'.repeat(70)}${'n'.repeat(200)}`
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A tree with everything in it that a site may have. Returns what each path has to answer. */
function makeTree(root: string): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>()
  const write = (path: string, bytes: Buffer): void => {
    mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true })
    writeFileSync(`${root}/${path}`, bytes)
    contents.set(path, bytes)
  }
  write('index.html', Buffer.from('<h1>home</h1>'))
  write(`${PREFIX}/file`, randomBytes(100))
  for (const size of [0, 1, 511, 512, 513, 4095, 4096, 4097, 100_000]) write(`sizes/${size}`, randomBytes(size))
  symlinkSync('sizes', `${root}/link`)
  linkSync(`${root}/sizes/4097`, `${root}/another`)
  contents.set('link/513', contents.get('sizes/513') as Buffer)
  contents.set('another', contents.get('sizes/4097') as Buffer)
  return contents
}

/** A megabyte of nothing with a few bytes in it, at its start, in the middle or at its end. */
function writeHoles(path: string, places: readonly number[]): void {
  const file = openSync(path, 'w')
  for (const place of places) writeSync(file, 'something', place)
  ftruncateSync(file, 2 ** 20)
  closeSync(file)
}

async function assertServes(disk: string, contents: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const sector of [512, 4096]) {
    const { get, quit } = await startSite(`${disk},sector=${sector},ro`)
    for (const [path, bytes] of contents) {
      const { status, body } = await get(`/${path}`)
      assert.deepEqual([status, sha256(body)], [200, sha256(bytes)], path)
    }
    await quit()
  }
}

describe('the site guest with an archive', needs({ ...SITE_NEEDS, commands: ['setpriv', 'tar'] }), () => {
  const source = scratch.at('tree')
  let contents: ReadonlyMap<string, Buffer> = new Map()
  let withLong: ReadonlyMap<string, Buffer> = new Map()
  beforeAll(() => {
    contents = makeTree(source)
    mkdirSync(`${source}-long/${LONG}`.replace(/\/[^/]*$/, ''), { recursive: true })
    writeFileSync(`${source}-long/${LONG}`, 'at last')
    symlinkSync(LONG, `${source}-long/short`)
    const last = Buffer.from('at last')
    withLong = new Map([...contents, [LONG, last], ['short', last]])
  })

  const MAKERS: [maker: string, make: (path: string) => void, long: boolean][] = [
    ['GNU tar', (path) => run('tar', '-cf', path, '-C', source, '.', '-C', `${source}-long`, '.'), true],
    ['GNU tar --format=ustar', (path) => run('tar', '--format=ustar', '-cf', path, '-C', source, '.'), false],
    [
      'GNU tar --format=pax',
      (path) => run('tar', '--format=pax', '-cf', path, '-C', source, '.', '-C', `${source}-long`, '.'),
      true,
    ],
    [
      'slipway fs create',
      (path) => assert.equal(slipway(['fs', 'create', '-R', source, '-R', `${source}-long`, '-o', path]).status, 0),
      true,
    ],
  ]
  for (const [maker, make, long] of MAKERS) {
    it(`of ${maker} serves every file, also under its other names`, async () => {
      const path = scratch.at('made.tar')
      make(path)
      await assertServes(writeDisk(path, readFileSync(path)), long ? withLong : contents)
    })
  }

  const SPARSE: [maker: string, make: (path: string, from: string) => void][] = [
    ['GNU tar', (path, from) => run('tar', '--sparse', '--format=pax', '-cf', path, '-C', from, '.')],
    ['slipway fs create', (path, from) => assert.equal(slipway(['fs', 'create', '-R', from, '-o', path]).status, 0)],
  ]
  for (const [maker, make] of SPARSE) {
    it(`of ${maker} serves files with holes`, async () => {
      const [from, path] = [scratch.at(`holes-${maker}`), scratch.at('holes.tar')]
      mkdirSync(from)
      writeHoles(`${from}/start`, [0])
      writeHoles(`${from}/middle`, [500_000, 700_000])
      writeHoles(`${from}/end`, [2 ** 20 - 9])
      writeHoles(`${from}/nothing`, [])
      make(path, from)
      const made = readFileSync(path)
      assert.ok(made.length < 2 ** 20) // there are holes in it
      const names = ['start', 'middle', 'end', 'nothing']
      await assertServes(writeDisk(path, made), new Map(names.map((name) => [name, readFileSync(`${from}/${name}`)])))
      const { get, quit } = await startSite(`${path},ro`)
      const part = await get('/middle', { headers: { range: 'bytes=499998-500003' } })
      assert.equal(part.body.toString(), '\0\0some')
      await quit()
    })
  }

  it('baked into it serves it without any disk', async () => {
    const artefact = scratch.at('shop.spt')
    assert.equal(slipway(['bake', guestPath('site'), '-R', source, '-o', artefact]).status, 0)
    const web = await serve(['--mem', '64M', '--net', 'service=user', artefact])
    for (const [path, bytes] of contents) {
      const answer = await fetch(`http://127.0.0.1:${web.port}/${path}`)
      assert.equal(sha256(new Uint8Array(await answer.arrayBuffer())), sha256(bytes), path)
    }
  })

  it('takes a name as long as it may be, and a file with holes by its real name', async () => {
    const disk = archive(
      entry({ name: 'L', type: 'L', content: `${'d/'.repeat(2047)}x\0` }),
      entry({ name: 'short', content: 'long' }),
      pax('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.name=real', 'GNU.sparse.realsize=3', 'path=other'),
      entry({ name: 'other', content: `1\n0\n3\n${'\0'.repeat(506)}abc` }),
    )
    const { get, quit } = await startSite(`${writeDisk(scratch.at('names.tar'), disk)},ro`)
    assert.equal((await get('/real')).body.toString(), 'abc')
    assert.equal((await get('/other')).status, 404)
    assert.match(await quit(), /^files: 2 files of 7 bytes, 2048 directories/)
  })
})

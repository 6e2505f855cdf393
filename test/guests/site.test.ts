// What the guest `site` answers, whoever asks and whatever.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { truncateSync } from 'node:fs'
import { Agent } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { needs } from '../support/needs.ts'
import { endAll } from '../support/served.ts'
import { archive, entry, pax } from '../support/tar-blocks.ts'
import { makeScratch, SITE_NEEDS, startSite, writeDisk } from './_site.ts'

const LONG = `${'deep/'.repeat(60)}end.txt` // 307 bytes: no header has room for it
const BIG = 100_000_000
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Links one to the next, the last to a file. */
const chain = (name: string, links: number): Buffer[] =>
  Array.from({ length: links }, (_, i) =>
    entry({ name: `${name}-${i}`, type: '2', link: i === 0 ? 'digits' : `${name}-${i - 1}` }),
  )

const FILES = archive(
  entry({ name: './', type: '5' }),
  entry({ name: './index.html', content: '<h1>home</h1>' }),
  entry({ name: './404.html', content: '<h1>lost</h1>' }),
  entry({ name: './style.CSS', content: 'body {}' }),
  entry({ name: './a b/ü&.txt', content: 'odd' }),
  entry({ name: './digits', content: '0123456789' }),
  entry({ name: './empty', content: '' }),
  entry({ name: './sub/', type: '5' }),
  entry({ name: './sub/index.html', content: 'inside' }),
  entry({ name: './bare/x:y/index.html', content: 'colon' }),
  entry({ name: './hard', type: '1', link: 'digits' }),
  entry({ name: './to-digits', type: '2', link: 'digits' }),
  entry({ name: './to-sub', type: '2', link: 'bare/../sub/.' }),
  entry({ name: './sub/up', type: '2', link: '../to-digits' }),
  entry({ name: './sub/absolute', type: '2', link: '/digits' }),
  entry({ name: './sub/out', type: '2', link: '../../../digits' }),
  entry({ name: './loop', type: '2', link: 'sub/pool' }),
  entry({ name: './sub/pool', type: '2', link: '../loop' }),
  entry({ name: './dangling', type: '2', link: 'nowhere' }),
  entry({ name: './null', type: '3' }),
  entry({ name: './twice', content: 'first' }),
  entry({ name: './twice', content: 'second' }),
  pax(`path=./${LONG}`, 'mtime=1.5'),
  entry({ name: 'short', content: 'long' }),
)

const scratch = makeScratch()
let disk = ''
let large = ''
const bytes = randomBytes(BIG)
beforeAll(() => {
  disk = writeDisk(scratch.at('files.tar'), FILES)
  large = writeDisk(
    scratch.at('large.tar'),
    archive(entry({ name: 'first', content: '1' }), entry({ name: 'big', content: bytes })),
  )
})
afterAll(scratch.remove)
afterEach(endAll)

describe('the site guest', needs(SITE_NEEDS), () => {
  it('says what it has, and serves it', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    const bodies: [path: string, body: string][] = [
      ['/', '<h1>home</h1>'],
      ['/index.html', '<h1>home</h1>'],
      ['//index.html?query=/none', '<h1>home</h1>'],
      ['/a%20b/%c3%BC%26.txt', 'odd'],
      ['/empty', ''],
      ['/sub/', 'inside'],
      ['/bare/x:y/', 'colon'],
      ['/hard', '0123456789'],
      ['/to-digits', '0123456789'],
      ['/to-sub/', 'inside'],
      ['/to-sub/up', '0123456789'],
      ['/sub/absolute', '0123456789'],
      ['/twice', 'second'],
      [`/${LONG}`, 'long'],
    ]
    for (const [path, body] of bodies) {
      const answer = await get(path)
      assert.deepEqual([answer.status, answer.body.toString()], [200, body], path)
      assert.equal(answer.headers['content-length'], `${body.length}`)
    }
    const output = await quit()
    assert.match(output, /^files: 11 files of 77 bytes, 65 directories, 8 symbolic links\n/)
    assert.match(output, /\nREADY\n15 requests\nSUCCESS\n$/)
  })

  it('does not lead out of the archive, nor around in circles', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    // At the root, `..` is the root; and what is no file is not there.
    assert.equal((await get('/../../../digits')).body.toString(), '0123456789')
    assert.equal((await get('/sub/%2e%2e/%2E./digits')).body.toString(), '0123456789')
    assert.equal((await get('/sub/out')).body.toString(), '0123456789')
    for (const path of ['/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/loop', '/dangling', '/null', '/digits/']) {
      assert.equal((await get(path)).status, 404, path)
    }
    for (const path of ['/digits/..', '/none/../digits', '/to-digits/x', `/${'x'.repeat(3900)}`]) {
      assert.equal((await get(path)).status, 404, path)
    }
    await quit()
  })

  it('follows forty links on the way to a file, as Linux does', async () => {
    const links = archive(entry({ name: 'digits', content: '0123456789' }), ...chain('link', 41))
    const { get, quit } = await startSite(`${writeDisk(scratch.at('links.tar'), links)},ro`)
    assert.equal((await get('/link-39')).body.toString(), '0123456789')
    assert.equal((await get('/link-40')).status, 404)
    await quit()
  })

  it('knows the types of files by their endings', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    const type = async (path: string) => (await get(path)).headers['content-type']
    assert.equal(await type('/'), 'text/html; charset=utf-8')
    assert.equal(await type('/style.CSS'), 'text/css; charset=utf-8')
    assert.equal(await type('/a%20b/%C3%BC%26.txt'), 'text/plain; charset=utf-8')
    assert.equal(await type('/bare/x:y/'), 'text/html; charset=utf-8')
    assert.equal(await type('/digits'), 'application/octet-stream')
    await quit()
  })

  it('sends a client that forgot the slash of a directory to where its links are right', async () => {
    const { get, port, quit } = await startSite(`${disk},ro`)
    const targets: [path: string, location: string][] = [
      ['/sub', './sub/'],
      ['/a%20b?query', './a%20b/'],
      ['/bare/x:y', './x%3Ay/'],
      ['/to-sub', './to-sub/'],
      ['/sub/../sub', './sub/'],
    ]
    for (const [path, location] of targets) {
      const { status, headers } = await get(path)
      assert.deepEqual([status, headers.location], [301, location], path)
    }
    // As programs understand it that follow such answers.
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/bare/x:y`)).text(), 'colon')
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/to-sub`)).text(), 'inside')
    for (const path of ['/sub/.', '/bare/..']) assert.equal((await get(path)).status, 200, path)
    await quit()
  })

  it('has a page for what is not there: that of the archive, or else its own with the title', async () => {
    const own = await startSite(`${disk},ro`)
    const lost = await own.get('/bare/nothing')
    assert.deepEqual([lost.status, lost.body.toString()], [404, '<h1>lost</h1>'])
    assert.equal((await own.get('/bare/')).status, 404) // there is no list of a directory
    await own.quit()
    const none = await startSite(`${writeDisk(scratch.at('none.tar'), archive())},ro`, ['--title=Fish & <Chips>'])
    const page = (await none.get('/')).body.toString()
    assert.match(page, /<title>Not Found &ndash; Fish &amp; &lt;Chips&gt;<\/title>/)
    await none.quit()
  })

  it('refuses what it does not do, and what makes no sense', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    const put = await get('/digits', { method: 'PUT' })
    assert.deepEqual([put.status, put.headers.allow], [405, 'GET, HEAD'])
    assert.equal((await get('/digits', { method: 'BREW' })).status, 405)
    for (const path of ['/%', '/%4', '/%zz', '/a%00b']) assert.equal((await get(path)).status, 400, path)
    await quit()
  })

  it('answers HEAD as GET, without the body', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    for (const path of ['/digits', '/none', '/sub']) {
      const [full, head] = [await get(path), await get(path, { method: 'HEAD' })]
      assert.deepEqual([head.status, head.headers, head.body.length], [full.status, full.headers, 0], path)
    }
    await quit()
  })

  it('sends a part of a file where one is asked for', async () => {
    const { get, quit } = await startSite(`${disk},ro`)
    const ask = async (range: string, more = {}) => {
      const { status, headers, body } = await get('/digits', { headers: { range, ...more } })
      return [status, body.toString(), headers['content-range']]
    }
    assert.deepEqual(await ask('bytes=2-4'), [206, '234', 'bytes 2-4/10'])
    assert.deepEqual(await ask('bytes=7-'), [206, '789', 'bytes 7-9/10'])
    assert.deepEqual(await ask('bytes=0-99999999999999999999999'), [206, '0123456789', 'bytes 0-9/10'])
    assert.deepEqual(await ask(`bytes=0-${2n ** 64n}`), [206, '0123456789', 'bytes 0-9/10'])
    assert.deepEqual(await ask('bytes=-3'), [206, '789', 'bytes 7-9/10'])
    assert.deepEqual(await ask('bytes=-30'), [206, '0123456789', 'bytes 0-9/10'])
    for (const range of ['bytes=10-', 'bytes=99999999999999999999999-', 'bytes=-0']) {
      const [status, , place] = await ask(range)
      assert.deepEqual([status, place], [416, 'bytes */10'], range)
    }
    for (const range of ['bytes=4-2', 'bytes=0-1,3-4', 'bytes=-', 'bytes=a-', 'bytes= 1-2', 'lines=1-2', 'bytes']) {
      assert.deepEqual(await ask(range), [200, '0123456789', undefined], range)
    }
    const head = await get('/digits', { method: 'HEAD', headers: { range: 'bytes=2-4' } })
    assert.deepEqual([head.status, head.headers['content-length']], [200, '10'])
    // A condition on something that no answer has said is not fulfilled.
    assert.deepEqual(await ask('bytes=2-4', { 'if-range': '"tag"' }), [200, '0123456789', undefined])
    await quit()
  })

  it('prints a line for each request where that is wanted, and nothing that a terminal would obey', async () => {
    const { get, quit } = await startSite(`${disk},ro`, ['--verbose', '--port=80'])
    await get('/digits')
    await get(`/${'y'.repeat(3000)}`, { method: 'HEAD' })
    await get(Buffer.from('/\x9b31m', 'latin1').toString('latin1'))
    const output = await quit()
    assert.match(output, /\nGET \/digits: 200\nHEAD \/y{254}: 404\nGET \/\?31m: 404\nGET \/quit: 200\n4 requests\n/)
  })

  it('cannot be ended by a request unless it was told so', async () => {
    const site = await startSite(`${disk},ro`, ['--quit=/other end'])
    assert.equal((await site.get('/quit')).status, 404)
    assert.equal((await site.get('/other%20end')).body.toString(), 'goodbye\n')
  })

  for (const sector of [512, 4096, 32_768]) {
    it(`sends 100 MB as they are from blocks of ${sector} bytes, and any part of them`, async () => {
      const { get, quit } = await startSite(`${large},sector=${sector},ro`)
      const { body } = await get('/big')
      assert.equal(digest(body), digest(bytes))
      for (const [first, last] of [
        [0, 0],
        [511, 1024],
        [12_345, 99_999],
        [BIG - 4097, BIG - 1],
      ] as const) {
        const part = await get('/big', { headers: { range: `bytes=${first}-${last}` } })
        assert.ok(part.body.equals(bytes.subarray(first, last + 1)), `${first}-${last}`)
      }
      await quit()
    })
  }

  it('serves a thousand files to a hundred connections at once, beside two that take something large', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `folder-${i % 37}/file-${i}.txt`)
    const text = (i: number): string => `${i} `.repeat(1 + ((i * 7919) % 3000))
    const parts = names.map((name, i) => entry({ name, content: text(i) }))
    const many = writeDisk(
      scratch.at('many.tar'),
      archive(entry({ name: 'big', content: bytes.subarray(0, 2e7) }), ...parts),
    )
    const { get, quit } = await startSite(`${many},sector=4096,ro`)
    const agent = new Agent({ keepAlive: true, maxSockets: 100 })
    const [one, other, ...answers] = await Promise.all([
      get('/big'),
      get('/big'),
      ...names.map(async (name) => await get(`/${name}`, { agent })),
    ])
    assert.ok(one?.body.equals(bytes.subarray(0, 2e7)) && other?.body.equals(one.body))
    answers.forEach(({ body }, i) => assert.equal(body.toString(), text(i), names[i]))
    agent.destroy()
    assert.match(await quit(), /^files: 1001 files of \d+ bytes, 38 directories/)
  })

  it('breaks off what its disk does not give any more, and goes on', async () => {
    const path = writeDisk(
      scratch.at('cut.tar'),
      archive(entry({ name: 'first', content: '1' }), entry({ name: 'rest', content: bytes.subarray(0, 1e6) })),
    )
    const { get, quit } = await startSite(`${path},ro`)
    assert.equal((await get('/rest')).body.length, 1e6)
    truncateSync(path, 500_000)
    await assert.rejects(get('/rest'), { code: 'ECONNRESET' })
    assert.equal((await get('/first')).body.toString(), '1')
    await quit()
  })

  it('goes on when clients leave in the middle of something large', async () => {
    const { get, port, quit } = await startSite(`${large},ro`)
    for (let i = 0; i < 200; i++) {
      const leaving = new AbortController()
      const answer = await fetch(`http://127.0.0.1:${port}/big`, { signal: leaving.signal })
      await answer.body?.getReader().read()
      leaving.abort()
    }
    assert.equal((await get('/first')).body.toString(), '1')
    await quit()
  })
})

// The examples in the guides are programs: each is run, and prints what its comments promise.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { ROOT } from './support/guests.ts'
import { needs } from './support/needs.ts'

mkdirSync(join(ROOT, '.cache'), { recursive: true })
// Below the checkout, so that `slipway` is found as a package finds itself.
const directory = mkdtempSync(join(ROOT, '.cache/examples-'))
afterAll(() => rmSync(directory, { recursive: true }))

const readGuide = (guide: string): string => readFileSync(join(ROOT, 'docs/guide', guide), 'utf8')
const pages = readdirSync(join(ROOT, 'docs/guide')).filter((file) => file.endsWith('.md'))
const guides = pages.filter((guide) => readGuide(guide).includes('\n```ts\n'))

for (const guide of guides) {
  describe(`docs/guide/${guide}`, needs({ host: ['linux', 'x86-64'] }), () => {
    const text = readGuide(guide)
    for (const [i, match] of [...text.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      const code = match[1] as string
      const line = text.slice(0, match.index).split('\n').length
      it(`line ${line} prints what it says`, { timeout: 60_000 }, () => {
        const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, words]) => `${words}\n`)
        assert.ok(promised.length > 0, 'an example promises something')
        const program = join(directory, `${guide}-${i}.ts`)
        writeFileSync(program, code)
        const args = [join(ROOT, 'tools/run.mjs'), program]
        const result = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT })
        assert.deepEqual([result.stdout, result.stderr], [promised.join(''), ''])
      })
    }
  })
}

describe('npm run demo', needs({ host: ['linux', 'x86-64'] }), () => {
  it('shows a guest that succeeds', () => {
    const result = spawnSync(process.execPath, [join(ROOT, 'tools/demo.mjs')], { encoding: 'utf8' })
    assert.equal(result.status, 0)
    assert.match(result.stdout, /\nSUCCESS\n/)
  })
})

const MANIFEST = `{
  "type": "solo5.manifest",
  "version": 1,
  "devices": [
    { "name": "service", "type": "NET_BASIC" },
    { "name": "storage", "type": "BLOCK_BASIC" }
  ]
}
`

const CONFIGURATIONS = {
  'shop.json': `{
  "rc": [{ "bin": "shop", "argv": ["shop", "--greeting=hello"] }],
  "hostname": "shop",
  "net": {
    "interfaces": { "service": { "addrs": [{ "addr": "10.0.0.2/24" }] } },
    "gateways": [{ "addr": "10.0.0.1" }]
  },
  "memory": "64M"
}
`,
  'site.json': `{
  "net": { "interfaces": { "service": { "addrs": [{ "addr": "10.9.0.2/16" }] } } },
  "hostname": null
}
`,
  'json.cfg': `{, "cmdline": "shop --greeting=hello", "hostname": "shop",
"net": {"if":"vioif0","type":"inet","method":"dhcp"}, }
`,
  'secret.json': `{
  "rc": [{ "bin": "shop", "argv": ["shop", "--token", { "$secret": "env:SHOP_TOKEN" }] }]
}
`,
}

/** What a page shows of a terminal is done, in its order and in a folder that looks like the checkout, for what writes files. */
function takeTour(page: string, files: Readonly<Record<string, string>> = {}): void {
  const tour = join(directory, page.replaceAll('/', '-'))
  mkdirSync(tour)
  for (const name of ['bin', 'examples', 'guests']) symlinkSync(join(ROOT, name), join(tour, name))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(tour, name), text)
  const text = readFileSync(join(ROOT, page), 'utf8')
  for (const [, command, output] of text.matchAll(/^```console\n\$ (.*)\n([^]*?)^```$/gm)) {
    const programs = command?.includes('curl ') === true ? { commands: ['curl'] } : {}
    it(`shows what ${command} really prints`, needs(programs), () => {
      // What inspect finds in PATH is printed, so the tour has one of its own.
      const env = { ...process.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }
      const result = spawnSync('/bin/sh', ['-c', `{ ${command}\n} 2>&1`], { encoding: 'utf8', cwd: tour, env })
      assert.equal(result.stdout, output)
    })
  }
}

describe('README.md', needs({ host: ['linux', 'x86-64'] }), () => takeTour('README.md'))

for (const page of ['bake', 'doctor', 'network', 'shell', 'weigh'].map((name) => `docs/guide/${name}.md`)) {
  describe(`the terminal in ${page}`, needs({ host: ['linux', 'x86-64'] }), () => takeTour(page))
}

describe('the terminal in docs/guide/manifest.md', needs({ host: ['linux', 'x86-64'] }), () => {
  takeTour('docs/guide/manifest.md', { 'manifest.json': MANIFEST })
})

describe('the terminal in docs/guide/configuration.md', needs({ host: ['linux', 'x86-64'] }), () => {
  takeTour('docs/guide/configuration.md', CONFIGURATIONS)
})

// What the Linux dialect writes, as the kernel that Debian ships takes it apart: the words and variables that init gets, and the host name.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { renderConfig } from '../../src/config/dialects/render.ts'
import { effectiveConfig } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/layer.ts'
import { bootDebian } from '../support/debian-machine.ts'
import { needs } from '../support/needs.ts'

const WORDS = ['two words', 'name=two words', 'a b=c d', '=x y', 'plain', "it's", 'back\\slash', 'quiet', 'é']
const VARIABLES = { MODE: 'production', GREETING: 'good  morning', EMPTY: '', EQUAL: 'a=b c=d' }
const DOCUMENT = {
  rc: [{ bin: '/init', argv: ['/init', ...WORDS] }],
  env: VARIABLES,
  hostname: 'shop',
  mount: { '/': { source: 'initrd' } },
  linux: { parameters: ['console=ttyS0', 'quiet', 'panic=1'] },
}

const INIT = `#!/busybox sh
/busybox mount -t devtmpfs none /dev
/busybox mkdir /proc; /busybox mount -t proc none /proc
echo "== began"
echo "line <$(/busybox cat /proc/cmdline)>"
for word in "$@"; do echo "word <$word>"; done
for name in ${Object.keys(VARIABLES).join(' ')}; do eval "echo \\"variable $name=<\\$$name>\\""; done
echo "host <$(/busybox hostname)>"
echo "== ended"
/busybox poweroff -f
`

describe(
  "the Linux dialect on Debian's kernel",
  needs({
    host: ['linux', 'x86-64'],
    commands: ['qemu-system-x86_64', 'busybox', 'cpio'],
    apt: ['linux-image-cloud-amd64'],
  }),
  () => {
    const config = effectiveConfig([parseConfig(JSON.stringify(DOCUMENT), 'app.json')])
    const { text } = renderConfig('linux', config, { guest: { name: 'app' } })
    let directory = ''
    let lines: readonly string[] = []

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'slipway-linux-'))
      lines = boot(directory, text)
    }, 300_000)
    afterAll(() => rmSync(directory, { recursive: true }))

    const found = (kind: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))

    it('arrives as it was written', () => assert.deepEqual(found('line'), [`<${text}>`]))
    it('gives init its words', () =>
      assert.deepEqual(
        found('word'),
        WORDS.map((word) => `<${word}>`),
      ))
    it('gives init its variables', () => {
      assert.deepEqual(
        found('variable'),
        Object.entries(VARIABLES).map(([name, value]) => `${name}=<${value}>`),
      )
    })
    it('gives the host its name', () => assert.deepEqual(found('host'), ['<shop>']))
  },
)

/** Boots the machine once and returns the lines that init prints. */
function boot(directory: string, line: string): readonly string[] {
  const root = join(directory, 'root')
  mkdirSync(join(root, 'dev'), { recursive: true })
  copyFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), join(root, 'busybox'))
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 })
  const archive = execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], {
    cwd: root,
    input: ['dev', 'busybox', 'init', ''].join('\n'),
    maxBuffer: 2 ** 26,
  })
  const initrd = join(directory, 'initrd')
  writeFileSync(initrd, archive)
  const printed = bootDebian(initrd, 256, line)
  const [, between] = /== began\n([^]*)== ended/.exec(printed) ?? []
  assert.ok(between !== undefined, `the machine printed ${JSON.stringify(printed)}`)
  return between.split('\n').map((each) => each.replace(/^\[ +\d+\.\d+\] /, ''))
}

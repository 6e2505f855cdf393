// Kept launchers on the kernel that Debian ships, in an emulated machine without /proc, Node.js or anything else of ours. That kernel has a
// vdso and vvar, which the machine that runs the tests may lack, so the wiping of both is seen here.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { LAUNCHER_BASE, STAGED_IMAGE, USER_SPACE_END } from '../../src/launcher/address-space.ts'
import { composeToFile } from '../../src/run/compose.ts'
import { guestPath } from '../support/guests.ts'
import { bootDebian } from '../support/debian-machine.ts'
import { needs } from '../support/needs.ts'

const MARKER = 'SLIPWAYCANRY'
const SCAN_MEMORY = 2 ** 21
const hex = (n: number) => n.toString(16)

// /init: the guests, between lines that the test can tell apart. The scan looks at all that is the launcher's and at the stack's region.
const INIT = `#!/busybox sh
/busybox mount -t devtmpfs none /dev
export ${MARKER}=${MARKER}
echo "== hello"; ./hello ${MARKER}; echo "status $?"
echo "== forbidden"; ./forbidden; echo "status $?"
/busybox mkdir /proc; /busybox mount -t proc none /proc
echo "== scan"; ./scan ${MARKER} & guest=$!
/busybox sleep 1
/busybox sed 's/^/map /' /proc/$guest/maps
wait $guest; echo "status $?"
echo "== own"; /busybox grep -c vdso /proc/self/maps
/busybox poweroff -f
`

describe(
  "a kept launcher on Debian's kernel",
  needs({
    host: ['linux', 'x86-64'],
    commands: ['qemu-system-x86_64', 'busybox', 'cpio'],
    apt: ['linux-image-cloud-amd64'],
  }),
  () => {
    let directory = ''
    let parts = new Map<string, string>()

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'slipway-kernel-'))
      parts = boot(directory)
    }, 300_000)
    afterAll(() => rmSync(directory, { recursive: true }))

    it('runs without /proc', () => {
      assert.match(parts.get('hello') ?? '', /^Hello from a unikernel\.\ncommand line: kept\n.*\nSUCCESS\nstatus 0\n$/)
    })

    it('is confined', () => {
      assert.match(parts.get('forbidden') ?? '', /status 159\n$/)
    })

    it('leaves nothing of the host to be found, vdso and vvar included', () => {
      const scan = parts.get('scan') ?? ''
      assert.match(scan, /\nclean\n(map .*\n)*status 0\n$/)
      const mappings = scan.split('\n').filter((line) => line.startsWith('map ') && !line.includes('[vsyscall]'))
      const beyond = mappings.filter((line) => Number.parseInt(line.slice(4), 16) >= SCAN_MEMORY)
      assert.equal(beyond.length, 1, scan)
      assert.match(beyond[0] ?? '', /r-xp/)
      assert.equal(parts.get('own'), '1\n', 'this kernel gives its programs a vdso')
    })
  },
)

/** Boots the machine once and returns what it printed, by the lines that begin with ==. */
function boot(directory: string): Map<string, string> {
  const root = join(directory, 'root')
  mkdirSync(join(root, 'dev'), { recursive: true })
  copyFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), join(root, 'busybox'))
  const ranges = [
    `10000-${hex(SCAN_MEMORY)}`,
    `${hex(LAUNCHER_BASE)}-${hex(STAGED_IMAGE + 2 ** 20)}`,
    `${hex(USER_SPACE_END - 2 ** 34)}-${hex(USER_SPACE_END)}`,
  ]
  composeToFile(guestPath('hello'), join(root, 'hello'), { args: ['kept'], memory: 2 ** 26 })
  composeToFile(guestPath('forbidden'), join(root, 'forbidden'), { memory: 2 ** 21 })
  composeToFile(guestPath('scan'), join(root, 'scan'), { args: ['4000', ...ranges], memory: SCAN_MEMORY })
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 })
  const archive = execFileSync('cpio', ['-o', '-H', 'newc', '--quiet'], {
    cwd: root,
    input: readdirSync(root)
      .map((name) => `${name}\n`)
      .join(''),
    maxBuffer: 2 ** 26,
  })
  const initrd = join(directory, 'initrd')
  writeFileSync(initrd, archive)
  const printed = bootDebian(initrd, 512)
  const sections = printed.split(/^.*== (?=\w+\n)/m).slice(1)
  return new Map(
    sections.map((section) => [
      section.split('\n')[0] ?? '',
      section.slice(section.indexOf('\n') + 1).replaceAll(/\[ +\d+\.\d+\] .*\n?/g, ''),
    ]),
  )
}

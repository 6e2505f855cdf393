// ISO and FAT images as Debian's kernel mounts them, in an emulated machine. Its first file system is a cpio of ours, so that the kernel unpacks that as well.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { filterTree } from '../../src/files/change.ts'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { writeFat } from '../../src/files/fat/write.ts'
import { fat } from '../../src/files/fat/fat.ts'
import { fitTree } from '../../src/files/fit.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { PROPERTIES } from '../../src/files/losses.ts'
import { bitsOf } from '../../src/files/mode-bits.ts'
import { isUtf8 } from '../../src/files/name.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { directory, file, sampleTree } from '../../src/files/sample.ts'
import { countNames, type Directory, metadata, walk } from '../../src/files/tree.ts'
import { bootDebian, debianKernel } from '../support/debian-machine.ts'
import { needs } from '../support/needs.ts'

const ANYTHING = new Set(PROPERTIES)
/** In the order in which they need each other. */
const MODULES = ['loop', 'cdrom', 'isofs', 'fat', 'nls_cp437', 'nls_ascii', 'vfat']
const WIDTHS = [12, 16, 32] as const

/** What can be told over a console: names of no encoding cannot. */
const printable = filterTree(sampleTree(), (path) => isUtf8(path) && path !== 'etc/old')
/** Linux cuts names of Rock Ridge that have more (fs/isofs/rock.c). Bytes. */
const LONGEST_SHOWN = 253
/** What Linux takes for the time of a file in a FAT that has none: 1980. */
const NO_TIME = 315_532_800
const inIso = filterTree(printable, (path) => path.slice(path.lastIndexOf('/') + 1).length <= LONGEST_SHOWN)
const inFat = filterTree(
  printable,
  (path) => fat.capabilities.problemOfName(path.slice(path.lastIndexOf('/') + 1)) === undefined,
)

const LIST = "/busybox find . -exec /busybox stat -c '%f %u:%g %Y %h %n' {} + | /busybox sort"
const SUMS = '/busybox find . -type f -exec /busybox md5sum {} + | /busybox sort'
const INIT = `#!/busybox sh
/busybox mount -t devtmpfs none /dev
for name in ${MODULES.join(' ')}; do /busybox insmod /modules/$name.ko; done
look() { /busybox mount -o "loop,ro$3" -t $2 /images/$1 /mnt && cd /mnt && { ${LIST}; ${SUMS}; }; cd /; /busybox umount /mnt; }
echo "== iso"; look iso iso9660
${WIDTHS.map((width) => `echo "== fat${width}"; look fat${width} vfat ,utf8,tz=UTC`).join('\n')}
/busybox poweroff -f
`

describe(
  "images on Debian's kernel",
  needs({ host: ['linux', 'x86-64'], commands: ['qemu-system-x86_64', 'busybox'], apt: ['linux-image-cloud-amd64'] }),
  () => {
    let scratch = ''
    let printed = ''
    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'slipway-mounts-'))
      printed = boot(join(scratch, 'initrd'), await firstFileSystem())
    }, 300_000)
    afterAll(() => rmSync(scratch, { recursive: true }))

    /** The lines of one image. */
    const linesOf = (name: string): string[] => {
      const [, part = ''] = printed.split(`== ${name}\n`)
      return (part.split('== ')[0] ?? '').split('\n').filter((line) => /^[\da-f]{4,32} /.test(line))
    }

    it('have everything that ISO 9660 keeps with Rock Ridge', () => {
      const tree = fitTree('iso9660', iso9660.capabilities, inIso, ANYTHING)
      const names = countNames(tree)
      const entries = [...walk(tree)].map(({ path, inode }) => {
        const { mode, uid, gid, mtime } = inode.meta
        const links = inode.kind === 'directory' ? '*' : (names.get(inode) ?? 1)
        const bits = (bitsOf(inode.kind) | mode).toString(16)
        return `${bits} ${uid}:${gid} ${mtime.seconds} ${links} ${path === '' ? '.' : `./${path}`}`
      })
      // How many links a directory has is nobody's business: Linux counts those of an ISO in its own way.
      const found = linesOf('iso').map((line) => line.replace(/^(4\w{3} \S+ \S+) \d+ /, '$1 * '))
      assert.deepEqual(found.toSorted(), [...entries, ...sumsOf(tree)].toSorted())
    })

    for (const width of WIDTHS) {
      it(`have names, times and contents in FAT${width}`, () => {
        const tree = fitTree('fat', fat.capabilities, inFat, ANYTHING)
        const entries = [...walk(tree)]
          .slice(1) // the root has no time in a FAT
          .map(({ path, inode }) => `${inode.meta.mtime.seconds || NO_TIME} ./${path}`)
        const found = linesOf(`fat${width}`)
          .filter((line) => !line.endsWith(' .'))
          .map((line) => line.replace(/^\w{4} \S+ (\S+) \d+ /, '$1 '))
        assert.deepEqual(found.toSorted(), [...entries, ...sumsOf(tree)].toSorted())
      })
    }
  },
)

function sumsOf(tree: Directory): string[] {
  return [...walk(tree)].flatMap(({ path, inode }) => {
    if (inode.kind !== 'file') return []
    const hash = createHash('md5').update(inode.content.readAt(0, inode.content.size)).digest('hex')
    return [`${hash}  ./${path}`]
  })
}

async function firstFileSystem(): Promise<Uint8Array> {
  const images = new Map<string, Uint8Array>()
  const output = new MemoryOutput()
  await iso9660.write(inIso, output, { allowLoss: ANYTHING })
  images.set('iso', output.bytes)
  for (const width of WIDTHS) {
    const disk = new MemoryOutput()
    writeFat(inFat, disk, { allowLoss: ANYTHING, width, clusterSize: 512 })
    images.set(`fat${width}`, disk.bytes)
  }
  const program = readFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim())
  const root = directory({
    busybox: file(program, metadata(0o755)),
    dev: directory({ console: { kind: 'character', meta: metadata(0o600), major: 5, minor: 1 } }),
    images: directory(Object.fromEntries([...images].map(([name, bytes]) => [name, file(bytes)]))),
    init: file(INIT, metadata(0o755)),
    mnt: directory({}),
    modules: directory(
      Object.fromEntries(MODULES.map((name) => [`${name}.ko`, file(readFileSync(moduleNamed(name)))])),
    ),
  })
  const archive = new MemoryOutput()
  await cpio.write(root, archive)
  return archive.bytes
}

function moduleNamed(name: string): string {
  const words = [`/usr/lib/modules/${debianKernel()}`, '-name', `${name}.ko`]
  return execFileSync('find', words, { encoding: 'utf8' }).trim()
}

/** What the machine prints until it is off. */
function boot(initrd: string, archive: Uint8Array): string {
  writeFileSync(initrd, archive)
  return bootDebian(initrd, 512)
}

// Measures what a dense tree of ten gigabytes costs in memory: `node tools/run.mjs tools/large-tree.ts [GIGABYTES] [DIRECTORY] [IMAGE]`. Makes the tree (the same bytes each
// time, half of which pack well), then an image of each kind, reads it again, and removes everything. Ends with status 1 where a command takes more than
// 512 MiB. It needs twice the room and a quarter of an hour, so no test does it.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SLIPWAY = join(import.meta.dirname, '../bin/slipway')
const MOST_MEMORY = 512 // MiB
const PIECE = 2 ** 20
/** Of each hundred pieces: how many there are in one file, the rest of them in files of a tenth of a piece. */
const LARGE = 60

const [gigabytes = '10', directory = tmpdir(), only] = process.argv.slice(2)
const pieces = Math.round(Number(gigabytes) * 1000)
if (!Number.isSafeInteger(pieces) || pieces < 1)
  throw new Error('usage: tools/large-tree.ts [GIGABYTES] [DIRECTORY] [IMAGE]')

const scratch = mkdtempSync(join(directory, 'slipway-large-'))
try {
  const tree = join(scratch, 'tree')
  console.log(`${makeTree(tree)} files, ${pieces} MiB`)
  const made: readonly (readonly [name: string, words: readonly string[]])[] = [
    ['large.tar', []],
    ['large.sqfs', ['--compress', 'zstd', '--level', '3']],
    ['large.gzip.sqfs', ['--compress', 'gzip', '--level', '1']],
    ['large.ext2', []],
  ]
  let failed = false
  for (const [name, words] of made) {
    if (only !== undefined && only !== name) continue
    const image = join(scratch, name)
    failed = measure(`create ${name}`, ['create', '-R', tree, '-o', image, ...words]) || failed
    const size = Math.round(statSync(image).size / 2 ** 20)
    failed = measure(`diff of ${name}, ${size} MiB`, ['diff', image, tree]) || failed
    rmSync(image)
  }
  if (failed) process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true })
}

function measure(what: string, words: readonly string[]): boolean {
  const report = join(scratch, 'report')
  const begin = performance.now()
  const args = ['-f', '%M', '-o', report, process.execPath, SLIPWAY, 'fs', ...words]
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/time', args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error('GNU time is missing: apt-get install time', { cause: error })
  // Formats without nanoseconds have cut the times, and that is all that may differ.
  const differences = stdout.split('\n').filter((line) => line !== '' && !line.endsWith(' mtime'))
  if (status !== 0 && (words[0] !== 'diff' || status !== 1 || differences.length > 0)) {
    throw new Error(`${what}: status ${status}\n${stderr}${differences.slice(0, 5).join('\n')}`)
  }
  const peak = Number(readFileSync(report, 'utf8').trim().split('\n').at(-1)) / 1024
  console.log(`${what}: ${Math.round((performance.now() - begin) / 1000)} s, peak ${Math.round(peak)} MiB`)
  return peak > MOST_MEMORY
}

/** Returns how many files there are. */
function makeTree(root: string): number {
  const noise = new Uint32Array(PIECE / 4)
  noise.forEach((_, i) => (noise[i] = Math.imul(i + 1, 0x9e3779b1)))
  let files = 0
  for (let group = 0; group * 100 < pieces; group++) {
    const folder = join(root, `${group % 10}`, `${group}`)
    mkdirSync(folder, { recursive: true })
    const count = Math.min(100, pieces - group * 100)
    const large = openSync(join(folder, 'large.bin'), 'w')
    for (let i = 0; i < count; i++) {
      fill(noise, group * 100 + i)
      if (i < LARGE) writeSync(large, noise)
      else {
        for (let part = 0; part < 10; part++) {
          const small = openSync(join(folder, `small-${i}-${part}`), 'w')
          writeSync(small, noise, part * Math.floor(PIECE / 10), Math.floor(PIECE / 10))
          closeSync(small)
          files++
        }
      }
    }
    closeSync(large)
    files++
  }
  return files
}

/** The first half is never the same and does not pack, the second is words of few kinds. */
function fill(words: Uint32Array, seed: number): void {
  let state = (seed * 2 + 1) >>> 0
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words[i] = i < words.length / 2 ? state ^ (state >>> 15) : 0x20656874 + (state >>> 30)
  }
}

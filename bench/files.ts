// Promise: images are made about as fast as the programs make them that are written in C, in bounded memory. Each in turns with its program, both as
// commands, on the same files: ten thousand small ones, and one of a gigabyte.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { inPasses } from './launches.ts'
import { atMost, type Figure, Lack, type Result } from './result.ts'
import { type Bench, ROOT, type Row } from './row.ts'
import { eachPass, median, type Pass, summarize, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const SMALL_FILES = 10_000
const MEAN_SIZE = 10_000 // bytes
const LARGE = 1_000_000_000 // bytes
const PIECE = 1_000_000
const MOST_MEMORY = 512 * 1024 // KiB
const SLIPWAY = join(ROOT, 'bin', 'slipway')

export const files: Row = { name: 'files', measure }

type Job = {
  readonly what: string
  readonly tree: 'small' | 'large'
  readonly limit: number | undefined
  readonly ours: readonly string[]
  readonly image: string
  /** A command of the shell in the tree's directory; `$1` is the image. */
  readonly theirs: string
  readonly program: string
}

const CORES = availableParallelism()
const SQUASH = '-noappend -no-progress -quiet -all-root'
/** The same on both sides, as are the size of blocks (what mksquashfs does by itself) and the processors. */
const LEVELS = { gzip: 6, zstd: 3 } as const

const CPIO = 'find . -print0 | cpio --null --create --quiet --format=newc > "$1"'
const XORRISO = 'xorriso -as mkisofs -quiet -R -J -joliet-long -o "$1" . 2>&1'
/** An image that is large enough, with room for the tables. */
const MKE2FS = 'mke2fs -q -t ext2 -b 4096 -N 16384 -d . "$1" 1500M 2>&1'

const JOBS: readonly Job[] = (['large', 'small'] as const).flatMap((tree) => {
  const limit = tree === 'large' ? 1.2 : 2
  const squash = (codec: 'gzip' | 'zstd', most: number): Job => ({
    what: `SquashFS with ${codec}`,
    tree,
    limit: most,
    ours: ['--compress', codec, '--level', `${LEVELS[codec]}`],
    image: 'squashfs',
    theirs: `mksquashfs . "$1" ${SQUASH} -comp ${codec} -Xcompression-level ${LEVELS[codec]} -processors ${CORES}`,
    program: 'mksquashfs',
  })
  return [
    { what: 'tar', tree, limit, ours: [], image: 'tar', theirs: 'tar -cf "$1" --format=pax .', program: 'tar' },
    { what: 'cpio', tree, limit, ours: [], image: 'cpio', theirs: CPIO, program: 'cpio' },
    squash('gzip', 2),
    squash('zstd', 1.5),
    { what: 'ISO 9660', tree, limit: undefined, ours: [], image: 'iso9660', theirs: XORRISO, program: 'xorriso' },
    { what: 'ext2', tree, limit: undefined, ours: [], image: 'ext2', theirs: MKE2FS, program: 'mke2fs' },
  ]
})

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const trees = { small: join(scratch.path, 'small'), large: join(scratch.path, 'large') }
  try {
    makeSmallFiles(trees.small, effort(SMALL_FILES))
    makeLargeFile(trees.large, effort(LARGE / PIECE))
    const results: Result[] = []
    for (const job of JOBS) results.push(...(await compare(job, trees[job.tree], scratch.path, effort(3) / 3)))
    return results
  } finally {
    for (const tree of Object.values(trees)) rmSync(tree, { recursive: true, force: true })
  }
}

/** Text that packs about as well as programs do: each word is one of a few, or a number that comes once. */
function* words(): Generator<string> {
  const few = ['static', 'return', '0x7f45', 'uint64_t', 'the', 'const', '\n', 'buffer', 'of', 'error']
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state >>> 30 === 0 ? `${state} ` : `${few[(state >>> 16) % few.length]} `
  }
}

function makeText(size: number, from: Iterator<string>): Uint8Array {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) at += bytes.write(from.next().value as string, at, 'latin1')
  return bytes
}

function makeSmallFiles(path: string, count: number): void {
  const text = words()
  for (let i = 0; i < count; i++) {
    const folder = join(path, `${i % 100}`)
    if (i < 100) mkdirSync(folder, { recursive: true })
    // Most files are small, some are large: sizes from nothing to twice the mean, and one in fifty of ten times as much.
    const size = i % 50 === 0 ? MEAN_SIZE * 5 : ((i * 7919) % MEAN_SIZE) * 2 - ((i * 7919) % MEAN_SIZE) / 5
    writeFileSync(join(folder, `file-${i}.txt`), makeText(Math.round(size), text))
  }
}

export function makeLargeFile(path: string, pieces: number): void {
  mkdirSync(path)
  const text = words()
  const descriptor = openSync(join(path, 'large.bin'), 'w')
  for (let i = 0; i < pieces; i++) writeSync(descriptor, makeText(PIECE, text))
  closeSync(descriptor)
}

async function compare(job: Job, tree: string, directory: string, rounds: number): Promise<readonly Result[]> {
  const what = `${job.what}, ${job.tree === 'large' ? 'a large file' : 'small files'}`
  if (!isInstalled(job.program)) return [{ what, skipped: `${job.program} is missing` }]
  const image = join(directory, `image.${job.image}`)
  const memory: number[] = []
  const ours = (): number => {
    const command = [SLIPWAY, 'fs', 'create', '-R', tree, '-o', image, '--format', job.image, ...job.ours]
    const { milliseconds, peak } = timed(process.execPath, command, tree, image)
    memory.push(peak)
    return milliseconds
  }
  const theirs = (): number => timed('/bin/sh', ['-c', job.theirs, 'sh', image], tree, image).milliseconds
  const passes: readonly Pass[] = await inPasses(async () => {
    const pass = new Map<string, number[]>([
      ['slipway', []],
      [job.program, []],
    ])
    for (let round = 0; round < rounds; round++) {
      pass.get('slipway')?.push(ours())
      pass.get(job.program)?.push(theirs())
    }
    return pass
  })
  rmSync(image, { force: true })
  const samples = summarizePasses(passes)
  const ratios = eachPass(passes, (of) => of('slipway') / of(job.program))
  const most: Figure = {
    what: `${what}: peak of memory`,
    unit: 'KiB',
    measured: Math.max(...memory),
    target: atMost(MOST_MEMORY),
    samples: { peak: summarize(memory) },
  }
  const ratio: Figure = {
    what: `${what}, over ${job.program}`,
    unit: 'x',
    measured: median(ratios),
    ...(job.limit !== undefined && { target: atMost(job.limit) }),
    samples,
    notes: [describeMedians(samples, 'ms'), describePasses(ratios, 'x')],
  }
  return [ratio, most]
}

/** Milliseconds, and the most memory that the command has had at once, in KiB. */
export function timed(program: string, words: readonly string[], cwd: string, image: string) {
  rmSync(image, { force: true })
  const report = `${image}.time`
  const args = ['-f', '%M', '-o', report, program, ...words]
  const before = performance.now()
  const { status, error, stderr } = spawnSync('/usr/bin/time', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  const milliseconds = performance.now() - before
  if (error !== undefined) throw new Lack('GNU time is missing: apt-get install time')
  if (status !== 0)
    throw new Error(`${[program, ...words].join(' ')} ended with status ${status}: ${stderr.toString()}`)
  const peak = Number(readFileSync(report, 'utf8'))
  rmSync(report)
  return { milliseconds, peak }
}

function isInstalled(program: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' }).status === 0
}

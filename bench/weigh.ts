// Promise: an artefact with a gigabyte and a hundred thousand files baked in is weighed in little memory, and in a time that has to do with the number of
// its files and not with their size: beside GNU tar, which lists the same archive.

import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '../src/base/reader.ts'
import { tar } from '../src/files/tar/tar.ts'
import { type Directory, type Inode, metadata, PLAIN_DIRECTORY } from '../src/files/tree.ts'
import { FileOutput } from '../src/host/trees/file-output.ts'
import { bake } from '../src/run/bake.ts'
import { timed } from './files.ts'
import { inPasses } from './launches.ts'
import { atMost, type Result } from './result.ts'
import { type Bench, guest, ROOT, type Row } from './row.ts'
import { eachPass, median, summarize, summarizePasses } from './statistics.ts'
import { describeMedians, describePasses } from './table.ts'

const FOLDERS = 100
const FILES_EACH = 1000
const LARGE = 2 ** 30 // bytes
const MOST_MEMORY = 300_000_000 / 1024 // KiB
const SLIPWAY = join(ROOT, 'bin', 'slipway')
const ROUNDS = 9

export const weigh: Row = { name: 'weigh', measure }

async function measure({ scratch, effort }: Bench): Promise<readonly Result[]> {
  const directory = join(scratch.path, 'weigh')
  mkdirSync(directory)
  try {
    const archive = join(directory, 'many.tar')
    const artefact = join(directory, 'many.spt')
    await writeArchive(archive, effort(FILES_EACH))
    await bake(guest('blk'), artefact, { image: archive })
    return await compare(directory, archive, artefact, effort(ROUNDS) / 3)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function compare(directory: string, archive: string, artefact: string, rounds: number): Promise<Result[]> {
  const memory = new Map<string, number[]>()
  const image = join(directory, 'nothing')
  const ours = (how: string): number => {
    const { milliseconds, peak } = timed(process.execPath, [SLIPWAY, 'weigh', how, artefact], directory, image)
    memory.set(how, [...(memory.get(how) ?? []), peak])
    return milliseconds
  }
  const passes = await inPasses(async () => {
    const pass = new Map<string, number[]>([
      ['slipway', []],
      ['tar', []],
    ])
    for (let round = 0; round < rounds; round++) {
      pass.get('slipway')?.push(ours('--all'))
      pass.get('tar')?.push(timed('tar', ['-tvf', archive], directory, image).milliseconds)
      ours('--json')
      ours('--html=-')
    }
    return pass
  })
  const samples = summarizePasses(passes)
  const ratios = eachPass(passes, (of) => of('slipway') / of('tar'))
  return [
    {
      what: 'weigh 1 GiB and 100 000 files, over tar -tv',
      unit: 'x',
      measured: median(ratios),
      samples,
      notes: [describeMedians(samples, 'ms'), describePasses(ratios, 'x')],
    },
    ...[...memory].map(([how, peaks]) => ({
      what: `weigh ${how}: peak of memory`,
      unit: 'KiB' as const,
      measured: Math.max(...peaks),
      target: atMost(MOST_MEMORY),
      samples: { peak: summarize(peaks) },
    })),
  ]
}

/** Small files of some sizes in folders, and a large one of zeros, which takes no disk. */
async function writeArchive(path: string, filesEach: number): Promise<void> {
  const folders = Array.from({ length: FOLDERS }, (_, folder): [string, Inode] => [
    `folder-${String(folder).padStart(3, '0')}`,
    directoryOf(
      Array.from({ length: filesEach }, (_, i) => [
        `file-${String(i).padStart(4, '0')}.txt`,
        fileOf((folder * 7 + i) % 2000),
      ]),
    ),
  ])
  const descriptor = openSync(path, 'w')
  const output = new FileOutput(descriptor)
  await tar.write(directoryOf([...folders, ['large.bin', fileOf(LARGE)]]), output)
  output.finish()
  closeSync(descriptor)
}

function directoryOf(entries: readonly (readonly [string, Inode])[]): Directory {
  return { ...PLAIN_DIRECTORY, entries: new Map(entries) }
}

function fileOf(size: number): Inode {
  const content: Source = { size, readAt: (_, length) => new Uint8Array(length) }
  return { kind: 'file', meta: metadata(0o644), content, sparse: false }
}

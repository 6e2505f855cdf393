// What a sector costs that a guest reads or writes, beside the same code without a launcher and a filter; and what it costs on the last of
// as many disks as a guest can have, since a filter is walked from its start at every call.

import { mkdirSync, mkdtempSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Calls, type Disk, guestCalls, plainCalls, ratioOf, timeCalls } from './calls.ts'
import { compileCalls, compilePlain } from './compiled.ts'
import { whenOver } from './keeper.ts'
import { loadNative, type Native } from './native.ts'
import { atMost, type Result } from './result.ts'
import { type Bench, ROOT, type Row } from './row.ts'
import { TMPFS } from './scratch.ts'

const ROUNDS = 60
const IMAGE_SIZE = 4 * 1024 * 1024 // bytes
const SECTORS = [512, 4096]
const MOST_DISKS = 63
const OPERATIONS = ['read', 'write'] as const

export const block: Row = { name: 'block', measure }

async function measure(bench: Bench): Promise<readonly Result[]> {
  const native = await loadNative()
  const { path: directory } = bench.scratch
  const programs: Programs = { native, guest: compileCalls(directory, 1), plain: compilePlain(directory, 'calls') }
  return [
    ...(await measureIn(directory, 'in memory', programs, bench)),
    ...(await measureOnDisk(programs, bench)),
    ...(await measureMany(native, bench)),
  ]
}

type Programs = { readonly native: Native; readonly guest: string; readonly plain: string }

async function measureIn(
  images: string,
  where: string,
  { native, guest, plain }: Programs,
  { scratch, effort }: Bench,
): Promise<Result[]> {
  const disk = { name: 'disk1', path: makeImage(images, 'disk1'), sector: 0 }
  const cases = SECTORS.flatMap((sector) => OPERATIONS.map((operation) => callsOn(operation, { ...disk, sector })))
  const programs = cases.flatMap((calls) => [...guestCalls(guest, scratch.path, calls), ...plainCalls(plain, calls)])
  const passes = await timeCalls(native, programs, effort(ROUNDS))
  return cases.map(({ name }) =>
    ratioOf(passes, `${name}, ${where}, guest / plain program`, `guest ${name}`, `plain ${name}`),
  )
}

/** Where the checkout is, if that is a disk: what is read and written stays in the kernel's cache there as well. */
async function measureOnDisk(programs: Programs, bench: Bench): Promise<Result[]> {
  const parent = join(ROOT, '.cache')
  mkdirSync(parent, { recursive: true })
  if (statfsSync(parent).type === TMPFS) return [{ what: 'on a disk', skipped: 'the checkout is in memory' }]
  const directory = mkdtempSync(join(parent, 'bench-'))
  const remove = whenOver('rm -rf -- "$1"', directory)
  try {
    return await measureIn(directory, 'on the disk of the checkout', programs, bench)
  } finally {
    await remove()
  }
}

async function measureMany(native: Native, { scratch, effort }: Bench): Promise<Result[]> {
  const guest = compileCalls(scratch.path, MOST_DISKS)
  const disks = Array.from({ length: MOST_DISKS }, (_, i): Disk => {
    const name = `disk${i + 1}`
    return { name, path: makeImage(scratch.path, `many-${name}`, 64 * 1024), sector: 512 }
  })
  const [first, last] = [disks[0] as Disk, disks.at(-1) as Disk]
  const cases = [first, last].flatMap((disk) =>
    OPERATIONS.map((operation): Calls => {
      const { words } = callsOn(operation, disk)
      return { name: `${operation} on ${disk.name} of ${MOST_DISKS}`, words, disks }
    }),
  )
  const programs = cases.flatMap((calls) => guestCalls(guest, scratch.path, calls))
  const passes = await timeCalls(native, programs, effort(ROUNDS))
  return OPERATIONS.map((operation) => {
    const [over, under] = [last, first].map(({ name }) => `guest ${operation} on ${name} of ${MOST_DISKS}`)
    const what = `${operation} of 512, the last of ${MOST_DISKS} disks / the first`
    return ratioOf(passes, what, over as string, under as string, atMost(1.1))
  })
}

function callsOn(operation: (typeof OPERATIONS)[number], disk: Disk): Calls {
  const words = (count: number): string[] => [operation, disk.name, `${count}`]
  return { name: `${operation} of ${disk.sector}`, words, disks: [disk] }
}

/** With contents: a hole would be read faster than data are, and filled by the first write. */
function makeImage(directory: string, name: string, size = IMAGE_SIZE): string {
  const path = join(directory, `${name}.img`)
  writeFileSync(path, new Uint8Array(size).fill(0xa5))
  return path
}

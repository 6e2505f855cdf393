// Brings the guest's segments to their addresses, from one of two places: pages embedded in the launcher, which are moved, or the
// artefact's own file, whose pages are mapped and so shared by all instances. Either way the guest finds what a loader that
// copies would have given it: the segment's bytes and zeroes around them. Pure.

import { pageDown, pageUp, STAGED_IMAGE } from '../../launcher/address-space.ts'
import type { Staged } from '../../launcher/launcher.ts'
import type { Program } from '../../launcher/program.ts'
import {
  MAP_FIXED,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../launcher/system-calls.ts'
import type { Plan } from '../../wiring/plan.ts'

/** Bytes; Linux reads a little under 2 GiB at once and calls the rest a short read. */
const MAX_READ = 2 ** 30

type Segment = Plan['image']['segments'][number]

/** What guest memory is before segments get their own protection: heap and stack stay so. */
export function memoryAccess({ executableHeap }: Plan): number {
  return PROT_READ | PROT_WRITE | (executableHeap ? PROT_EXEC : 0)
}

/** Stages every segment in the launcher and moves it. Needs neither a descriptor nor /proc, so a kept file can use it anywhere. */
export function embedImage(setup: Program, plan: Plan): readonly Staged[] {
  const staged: Staged[] = []
  let address = STAGED_IMAGE
  for (const segment of plan.image.segments) {
    if (segment.fileSize === 0) {
      protect(setup, plan, segment)
      continue
    }
    const start = pageDown(segment.address)
    const size = pageUp(segment.address + segment.fileSize) - start
    const { read, write, execute } = segment
    const lead = segment.address - start
    const content = { size, lead, from: segment.fileOffset, length: segment.fileSize }
    staged.push({ address, read, write, execute, content })
    setup.call('mremap', [address, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start], {
      demand: BigInt(start),
      failure: `moving the guest's segment ${segment.index} to its place failed`,
    })
    protect(setup, plan, segment)
    address += size
  }
  return staged
}

/**
 * Maps every segment out of the descriptor `file`: whole pages are mapped, the ends of a segment that share a page with something
 * else are read. Where pages of the file cannot be executed (a noexec mount), an executable segment is read entirely.
 */
export function mapImage(setup: Program, plan: Plan, file: number): void {
  for (const segment of plan.image.segments) {
    const end = segment.address + segment.fileSize
    const congruent = (segment.address - segment.fileOffset) % 4096 === 0
    const mappable = congruent && (plan.artefact.executable || !segment.execute)
    const bodyStart = Math.min(pageUp(segment.address), end)
    const bodyEnd = mappable ? Math.max(pageDown(end), bodyStart) : bodyStart
    readPart(setup, segment, file, segment.address, bodyStart)
    if (bodyEnd > bodyStart) mapPart(setup, segment, file, bodyStart, bodyEnd)
    readPart(setup, segment, file, bodyEnd, end)
    protect(setup, plan, segment)
  }
}

function mapPart(setup: Program, segment: Segment, file: number, start: number, end: number): void {
  const offset = segment.fileOffset + (start - segment.address)
  setup.call('mmap', [start, end - start, protection(segment), MAP_PRIVATE | MAP_FIXED, file, offset], {
    demand: BigInt(start),
    failure: `mapping the guest's segment ${segment.index} from its file failed`,
  })
}

function readPart(setup: Program, segment: Segment, file: number, start: number, end: number): void {
  for (let at = start; at < end; at += MAX_READ) {
    const length = Math.min(MAX_READ, end - at)
    setup.call('pread64', [file, at, length, segment.fileOffset + (at - segment.address)], {
      demand: BigInt(length),
      failure: `reading the guest's segment ${segment.index} from its file failed`,
    })
  }
}

/** What differs from the rest of guest memory is set when the segment's bytes are in place. */
function protect(setup: Program, plan: Plan, segment: Segment): void {
  const wanted = protection(segment)
  // A segment without bytes keeps what guest memory has, as under the reference tender, whose bindings count on it.
  if (segment.fileSize === 0 || wanted === memoryAccess(plan) || segment.end <= segment.start) return
  setup.call('mprotect', [segment.start, segment.end - segment.start, wanted], {
    demand: 0n,
    failure: `protecting the guest's segment ${segment.index} failed`,
  })
}

function protection({ read, write, execute }: Segment): number {
  return (read ? PROT_READ : 0) | (write ? PROT_WRITE : 0) | (execute ? PROT_EXEC : 0)
}

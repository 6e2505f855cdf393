// What is odd about the segments of an ELF file that is loaded by something other than Solo5's tenders, whose rules are elf/load.ts'.

import type { Source } from '../base/reader.ts'
import { type AnyElf, placeOf } from '../elf/any.ts'
import { HEADER, PF_EXECUTE, PF_WRITE, PT_LOAD } from '../elf/format.ts'
import type { ProgramHeader } from '../elf/read.ts'
import type { Finding } from './finding.ts'

const MAX_FINDINGS = 64 // a file with a thousand bad segments is not worth more lines than that

export interface SegmentRules {
  /** Whether anything loads the segments. */
  readonly loaded: boolean
  /** Whether it starts at e_entry, and whether that may be a physical address. */
  readonly entry: 'virtual' | 'physical' | 'none'
}

/** Segments outside of the file, writable and executable ones, overlapping ones, and an entry that is in none. */
export function examineSegments(elf: AnyElf, source: Source, rules: SegmentRules): Finding[] {
  const findings: Finding[] = []
  const find = (
    severity: Finding['severity'],
    code: Finding['code'],
    header: ProgramHeader,
    name: FieldName,
    message: string,
  ) => {
    findings.push({ severity, code, ...placeOf(elf, header, name), message })
  }
  const loads = elf.programHeaders.filter(({ type, memsz }) => type === PT_LOAD && memsz > 0n)
  for (const header of loads) {
    const size = BigInt(source.size)
    if (header.filesz > 0n && (header.offset > size || header.filesz > size - header.offset)) {
      find(
        rules.loaded ? 'refused' : 'notice',
        'TRUNCATED',
        header,
        'p_filesz',
        `is ${header.filesz}, past the end of the file`,
      )
    }
    if (header.memsz < header.filesz) {
      find(
        'refused',
        'BAD_VALUE',
        header,
        'p_memsz',
        `is ${header.memsz}, less than the ${header.filesz} bytes in the file`,
      )
    }
    if ((header.flags & PF_WRITE) !== 0 && (header.flags & PF_EXECUTE) !== 0) {
      find('notice', 'BAD_VALUE', header, 'p_flags', 'asks for memory that is writable and executable at once')
    }
  }
  for (const [header, before] of overlaps(loads)) {
    find('notice', 'BAD_VALUE', header, 'p_vaddr', `begins inside segment ${before.index}`)
  }
  if (rules.entry !== 'none' && !inCode(loads, elf.entry, rules.entry === 'physical')) {
    const message = 'does not lie in an executable segment'
    findings.push({ severity: 'notice', code: 'BAD_VALUE', field: 'e_entry', offset: HEADER.entry, message })
  }
  if (elf.programHeaderCount > elf.programHeaders.length) {
    const message = `is ${elf.programHeaderCount}, of which ${elf.programHeaders.length} have been read`
    findings.push({
      severity: 'notice',
      code: 'LIMIT',
      field: 'e_phnum',
      offset: elf.class === 64 ? HEADER.phnum : 44,
      message,
    })
  }
  return findings.slice(0, MAX_FINDINGS)
}

type FieldName = Parameters<typeof placeOf>[2]

/** Neighbours by address that share some of it. */
function overlaps(loads: readonly ProgramHeader[]): [header: ProgramHeader, before: ProgramHeader][] {
  const sorted = [...loads].sort((a, b) => (a.vaddr < b.vaddr ? -1 : Number(a.vaddr > b.vaddr)))
  const found: [ProgramHeader, ProgramHeader][] = []
  for (const [i, header] of sorted.entries()) {
    const before = sorted[i - 1]
    if (before !== undefined && header.vaddr - before.vaddr < before.memsz) found.push([header, before])
  }
  return found
}

function inCode(loads: readonly ProgramHeader[], entry: bigint, physical: boolean): boolean {
  const holds = (start: bigint, size: bigint): boolean => entry >= start && entry - start < size
  return loads.some(
    ({ flags, vaddr, paddr, memsz }) =>
      (flags & PF_EXECUTE) !== 0 && (holds(vaddr, memsz) || (physical && holds(paddr, memsz))),
  )
}

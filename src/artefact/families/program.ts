// An ELF file that is no unikernel: a program for the host, a shared library, an object for a linker, a core dump. The last recogniser for
// ELF files: it takes all that is left.

import { quote } from '../../base/quote.ts'
import { type AnyElf, ELF_TYPES } from '../../elf/any.ts'
import { interpreterOf } from '../interpreter.ts'
import { examineSegments } from '../segments.ts'
import { elfFacts, processorOf } from '../elf-facts.ts'
import type { ElfFile } from '../elf-file.ts'
import { identification, type Identification, type Starter } from '../identification.ts'

const PT_DYNAMIC = 2

const SUMMARIES: ReadonlyMap<string, string> = new Map([
  ['REL', 'object for a linker, no unikernel'],
  ['EXEC', 'program for the host, no unikernel'],
  ['DYN', 'shared library, no unikernel'],
  ['CORE', 'core dump of a process'],
])

export function recogniseProgram({ elf, source }: ElfFile): Identification {
  const type = ELF_TYPES.get(elf.type)
  const interpreter = interpreterOf(elf, source)
  const runs = type === 'EXEC' || (type === 'DYN' && (interpreter !== undefined || isStaticPie(elf)))
  const summary = runs ? 'program for the host, no unikernel' : SUMMARIES.get(type ?? '')
  return identification({
    family: 'program',
    summary: summary ?? `ELF file of type ${elf.type}, no unikernel`,
    processor: processorOf(elf),
    entry: elf.entry,
    facts: [
      ...elfFacts(elf),
      ...(interpreter === undefined ? [] : [{ name: 'interpreter', value: quote(interpreter) }]),
    ],
    starters: runs ? [starterOf(elf)] : [],
    segments: elf.programHeaders,
    findings: examineSegments(elf, source, { loaded: runs, entry: runs ? 'virtual' : 'none' }),
  })
}

/** A static PIE has a dynamic section, for its relocations, and an entry; a library has no entry. */
function isStaticPie(elf: AnyElf): boolean {
  return elf.entry !== 0n && elf.programHeaders.some(({ type }) => type === PT_DYNAMIC)
}

const HOST_MACHINES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'x64'],
  ['i386', 'x64'],
  ['aarch64', 'arm64'],
  ['arm', 'arm'],
  ['riscv64', 'riscv64'],
  ['s390x', 's390x'],
  ['ppc64', 'ppc64'],
])

function starterOf(elf: AnyElf): Starter {
  const { name } = processorOf(elf)
  const linux = { machine: HOST_MACHINES.get(name) ?? name, atLeast: [0, 0] } as const
  return {
    name: 'Linux',
    how: './FILE',
    requires: elf.osAbi === 0 || elf.osAbi === 3 ? { linux } : { elsewhere: true },
  }
}

// Recognises Solo5 unikernels of every target and processor. What makes one is its ABI1 note, or a MFT1 note where that one is missing.

import { MAX_COMMAND_LINE } from '../../config/command-line.ts'
import type { Target } from '../abi.ts'
import { type Artefact, examineArtefact, isSolo5Note } from '../artefact.ts'
import type { ElfFile } from '../elf-file.ts'
import { interpreterOf } from '../interpreter.ts'
import { programsForSolo5 } from './rumprun.ts'
import { identification, type Identification, type Parameter, type Starter } from '../identification.ts'

const INTERPRETER = '/nonexistent/solo5/'

/** The devices that rumprun's Solo5 port declares, and Nabla's with it: always these two. */
const RUMPRUN_DEVICES = 'block rootfs,net tap'

/** Throws FormatError where the notes say that it is one and the rest of it does not fit. */
export function recogniseSolo5(file: ElfFile): Identification | undefined {
  const { elf, source, notes } = file
  // The program that no kernel has stands in every one of them, also where a note is damaged.
  const known = notes.some(isSolo5Note) || interpreterOf(elf, source) === INTERPRETER
  if (!known) return undefined
  const artefact = examineArtefact(source)
  const found = identifyArtefact(artefact)
  return isRumprun(artefact) ? { ...found, facts: programsForSolo5(file) } : found
}

/** What is known of a Solo5 unikernel that has been decoded. */
export function identifyArtefact(artefact: Artefact): Identification {
  const rumprun = isRumprun(artefact)
  return identification({
    family: 'solo5',
    summary: rumprun ? 'Solo5 unikernel, rumprun' : 'Solo5 unikernel',
    target: artefact.target,
    processor: artefact.machine,
    entry: artefact.elf.entry,
    needs: [{ kind: 'boot protocol', detail: PROTOCOLS[artefact.target] }],
    accepts: [rumprun ? RUMPRUN_CONFIGURATION : COMMAND_LINE],
    starters: [...startersOf(artefact), ...(rumprun && artefact.target === 'spt' ? [NABLA] : [])],
    segments: artefact.elf.programHeaders,
    findings: artefact.findings,
    artefact,
    ...(artefact.baked === undefined ? {} : { baked: artefact.baked }),
  })
}

const COMMAND_LINE: Parameter = {
  name: 'command line',
  form: `at most ${MAX_COMMAND_LINE} bytes`,
  detail: 'one string; words that begin with --solo5: come first',
}

const RUMPRUN_CONFIGURATION: Parameter = {
  name: 'configuration',
  form: `at most ${MAX_COMMAND_LINE} bytes`,
  detail: 'rumprun’s JSON as the command line',
}

const NABLA: Starter = {
  name: 'nabla-run',
  how: "nabla-run --net=TAP --disk=IMAGE FILE '{…}'",
  requires: { command: 'nabla-run' },
}

/** The declared devices are what tells: no other toolchain declares exactly these. */
function isRumprun({ manifest }: Artefact): boolean {
  const declared = manifest.devices.map(({ type, name }) => `${type} ${name}`)
  return declared.sort().join() === RUMPRUN_DEVICES
}

const PROTOCOLS: Readonly<Record<Target, string>> = {
  hvt: 'Solo5 hvt: a tender on a hypervisor of the host',
  spt: 'Solo5 spt: a process in a seccomp sandbox',
  virtio: 'Multiboot 1, virtio devices on PCI',
  muen: 'a subject of a Muen system, built into its image',
  genode: 'a Genode component; Solo5 has given this target up',
  xen: 'Xen PVH',
}

const SPT_MACHINES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'x64'],
  ['aarch64', 'arm64'],
  ['ppc64', 'ppc64'],
])

/** The oldest Linux with all that a launcher of ours asks for. */
const LAUNCHER_LINUX = [5, 9] as const

function startersOf({ target, machine }: Artefact): Starter[] {
  const host = SPT_MACHINES.get(machine.name) ?? machine.name
  const any = { machine: host, atLeast: [0, 0] } as const
  switch (target) {
    case 'spt': {
      const own = {
        name: 'slipway run',
        how: 'slipway run FILE -- WORDS',
        requires: { linux: { machine: host, atLeast: LAUNCHER_LINUX } },
      }
      const reference = {
        name: 'solo5-spt',
        how: 'solo5-spt FILE -- WORDS',
        requires: { command: 'solo5-spt', linux: any },
      }
      return machine.name === 'x86_64' ? [own, reference] : [reference]
    }
    case 'hvt':
      return [
        {
          name: 'solo5-hvt',
          how: 'solo5-hvt FILE -- WORDS',
          requires: { command: 'solo5-hvt', kvm: true, linux: any },
        },
      ]
    case 'virtio':
      return [
        {
          name: 'QEMU',
          how: "qemu-system-x86_64 -kernel FILE -append 'WORDS'",
          requires: { command: 'qemu-system-x86_64' },
        },
        { name: 'GRUB', how: 'multiboot FILE WORDS', requires: { elsewhere: true } },
      ]
    case 'xen':
      return [{ name: 'Xen', how: "xl create, with type='pvh' and kernel='FILE'", requires: { command: 'xl' } }]
    case 'muen':
      return [{ name: 'Muen', how: 'as a subject of a system built with it', requires: { elsewhere: true } }]
    case 'genode':
      return [{ name: 'Genode', how: 'as a component of a system built with it', requires: { elsewhere: true } }]
  }
}

// A manifest note for linkers and compilers: as an object file, as assembler, as C. Each defines the section from which Solo5's linker
// scripts make a program header of its own, and the symbol by which the bindings for virtio and xen find the manifest. Pure.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { MACHINE_AARCH64, MACHINE_PPC64, MACHINE_X86_64, SHF_ALLOC, SHT_NOTE } from '../elf/format.ts'
import { composeObject } from '../elf/relocatable.ts'
import { type DeviceDeclaration, encodeManifestNote, isDeviceName } from './manifest.ts'

const SECTION = '.note.solo5.manifest'
const SYMBOL = '__solo5_mft1_note'
/** Not 8, though the structure inside is aligned to 8: readers of notes would look for the descriptor elsewhere then. */
const ALIGNMENT = 4
const BYTES_IN_A_LINE = 16

/** The numbers of the types, for text that a compiler turns into an entry. */
const TYPES = { reserved: 2 ** 30, block: 1, net: 2 } as const

/** e_machine and e_flags. For 64-bit PowerPC the flags say which ABI it is: little-endian programs have the second one. */
const MACHINES = {
  x86_64: { machine: MACHINE_X86_64, flags: 0 },
  aarch64: { machine: MACHINE_AARCH64, flags: 0 },
  ppc64le: { machine: MACHINE_PPC64, flags: 2 },
} as const

export type ObjectMachine = keyof typeof MACHINES

export const OBJECT_MACHINES: readonly ObjectMachine[] = ['x86_64', 'aarch64', 'ppc64le']

/**
 * An ELF object file to link into a unikernel. Throws UsageError as `encodeManifestNote` does.
 *
 * @example
 * ```ts
 * writeManifestObject([{ name: 'service', type: 'net' }], 'x86_64') // then: ld -T solo5_hvt.lds … manifest.o
 * ```
 */
export function writeManifestObject(
  devices: readonly DeviceDeclaration[],
  machine: ObjectMachine,
): Uint8Array<ArrayBuffer> {
  const bytes = encodeManifestNote(devices)
  const note = { name: SECTION, type: SHT_NOTE, flags: SHF_ALLOC, align: ALIGNMENT, bytes, symbol: SYMBOL }
  return composeObject({ ...MACHINES[machine], sections: [note] })
}

/** The same for an assembler, of whatever processor. Throws UsageError as `encodeManifestNote` does. */
export function writeManifestAssembler(devices: readonly DeviceDeclaration[]): string {
  const note = encodeManifestNote(devices)
  const lines = [
    `/* A Solo5 manifest: ${summary(devices)}. Made by slipway manifest new. */`,
    // With a percent sign, because an at sign begins a comment on some processors.
    `        .section ${SECTION}, "a", %note`,
    `        .balign ${ALIGNMENT}`,
    `        .globl  ${SYMBOL}`,
    `        .type   ${SYMBOL}, %object`,
    `        .size   ${SYMBOL}, ${note.length}`,
    `${SYMBOL}:`,
  ]
  for (let at = 0; at < note.length; at += BYTES_IN_A_LINE) {
    lines.push(`        .byte   ${[...note.subarray(at, at + BYTES_IN_A_LINE)].join(', ')}`)
  }
  return [...lines, '', '        .section .note.GNU-stack, "", %progbits', ''].join('\n')
}

/**
 * The same as C, for whoever has a compiler in the middle anyway: one object with its own types, which needs no header. Names need not be
 * unique here, because Solo5's elftool does not ask for that. Throws UsageError for a name that C could not take as it is.
 */
export function writeManifestC(devices: readonly DeviceDeclaration[], maker = 'slipway manifest new'): string {
  for (const { name } of devices) {
    if (!isDeviceName(name)) throw new UsageError('BAD_ARGUMENT', `${quote(name)} cannot be the name of a device`)
  }
  const count = devices.length + 1
  const entry = (name: string, type: keyof typeof TYPES): string =>
    `        { .name = "${name}", .type = 0x${TYPES[type].toString(16)} },`
  return `/* A Solo5 manifest: ${summary(devices)}. Made by ${maker}. */

struct solo5_manifest_entry {
    char name[68];
    unsigned int type; /* 1 block, 2 network; the first entry is reserved */
    unsigned char filled_in_by_the_tender[32];
};

struct solo5_manifest_note {
    unsigned int name_size, descriptor_size, note_type;
    char name[8];
    unsigned int padding;
    unsigned int version, entries;
    struct solo5_manifest_entry e[${count}];
};

__attribute__((section("${SECTION}"), aligned(${ALIGNMENT}), used))
const struct solo5_manifest_note ${SYMBOL} = {
    .name_size = 6,
    .descriptor_size = sizeof(struct solo5_manifest_note) - 20,
    .note_type = 0x3154464d,
    .name = "Solo5",
    .version = 1,
    .entries = ${count},
    .e = {
${[entry('', 'reserved'), ...devices.map(({ name, type }) => entry(name, type))].join('\n')}
    },
};

_Static_assert(sizeof(struct solo5_manifest_note) == 32 + 104 * ${count}, "the layout of the note");
`
}

function summary(devices: readonly DeviceDeclaration[]): string {
  return devices.length === 1 ? 'one device' : `${devices.length} devices`
}

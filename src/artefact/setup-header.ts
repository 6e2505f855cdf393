// The setup header of x86 Linux kernels ("The Linux/x86 Boot Protocol", Documentation/arch/x86/boot.rst), which other programs bear as
// well so that Linux loaders start them. The bytes come out of a file that somebody handed us. Pure.

import { type Source, window } from '../base/reader.ts'
import { hasBytes, peek, textOf } from './values.ts'

const SECTOR = 512
const HEADER_END = 0x268
const MAX_VERSION_TEXT = 512

export interface SetupHeader {
  /** Of the protocol: 0x020f is 2.15. */
  readonly version: number
  /** Bytes of the real-mode part, boot sector included: where the protected-mode part begins. */
  readonly setupSize: number
  /** Loaded at 1 MiB: a bzImage; else a zImage. */
  readonly loadedHigh: boolean
  /** What the kernel says about itself, still to be quoted; undefined where it does not. */
  readonly kernelVersion: string | undefined
  readonly code32Start: number
  /** Those that are undefined came with later versions of the protocol. */
  readonly relocatable: boolean | undefined
  readonly alignment: number | undefined
  readonly loadFlags64: number | undefined
  readonly commandLineSize: number | undefined
  readonly payload: { readonly offset: number; readonly length: number } | undefined
  readonly preferredAddress: bigint | undefined
  readonly initSize: number | undefined
  readonly initrdHighest: number | undefined
}

/** Bits of xloadflags. */
export const XLF = { kernel64: 1, above4G: 2, handover32: 4, handover64: 8 } as const

export function hasSetupHeader(source: Source): boolean {
  return source.size >= HEADER_END && hasBytes(source, 0x202, 'HdrS') && hasBytes(source, 0x1fe, '\x55\xaa')
}

/** Throws FormatError where the file ends within the header. */
export function readSetupHeader(source: Source): SetupHeader {
  const r = window(source, 0, HEADER_END, 'setup header')
  const version = r.u16(0x206, 'version')
  const since = <T>(wanted: number, read: () => T): T | undefined => (version >= wanted ? read() : undefined)
  const sectors = r.u8(0x1f1, 'setup_sects')
  const versionAt = r.u16(0x20e, 'kernel_version')
  // 0 means 4, for the oldest kernels.
  const setupSize = ((sectors === 0 ? 4 : sectors) + 1) * SECTOR
  return {
    version,
    setupSize,
    loadedHigh: (r.u8(0x211, 'loadflags') & 1) !== 0,
    kernelVersion: versionAt === 0 ? undefined : textOf(peek(source, versionAt + SECTOR, MAX_VERSION_TEXT)),
    code32Start: r.u32(0x214, 'code32_start'),
    initrdHighest: since(0x0203, () => r.u32(0x22c, 'initrd_addr_max')),
    alignment: since(0x0205, () => r.u32(0x230, 'kernel_alignment')),
    relocatable: since(0x0205, () => r.u8(0x234, 'relocatable_kernel') !== 0),
    commandLineSize: since(0x0206, () => r.u32(0x238, 'cmdline_size')),
    loadFlags64: since(0x020c, () => r.u16(0x236, 'xloadflags')),
    payload: since(0x0208, () => {
      const offset = r.u32(0x248, 'payload_offset')
      return offset === 0 ? undefined : { offset: setupSize + offset, length: r.u32(0x24c, 'payload_length') }
    }),
    preferredAddress: since(0x020a, () => r.u64(0x258, 'pref_address')),
    initSize: since(0x020a, () => r.u32(0x260, 'init_size')),
  }
}

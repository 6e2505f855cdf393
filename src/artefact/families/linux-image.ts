// Linux kernels for other processors as their loaders want them: Image of arm64 and riscv (Documentation/arch/arm64/booting.rst,
// Documentation/arch/riscv/boot-image-header.rst), zImage of 32-bit ARM.

import { type Source, window } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import { identification, type Identification, type Starter } from '../identification.ts'
import { linuxVersion } from '../linux-version.ts'
import { hasPeHeader } from '../pe.ts'
import { hasBytes } from '../values.ts'

const HEADER_SIZE = 64
const ARM_MAGIC_AT = 0x24

const ARCHITECTURES = [
  { processor: 'aarch64', magic: 'ARM\x64', at: 56, qemu: 'qemu-system-aarch64', machine: '-M virt -cpu max ' },
  { processor: 'riscv64', magic: 'RSC\x05', at: 56, qemu: 'qemu-system-riscv64', machine: '-M virt ' },
] as const

export function recogniseLinuxImage(source: Source): Identification | undefined {
  if (source.size < HEADER_SIZE) return undefined
  const known = ARCHITECTURES.find(({ magic, at }) => hasBytes(source, at, magic))
  if (known === undefined) return hasBytes(source, ARM_MAGIC_AT, '\x18\x28\x6f\x01') ? armImage() : undefined
  const r = window(source, 0, HEADER_SIZE, 'Image header')
  const size = r.u64(16, 'image_size')
  const stub = hasPeHeader(source)
  const qemu = {
    name: 'QEMU',
    how: `${known.qemu} ${known.machine}-kernel FILE -append 'WORDS'`,
    requires: { command: known.qemu },
  }
  const version = linuxVersion(source, { from: HEADER_SIZE, to: source.size })
  const short = size < BigInt(source.size)
  return identification({
    family: 'linux',
    // Unikraft for arm64 has the same header, and nothing of its own that could be told.
    summary: version.length > 0 ? 'Linux kernel, Image' : 'program with the boot protocol of a Linux Image',
    target: 'Image',
    processor: { id: null, name: known.processor },
    facts: [...version, { name: 'EFI stub', value: stub ? 'yes: EFI firmware can start it by itself' : 'no' }],
    needs: [
      { kind: 'boot protocol', detail: `Linux/${known.processor}, with a device tree` },
      ...(size > 0n && size < 2n ** 45n
        ? [{ kind: 'memory', detail: `${formatSize(Number(size))} at least, only to be loaded` } as const]
        : []),
    ],
    accepts: [
      {
        name: 'command line',
        form: 'bootargs of the device tree',
        detail: 'kernel parameters; behind -- words for init',
      },
    ],
    starters: [qemu, ...(stub ? [EFI] : [])],
    findings:
      short && size > 0n
        ? [
            {
              severity: 'notice',
              code: 'BAD_VALUE',
              field: 'image_size',
              offset: 16,
              message: `is ${size}, less than the file's ${source.size} bytes`,
            },
          ]
        : [],
  })
}

const EFI: Starter = {
  name: 'EFI firmware',
  how: 'as the boot file of its processor, or from its shell',
  requires: { elsewhere: true },
}

function armImage(): Identification {
  return identification({
    family: 'linux',
    summary: 'Linux kernel, zImage for ARM',
    target: 'zImage',
    processor: { id: null, name: 'arm' },
    needs: [{ kind: 'boot protocol', detail: 'Linux/arm, with a device tree' }],
    starters: [{ name: 'QEMU', how: 'qemu-system-arm -M virt -kernel FILE', requires: { command: 'qemu-system-arm' } }],
  })
}

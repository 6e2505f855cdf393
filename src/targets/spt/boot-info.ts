// The boot information an spt guest finds at 0x11000. Source: Solo5, bindings/spt and include/spt_abi.h (struct spt_boot_info);
// docs/spec/launcher.md has the table. Pure.

import { type Attachment, encodeManifest } from '../../artefact/manifest.ts'
import { ByteWriter } from '../../base/writer.ts'
import { pageUp } from '../../launcher/address-space.ts'
import type { PlannedDevice } from '../../wiring/devices.ts'
import { macBytes } from '../../wiring/mac.ts'
import type { Plan } from '../../wiring/plan.ts'

export const BOOT_INFO = 0x11000
export const HEADER_SIZE = 40

/** The descriptors that the guest is told. */
export type GuestDescriptors = {
  readonly epoll: number
  readonly timer: number
  /** In the order of the plan's devices. */
  readonly devices: readonly number[]
}

/** Whole pages for BOOT_INFO and up: the header, the manifest as the guest sees it, the command line with its NUL. */
export function encodeBootInfo(plan: Plan, descriptors: GuestDescriptors): Uint8Array {
  const attachments = plan.devices.map((device, i) => attach(device, descriptors.devices[i] as number))
  const manifest = encodeManifest(plan.devices, attachments)
  const commandLine = new TextEncoder().encode(plan.commandLine)
  const manifestAt = HEADER_SIZE
  const commandLineAt = manifestAt + manifest.length
  return new ByteWriter(pageUp(commandLineAt + commandLine.length + 1))
    .u64(0, BigInt(plan.memorySize))
    .u64(8, BigInt(plan.image.kernelEnd))
    .u64(16, BigInt(BOOT_INFO + commandLineAt))
    .u64(24, BigInt(BOOT_INFO + manifestAt))
    .u32(32, descriptors.epoll)
    .u32(36, descriptors.timer)
    .put(manifestAt, manifest)
    .put(commandLineAt, commandLine).bytes
}

function attach(device: PlannedDevice, descriptor: number): Attachment {
  if (device.type === 'net') return { type: 'net', descriptor, mac: macBytes(device.mac), mtu: device.mtu }
  return { type: 'block', descriptor, capacity: device.capacity, sectorSize: device.sectorSize }
}

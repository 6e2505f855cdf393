// The boot information inside a launcher: what the guest will be told. Pure; the bytes come out of a file that nobody has vouched for.

import { type Attachment, decodeAttachedManifest, type Device } from '../../artefact/manifest.ts'
import type { ByteReader } from '../../base/reader.ts'
import { MAX_COMMAND_LINE } from '../../config/command-line.ts'
import { MAX_MEMORY } from '../../wiring/plan.ts'
import { BOOT_INFO, HEADER_SIZE } from './boot-info.ts'

export type BootInformation = {
  /** Bytes. */
  readonly memorySize: number
  /** The end of the image's contents, as the guest is told. */
  readonly kernelEnd: number
  readonly commandLine: string
  readonly epoll: number
  readonly timer: number
  readonly devices: readonly { readonly device: Device; readonly attachment: Attachment }[]
}

/** `page` is what will lie at BOOT_INFO. Throws FormatError. */
export function decodeBootInfo(page: ByteReader): BootInformation {
  const number = (at: number, field: string, most: number): number => {
    const value = page.u64(at, field)
    page.check(value <= most, 'BAD_VALUE', at, field, `is ${value}, at most ${most} is possible`)
    return Number(value)
  }
  const inPage = (at: number, field: string): number => {
    const value = page.u64(at, field)
    const fits = value >= BOOT_INFO + HEADER_SIZE && value < BOOT_INFO + page.length
    page.check(fits, 'BAD_VALUE', at, field, `is 0x${value.toString(16)}, outside of the boot information`)
    return Number(value) - BOOT_INFO
  }
  const memorySize = number(0, 'boot.memorySize', MAX_MEMORY)
  const kernelEnd = number(8, 'boot.kernelEnd', memorySize)
  const commandLineAt = inPage(16, 'boot.commandLine')
  const manifestAt = inPage(24, 'boot.manifest')
  const manifest = page.slice(manifestAt, commandLineAt - manifestAt, 'boot.manifest')
  return {
    memorySize,
    kernelEnd,
    commandLine: readCommandLine(page, commandLineAt),
    epoll: page.u32(32, 'boot.epoll'),
    timer: page.u32(36, 'boot.timer'),
    devices: decodeAttachedManifest(manifest),
  }
}

function readCommandLine(page: ByteReader, at: number): string {
  const field = 'boot.commandLine'
  const rest = page.bytes(at, page.length - at, field)
  const length = rest.indexOf(0)
  page.check(length >= 0 && length <= MAX_COMMAND_LINE, 'BAD_VALUE', 16, field, 'has no end where it must have one')
  return new TextDecoder().decode(rest.subarray(0, length))
}

// A launcher's bytes for tests that spoil them, with the places that are worth it. Pure.

import { sourceOf } from '../../base/reader.ts'
import { readElf } from '../../elf/read.ts'
import type { SystemCallName } from '../../launcher/system-calls.ts'
import { openLauncher } from './describe-memory.ts'

export type LauncherSample = ReturnType<typeof openSample>

/** Where fields lie in a record. */
export const ARGUMENT = (n: number): number => 8 + 8 * n
export const EXPECTED = 56

/** A launcher with its places: of its headers, of its records, and of what a record's argument points to. */
export function openSample(bytes: Uint8Array<ArrayBuffer>) {
  const source = sourceOf(bytes)
  const { records, memory } = openLauncher(source)
  const elf = readElf(source)
  const record = (call: SystemCallName, nth = 0): number => {
    const found = records.filter((entry) => entry.kind === 'call' && entry.name === call).at(nth)
    if (found === undefined) throw new TypeError(`no ${call}`)
    return found.reader.origin
  }
  const fileOf = (address: bigint): number => {
    const segment = memory.segments.find(({ start, end }) => address >= start && address < end)
    if (segment === undefined) throw new TypeError(`0x${address.toString(16)} is not in the file`)
    return segment.offset + Number(address) - segment.start
  }
  const view = new DataView(bytes.buffer)
  const pointee = (call: SystemCallName, argument: number, nth = 0): number =>
    fileOf(view.getBigUint64(record(call, nth) + 8 + 8 * argument, true))
  const header = (type: number): number => elf.programHeaders.find((entry) => entry.type === type)?.at ?? 0
  const enter = records.at(-1)?.reader.origin ?? 0
  const note = Number(elf.programHeaders.find(({ type }) => type === 4)?.offset) + 20
  return {
    bytes,
    view,
    record,
    pointee,
    header,
    enter,
    note,
    entry: fileOf(elf.entry),
    boot: pointee('mremap', 0, -1),
    fileOf,
  }
}

// Disk images with a header of their own: qcow2 (QEMU's docs/interop/qcow2.rst), VMDK, VDI, VHD ("Virtual Hard Disk Image Format
// Specification"), VHDX. Only what says which one it is, how large the disk is, and on which other files it leans. Pure.

import { quote } from '../base/quote.ts'
import { type Source, window } from '../base/reader.ts'
import { formatSize } from '../base/size.ts'
import { bigEndian } from './big-endian.ts'
import type { Finding } from './finding.ts'
import type { Fact } from './identification.ts'
import { hasBytes, peek, textOf } from './values.ts'

const SECTOR = 512n
const MAX_NAME = 1023 // bytes of a backing file's name, as QEMU has it
const MAX_DESCRIPTOR = 20 * 1024

export interface Container {
  /** As QEMU calls the format. */
  readonly format: 'qcow2' | 'vmdk' | 'vdi' | 'vpc' | 'vhdx'
  readonly title: string
  readonly facts: readonly Fact[]
  readonly findings: readonly Finding[]
}

/** undefined for what is no container. Throws FormatError where the file ends within the header. */
export function readContainer(source: Source): Container | undefined {
  if (hasBytes(source, 0, 'QFI\xfb')) return readQcow2(source)
  if (hasBytes(source, 0, 'KDMV')) return readVmdk(source)
  if (hasBytes(source, 0, '# Disk DescriptorFile')) return readVmdkDescriptor(source, 0)
  if (hasBytes(source, 64, '\x7f\x10\xda\xbe')) return readVdi(source)
  if (hasBytes(source, 0, 'vhdxfile')) return { format: 'vhdx', title: 'VHDX', facts: [], findings: [] }
  if (hasBytes(source, 0, 'conectix')) return readVhd(source, 0)
  if (hasBytes(source, source.size - 512, 'conectix')) return readVhd(source, source.size - 512)
  return undefined
}

function readQcow2(source: Source): Container {
  const r = bigEndian(source, 0, 72, 'qcow2')
  const version = r.u32(4, 'version')
  const nameAt = r.u64(8, 'backing_file_offset')
  const nameSize = r.u32(16, 'backing_file_size')
  const facts: Fact[] = [{ name: 'version', value: `${version}` }, diskSize(r.u64(24, 'size'))]
  const findings: Finding[] = []
  if (r.u32(32, 'crypt_method') !== 0) facts.push({ name: 'encryption', value: 'yes' })
  if (nameAt !== 0n && nameAt < BigInt(source.size)) {
    const name = textOf(peek(source, Number(nameAt), Math.min(nameSize, MAX_NAME)))
    facts.push({ name: 'backing file', value: quote(name) })
    findings.push(leans('backing_file_offset', 8, `names another file of the host, ${quote(name)}`))
  }
  const incompatible =
    version >= 3 && source.size >= 104 ? bigEndian(source, 72, 8, 'qcow2').u64(0, 'incompatible_features') : 0n
  if ((incompatible & 4n) !== 0n)
    findings.push(leans('incompatible_features', 72, 'say that the data are in another file of the host'))
  return { format: 'qcow2', title: 'QEMU qcow2', facts, findings }
}

function readVmdk(source: Source): Container {
  const r = window(source, 0, 44, 'VMDK')
  const capacity = diskSize(r.u64(12, 'capacity') * SECTOR)
  const at = r.u64(28, 'descriptorOffset') * SECTOR
  const described = at > 0n && at < BigInt(source.size) ? readVmdkDescriptor(source, Number(at)) : undefined
  return { format: 'vmdk', title: 'VMware VMDK', facts: [capacity], findings: described?.findings ?? [] }
}

/** Lines such as `RW 4192256 SPARSE "disk-s001.vmdk"`. */
function readVmdkDescriptor(source: Source, at: number): Container {
  const text = textOf(peek(source, at, MAX_DESCRIPTOR))
  const kind = /^createType="([^"\n]*)"/m.exec(text)?.[1]
  const parent = /^parentFileNameHint="([^"\n]*)"/m.exec(text)?.[1]
  const extents = [...text.matchAll(/^(?:RW|RDONLY) \d+ [A-Z]+ "([^"\n]*)"/gm)].map(([, name = '']) => name)
  const facts = kind === undefined ? [] : [{ name: 'kind', value: quote(kind) }]
  const others = at === 0 || parent !== undefined ? [...extents, ...(parent === undefined ? [] : [parent])] : []
  const findings = others
    .slice(0, 8)
    .map((name) => leans('descriptor', at, `names another file of the host, ${quote(name)}`))
  return { format: 'vmdk', title: 'VMware VMDK', facts, findings }
}

function readVdi(source: Source): Container {
  const size = window(source, 0x170, 8, 'VDI').u64(0, 'DiskSize')
  return { format: 'vdi', title: 'VirtualBox VDI', facts: [diskSize(size)], findings: [] }
}

const VHD_KINDS: ReadonlyMap<number, string> = new Map([
  [2, 'fixed'],
  [3, 'dynamic'],
  [4, 'differencing'],
])

function readVhd(source: Source, at: number): Container {
  const r = bigEndian(source, at, 512, 'VHD')
  const kind = r.u32(60, 'Disk Type')
  const facts = [{ name: 'kind', value: VHD_KINDS.get(kind) ?? `${kind}` }, diskSize(r.u64(48, 'Current Size'))]
  const findings =
    kind === 4 ? [leans('Disk Type', at + 60, 'is differencing: it leans on another file of the host')] : []
  return { format: 'vpc', title: 'VHD', facts, findings }
}

function diskSize(bytes: bigint): Fact {
  const value = bytes < 2n ** 53n ? formatSize(Number(bytes)) : `${bytes} bytes, which no disk has`
  return { name: 'disk size', value }
}

/** Whoever attaches such an image gives the guest that file too. */
function leans(field: string, offset: number, message: string): Finding {
  return { severity: 'notice', code: 'BAD_VALUE', field, offset, message }
}

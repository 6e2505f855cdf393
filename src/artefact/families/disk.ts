// Disk images: containers, raw ones with a partition table, and file systems by themselves.

import type { Source } from '../../base/reader.ts'
import { type Container, readContainer } from '../disk-containers.ts'
import { readFileSystem } from '../file-systems.ts'
import { identification, type Identification, type Starter } from '../identification.ts'
import { readPartitions } from '../partitions.ts'

export function recogniseDisk(source: Source): Identification | undefined {
  const container = readContainer(source)
  if (container !== undefined) return describeContainer(container)
  // A hybrid ISO has a partition table as well, so file systems come first; only FAT stands in a boot sector itself.
  const fileSystem = readFileSystem(source)
  if (fileSystem !== undefined) {
    const { name, facts } = fileSystem
    const boots = name === 'ISO 9660' && facts.some(({ value }) => value.startsWith('yes'))
    return identification({
      family: 'disk',
      summary: `file system, ${name}`,
      target: name,
      facts,
      starters: boots
        ? [{ name: 'QEMU', how: 'qemu-system-x86_64 -cdrom FILE', requires: { command: 'qemu-system-x86_64' } }]
        : [],
    })
  }
  const partitions = readPartitions(source)
  if (partitions === undefined) return undefined
  return identification({
    family: 'disk',
    summary: `disk image, raw with ${partitions.table === 'GPT' ? 'a GPT' : 'an MBR'}`,
    target: 'raw',
    facts: partitions.facts,
    starters: [qemu('raw')],
    findings: partitions.findings,
  })
}

function describeContainer({ format, title, facts, findings }: Container): Identification {
  return identification({
    family: 'disk',
    summary: `disk image, ${title}`,
    target: format,
    facts,
    starters: [qemu(format)],
    findings,
  })
}

function qemu(format: string): Starter {
  const how = `qemu-system-x86_64 -drive file=FILE,format=${format},if=virtio`
  return { name: 'QEMU', how, requires: { command: 'qemu-system-x86_64' } }
}

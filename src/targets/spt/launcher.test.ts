import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { readArtefact } from '../../artefact/artefact.ts'
import { sampleArtefact } from '../../artefact/sample.ts'
import { type FileParts, joinParts } from '../../base/file-parts.ts'
import { ByteReader, sourceOf } from '../../base/reader.ts'
import { readElf } from '../../elf/read.ts'
import { LAUNCHER_BASE, STAGING } from '../../launcher/address-space.ts'
import { SECCOMP_RET_ALLOW, simulate } from '../../launcher/bpf.ts'
import { compileFilter, encodeCallData } from '../../launcher/filter.ts'
import { AUDIT_ARCH_X86_64 } from '../../launcher/policy.ts'
import { decodeRecord, type PlacedRecord, RECORD_SIZE } from '../../launcher/record.ts'
import { MAX_MEMORY, type Plan, planGuest } from '../../wiring/plan.ts'
import { NO_WIRES } from '../../wiring/wire.ts'
import { BOOT_INFO, encodeBootInfo } from './boot-info.ts'
import { composeSpt } from './launcher.ts'

const [R, W, X] = [4, 2, 1]
const MEMORY = 64 * 2 ** 20
const identity = { device: 1n, inode: 2n, size: 3, modifiedSeconds: 4n, modifiedNanoseconds: 5n }
const bytes = sampleArtefact({ devices: [] })

function plan(executable = true, image: Uint8Array = bytes): Plan {
  const artefact = readArtefact(sourceOf(image))
  const config = { name: 'hello', memorySize: MEMORY, commandLine: 'one two' }
  const facts = {
    platform: 'linux',
    machine: 'x64',
    kernel: '6.1.0',
    artefact: { path: '/srv/hello.spt', identity, executable },
    resources: new Map(),
  }
  return planGuest(artefact, NO_WIRES, config, facts)
}

const flatten = (launcher: FileParts): Uint8Array => joinParts(launcher, sourceOf(bytes))

const names = (records: readonly PlacedRecord[]): string[] =>
  records.map((record) => (record.kind === 'call' ? record.name : record.kind))

describe('composeSpt()', () => {
  it('makes an ELF file that a loader accepts, with setup first and last executable', () => {
    const file = flatten(composeSpt(plan(), { image: { kind: 'embedded' } }))
    const elf = readElf(sourceOf(file))
    const [setup, last, boot] = elf.programHeaders
    assert.ok(setup && last && boot)
    assert.deepEqual([setup.vaddr, setup.flags], [BigInt(LAUNCHER_BASE), R])
    assert.deepEqual([last.vaddr, last.flags], [setup.vaddr + setup.memsz, R | X])
    assert.deepEqual([boot.vaddr, boot.flags], [BigInt(STAGING), R | W])
    assert.ok(elf.entry > last.vaddr && elf.entry < last.vaddr + last.memsz)
    assert.ok(elf.programHeaders.every(({ flags }) => (flags & (W | X)) !== (W | X)))
  })

  it('lies above all the memory that a guest can have', () => {
    assert.ok(MAX_MEMORY <= LAUNCHER_BASE)
  })

  it('gives the same bytes for the same plan', () => {
    const [one, two] = [1, 2].map(() => flatten(composeSpt(plan(), { image: { kind: 'embedded' } })))
    assert.deepEqual(one, two)
  })

  it('puts the records where the executor finds them: contiguous across setup and last', () => {
    const launcher = composeSpt(plan(), { image: { kind: 'path' } })
    const file = flatten(launcher)
    const elf = readElf(sourceOf(file))
    const last = elf.programHeaders[1]
    assert.ok(last)
    const unmapping = launcher.records.findIndex(
      (record) => record.kind === 'call' && record.name === 'munmap' && record.args[0] === BigInt(LAUNCHER_BASE),
    )
    const start = Number(last.offset) - unmapping * RECORD_SIZE
    for (const [i, record] of launcher.records.entries()) {
      const at = start + i * RECORD_SIZE
      const decoded = decodeRecord(new ByteReader(file.subarray(at, at + RECORD_SIZE)), `record[${i}]`)
      if (decoded.kind === 'call' && record.kind === 'call') {
        assert.deepEqual([decoded.name, decoded.demand, decoded.times], [record.name, record.demand, record.times])
      } else assert.deepEqual(decoded, record)
    }
  })

  it('sets the filter last of all, after everything of the host is gone', () => {
    for (const image of [{ kind: 'embedded' }, { kind: 'path' }, { kind: 'descriptor', descriptor: 4 }] as const) {
      const all = names(composeSpt(plan(), { image, status: 3, parent: 99 }).records)
      const scratch = image.kind === 'embedded' ? [] : ['munmap'] // where the file was looked at
      const end = ['write', 'madvise', 'compare', ...scratch, 'munmap', 'munmap', 'prctl', 'seccomp', 'enter']
      assert.deepEqual(all.slice(-end.length), end)
      assert.deepEqual(all.slice(0, 2), ['rt_sigaction', 'rt_sigaction'])
    }
  })

  it('closes everything but what it was given on purpose', () => {
    const closed = (options: Parameters<typeof composeSpt>[1]) =>
      composeSpt(plan(), options).records.flatMap((record) =>
        record.kind === 'call' && record.name === 'close_range' ? [record.args.slice(0, 2).map(Number)] : [],
      )
    const all = 0xffff_ffff
    assert.deepEqual(closed({ image: { kind: 'embedded' } }), [[3, all]])
    assert.deepEqual(closed({ image: { kind: 'descriptor', descriptor: 4 }, status: 3 }), [[5, all]])
    assert.deepEqual(closed({ image: { kind: 'descriptor', descriptor: 9 }, status: 5 }), [
      [3, 4],
      [6, 8],
      [10, all],
    ])
  })

  it('compares every fact by which the file is known, and looks for its parent', () => {
    const { records } = composeSpt(plan(), { image: { kind: 'descriptor', descriptor: 4 }, status: 3, parent: 99 })
    const compared = records.flatMap((record) =>
      record.kind === 'compare' && record.anchor === 'absolute' ? [record.value] : [],
    )
    assert.deepEqual(compared, [1n, 2n, 3n, 4n, 5n])
    const parents = records.flatMap((record) =>
      record.kind === 'call' && record.name === 'getppid' ? [record.demand] : [],
    )
    assert.deepEqual(parents, [99n])
  })

  it('expects the descriptors that the kernel will hand out', () => {
    const descriptors = (status?: number) => composeSpt(plan(), { image: { kind: 'path' }, status }).descriptors
    assert.deepEqual(descriptors(), { epoll: 3, timer: 4, devices: [] })
    assert.deepEqual(descriptors(3), { epoll: 4, timer: 5, devices: [] })
    assert.deepEqual(descriptors(4), { epoll: 3, timer: 5, devices: [] })
  })

  it('maps whole pages of the file, and reads executable ones where they cannot be executed', () => {
    const large = readFileSync(new URL('../../../guests/prebuilt/large.spt', import.meta.url))
    const calls = (executable: boolean) => {
      const { records } = composeSpt(plan(executable, large), { image: { kind: 'path' } })
      return names(records).filter((name) => ['mmap', 'pread64', 'mprotect'].includes(name))
    }
    const [mapped, read] = [calls(true), calls(false)]
    assert.equal(mapped.filter((name) => name === 'mmap').length, read.filter((name) => name === 'mmap').length + 1)
    assert.ok(read.filter((name) => name === 'pread64').length >= 1)
  })

  it('reads what it cannot map in pieces that Linux reads at once', () => {
    const whole = plan()
    const [text, ...rest] = whole.image.segments
    assert.ok(text)
    const huge = { ...text, fileOffset: text.fileOffset + 8, fileSize: 2.5 * 2 ** 30 } // not congruent with its address
    const image = { ...whole.image, segments: [huge, ...rest] }
    const { records } = composeSpt({ ...whole, image }, { image: { kind: 'path' } })
    const reads = records.flatMap((record) => (record.kind === 'call' && record.name === 'pread64' ? [record] : []))
    assert.deepEqual(
      reads.slice(0, 3).map(({ args, demand }) => [args[1], args[2], args[3], demand]),
      [0, 1, 2].map((i) => {
        const length = BigInt(i < 2 ? 2 ** 30 : 2 ** 29)
        const done = BigInt(i * 2 ** 30)
        return [BigInt(text.address) + done, length, BigInt(huge.fileOffset) + done, length]
      }),
    )
  })

  it('allows six calls, with these descriptors only', () => {
    const { policy, descriptors } = composeSpt(plan(), { image: { kind: 'path' } })
    const filter = compileFilter(policy)
    const allowed: string[] = []
    for (let number = 0; number < 1024; number++) {
      for (const first of [0, 1, 2, descriptors.epoll, descriptors.timer, 5, 0x1002]) {
        const data = { architecture: AUDIT_ARCH_X86_64, number, args: [BigInt(first), 0n, 0n, 0n, 0n, 0n] }
        if (simulate(filter, encodeCallData(data)) === SECCOMP_RET_ALLOW) allowed.push(`${number}:${first}`)
      }
    }
    const any = (number: number) => [0, 1, 2, 3, 4, 5, 0x1002].map((first) => `${number}:${first}`)
    assert.deepEqual(allowed, ['1:1', '158:4098', '228:0', '228:1', ...any(231), '281:3', '286:4'])
  })

  it('refuses to open a file that the plan does not name', () => {
    const bare = { ...plan(), artefact: { path: undefined, identity: undefined, executable: true } }
    assert.throws(() => composeSpt(bare, { image: { kind: 'path' } }), TypeError)
  })
})

describe('encodeBootInfo()', () => {
  it('lays out what the bindings read', () => {
    const page = encodeBootInfo(plan(), { epoll: 3, timer: 4, devices: [] })
    const view = new DataView(page.buffer)
    assert.equal(page.length, 4096)
    assert.equal(view.getBigUint64(0, true), BigInt(MEMORY))
    assert.equal(view.getBigUint64(8, true), BigInt(plan().image.kernelEnd))
    const commandLine = Number(view.getBigUint64(16, true)) - BOOT_INFO
    assert.equal(new TextDecoder().decode(page.subarray(commandLine, commandLine + 8)), 'one two\0')
    const manifest = Number(view.getBigUint64(24, true)) - BOOT_INFO
    assert.equal(manifest, 40)
    assert.deepEqual([view.getUint32(manifest, true), view.getUint32(manifest + 4, true)], [1, 1]) // version, entries
    assert.deepEqual([view.getInt32(32, true), view.getInt32(36, true)], [3, 4])
  })
})

// Block devices that are parts of the artefact: what they add to a launcher, and to no other.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { joinParts } from '../../base/file-parts.ts'
import { sourceOf } from '../../base/reader.ts'
import { readElf } from '../../elf/read.ts'
import { HANDLER_STACK, HANDLER_STACK_SIZE, LAUNCHER_BASE, PARTS, PARTS_SPACE } from '../../launcher/address-space.ts'
import { handlerFor } from '../../launcher/handler.ts'
import { AUDIT_ARCH_X86_64, decide } from '../../launcher/policy.ts'
import type { PlacedRecord } from '../../launcher/record.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from '../../launcher/system-calls.ts'
import type { PlannedPart } from '../../wiring/devices.ts'
import { MAX_MEMORY } from '../../wiring/plan.ts'
import { composeSpt, type LaunchOptions } from './launcher.ts'
import { NEVER_OPEN, placeParts } from './parts.ts'
import { samplePlan, type WiredSample } from './sample.ts'

const PAGE = 4096
const [R, X] = [4, 1]
const SHOP: readonly WiredSample[] = [
  ['files=baked:', { kind: 'part', offset: 32 * PAGE, capacity: 4 * PAGE }],
  ['storage=/srv/disk.img', { kind: 'block', form: 'file', size: 16 * PAGE, device: 7n, inode: 8n }],
  ['more=baked:,sector=4096', { kind: 'part', offset: 40 * PAGE, capacity: PAGE }],
]
const FIRST = PARTS
const SECOND = PARTS + 5 * PAGE // behind the first, and a page that is not mapped

const MAPPED: LaunchOptions = { image: { kind: 'path' } }
const EMBEDDED: LaunchOptions = { image: { kind: 'embedded' } }

const { plan, artefact } = samplePlan(SHOP)
const calls = (records: readonly PlacedRecord[], name: SystemCallName) =>
  records.flatMap((record, index) => (record.kind === 'call' && record.name === name ? [{ ...record, index }] : []))

/** The file, and what of it lies at an address. */
function fileOf(options: LaunchOptions) {
  const bytes = joinParts(composeSpt(plan, options), artefact)
  const { programHeaders } = readElf(sourceOf(bytes))
  const at = (address: bigint, length: number): Uint8Array => {
    const segment = programHeaders.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz)
    assert.ok(segment, `0x${address.toString(16)} is not in the file`)
    const offset = Number(segment.offset + (address - segment.vaddr))
    return bytes.subarray(offset, offset + length)
  }
  return { bytes, programHeaders, at }
}

describe('composeSpt() with parts of the artefact', () => {
  it('puts them between any guest memory and the launcher', () => {
    assert.ok(MAX_MEMORY < HANDLER_STACK && HANDLER_STACK + HANDLER_STACK_SIZE < PARTS)
    assert.equal(PARTS + PARTS_SPACE, LAUNCHER_BASE)
  })

  it('has them mapped by the loader, out of the launcher, where it holds the image', () => {
    const { programHeaders, at } = fileOf(EMBEDDED)
    const [first, second, setup] = programHeaders
    assert.deepEqual(
      [first, second].map((header) => [header?.vaddr, header?.flags, header?.filesz, header?.memsz]),
      [
        [BigInt(FIRST), R, BigInt(4 * PAGE), BigInt(4 * PAGE)],
        [BigInt(SECOND), R, BigInt(PAGE), BigInt(PAGE)],
      ],
    )
    assert.equal(setup?.vaddr, BigInt(LAUNCHER_BASE))
    assert.deepEqual(at(BigInt(FIRST), 4 * PAGE), artefact.readAt(32 * PAGE, 4 * PAGE))
    assert.deepEqual(at(BigInt(SECOND), PAGE), artefact.readAt(40 * PAGE, PAGE))
    assert.deepEqual(calls(composeSpt(plan, EMBEDDED).records, 'mmap').length, 2) // memory, and the handler's stack
  })

  it('maps them, read-only, out of the file that the image is mapped from, before that is closed', () => {
    const { records } = composeSpt(plan, MAPPED)
    const mapped = calls(records, 'mmap').filter(({ args }) => args[0] === BigInt(FIRST) || args[0] === BigInt(SECOND))
    const file = calls(records, 'close').at(-1)
    const [read, privately] = [1n, 0x10_0002n] // MAP_PRIVATE, and nothing of it over something else
    assert.deepEqual(
      mapped.map(({ args, demand }) => [args, demand]),
      [
        [[BigInt(FIRST), BigInt(4 * PAGE), read, privately, file?.args[0], BigInt(32 * PAGE)], BigInt(FIRST)],
        [[BigInt(SECOND), BigInt(PAGE), read, privately, file?.args[0], BigInt(40 * PAGE)], BigInt(SECOND)],
      ],
    )
    assert.ok(mapped.every(({ index }) => index < (file?.index ?? 0)))
    assert.deepEqual(
      fileOf(MAPPED).programHeaders.filter(({ vaddr, type }) => type === 1 && vaddr < BigInt(LAUNCHER_BASE)),
      [],
    )
  })

  it('installs the handler when setup is gone, in pages that nobody can write to', () => {
    for (const options of [EMBEDDED, MAPPED]) {
      const { records } = composeSpt(plan, options)
      const installed = calls(records, 'rt_sigaction').at(-1)
      assert.ok(installed)
      const names = records.slice(installed.index - 1).map((record) => (record.kind === 'call' ? record.name : 'enter'))
      assert.deepEqual(names, ['munmap', 'rt_sigaction', 'prctl', 'seccomp', 'enter'])
      const { at, programHeaders } = fileOf(options)
      const action = at(installed.args[1] ?? 0n, 32)
      const words = new DataView(action.buffer, action.byteOffset)
      const handler = words.getBigUint64(0, true)
      const addresses = [FIRST, SECOND]
      assert.deepEqual(at(handler, handlerFor(addresses).length), handlerFor(addresses))
      const flags = 0x4c00_0004n // SA_SIGINFO, SA_RESTORER, SA_ONSTACK, SA_NODEFER
      assert.deepEqual(
        [installed.args[0], ...[8, 16, 24].map((i) => words.getBigUint64(i, true))],
        [31n, flags, 0n, 0n],
      )
      const segment = programHeaders.find(({ vaddr, memsz }) => handler >= vaddr && handler < vaddr + memsz)
      assert.equal(segment?.flags, R | X)
    }
  })

  it('gives it a stack of its own, whatever the guest’s is', () => {
    const { records } = composeSpt(plan, MAPPED)
    const [stack] = calls(records, 'sigaltstack')
    const struct = fileOf(MAPPED).at(stack?.args[0] ?? 0n, 24)
    const words = new DataView(struct.buffer, struct.byteOffset)
    assert.deepEqual(
      [0, 8, 16].map((i) => Number(words.getBigUint64(i, true))),
      [HANDLER_STACK, 0, HANDLER_STACK_SIZE],
    )
    const [memory] = calls(records, 'mmap').filter(({ args }) => args[0] === BigInt(HANDLER_STACK))
    const anonymous = 0x10_4022n // MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE
    assert.deepEqual(memory?.args.slice(1, 4), [BigInt(HANDLER_STACK_SIZE), 3n, anonymous])
  })

  it('tells the guest of numbers that are never open, and no other device of another', () => {
    const { descriptors } = composeSpt(plan, MAPPED)
    assert.deepEqual(descriptors, { devices: [NEVER_OPEN + 1, 3, NEVER_OPEN + 3], epoll: 4, timer: 5 })
    assert.ok(NEVER_OPEN >= (0x7fff_ffff & -64)) // sysctl_nr_open_max
  })

  it('has as many as there can be devices', () => {
    const many = Array.from({ length: 63 }, (_, i): WiredSample => {
      return [`part${i}=baked:`, { kind: 'part', offset: (32 + i) * PAGE, capacity: PAGE }]
    })
    const { descriptors, policy } = composeSpt(samplePlan(many).plan, EMBEDDED)
    assert.equal(descriptors.devices.at(-1), 0x7fff_ffff)
    assert.deepEqual(
      policy.flatMap(({ serve }) => (serve === undefined ? [] : [serve])),
      Array.from({ length: 63 }, (_, i) => i),
    )
  })

  it('refuses more bytes than fit below the launcher', () => {
    const [part] = plan.devices as readonly PlannedPart[]
    assert.ok(part)
    const half = { ...part, capacity: PARTS_SPACE / 2 }
    assert.equal(placeParts([half]).length, 1)
    assert.throws(() => placeParts([half, half]), RangeError)
  })

  it('changes nothing of a launcher without any', () => {
    const bare = samplePlan(SHOP.slice(1, 2))
    for (const options of [EMBEDDED, MAPPED]) {
      const launcher = composeSpt(bare.plan, options)
      assert.deepEqual(calls(launcher.records, 'sigaltstack'), [])
      const actions = calls(launcher.records, 'rt_sigaction').map(({ index }) => index)
      assert.ok(Math.max(...actions) < launcher.records.length - 5)
      const text = Buffer.from(joinParts(launcher, bare.artefact)).toString('hex')
      assert.ok(!text.includes(Buffer.from(handlerFor([])).toString('hex')))
      assert.ok(launcher.policy.every(({ serve }) => serve === undefined))
    }
  })
})

describe('sptPolicy() with parts of the artefact', () => {
  const { policy, descriptors } = composeSpt(plan, MAPPED)
  const [files = 0, , more = 0] = descriptors.devices
  const { read, pread64, pwrite64 } = SYSTEM_CALLS_X86_64
  const EROFS = 30
  const cases: [why: string, number: number, args: readonly number[], decision: ReturnType<typeof decide>][] = [
    ['the first sector', pread64, [files, 0, 512, 0], 'serve 0'],
    ['the last sector', pread64, [files, 0, 512, 4 * PAGE - 512], 'serve 0'],
    ['the only sector of another part', pread64, [more, 0, PAGE, 0], 'serve 1'],
    ['a sector behind the end', pread64, [files, 0, 512, 4 * PAGE], 'kill'],
    ['a sector that is not aligned', pread64, [files, 0, 512, 256], 'kill'],
    ['two sectors at once', pread64, [files, 0, 1024, 0], 'kill'],
    ['a sector of the other size', pread64, [more, 0, 512, 0], 'kill'],
    ['writing', pwrite64, [files, 0, 512, 0], EROFS],
    ['writing behind the end', pwrite64, [files, 0, 512, 4 * PAGE], 'kill'],
    ['reading it as if it were a network', read, [files], 'kill'],
    ['the number that no device has', pread64, [NEVER_OPEN, 0, 512, 0], 'kill'],
    ['going back from a signal', 15, [], 'kill'],
  ]
  for (const [why, number, args, decision] of cases) {
    it(`answers ${why} with ${decision}`, () => {
      const all = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt)
      assert.equal(decide(policy, { architecture: AUDIT_ARCH_X86_64, number, args: all }), decision)
    })
  }
})

// Follows the records of a launcher as its executor would, to the one that enters the guest. The watcher's go another way: they are looked
// at by name only. Pure.

import { S_IFBLK, S_IFMT, S_IFREG, type SystemCallName } from '../../launcher/system-calls.ts'
import { STEPS } from './describe-calls.ts'
import type { FoundRecord, OpenLauncher } from './describe-memory.ts'
import { type FoundCall, LauncherProcess, type OpenDescriptor, refuseUnless } from './describe-process.ts'
import { STAT } from './stat.ts'

/** Calls that are made several times, with the first argument counting up. */
const REPEATED: readonly SystemCallName[] = ['rt_sigaction', 'setitimer', 'fcntl']

/** Answers of the kernel and the places where they lie: four times what 63 devices need. */
const MAX_MEMORIES = 4096

const WATCHING: readonly SystemCallName[] = [
  'close',
  'prctl',
  'chdir',
  'capset',
  'ppoll',
  'exit_group',
  'write',
  'pidfd_send_signal',
  'prlimit64',
  'socket',
  'setsockopt',
  'bind',
]

/** What the process has become. Throws FormatError for records that no launcher of ours has, or whose effect cannot be told. */
export function followRecords(launcher: OpenLauncher): LauncherProcess {
  const process = new LauncherProcess(launcher)
  const { records } = launcher
  for (let next = 0; next < records.length; next++) {
    const record = records[next] as FoundRecord
    if (record.kind === 'enter') process.enter = record
    else if (record.kind === 'compare') learn(process, record)
    else {
      requirePlain(record)
      const step = STEPS[record.name]
      refuseUnless(record, step !== undefined, `makes ${record.name}, which no launcher does before its guest runs`)
      step(process, record)
      refuseUnless(record, process.memories <= MAX_MEMORIES, 'asks one question too many')
      if (record.name === 'clone') next += leaveWatcherOut(process, records, record)
    }
  }
  return process
}

/** What ours use in few places would make other records mean something else than they seem to. */
function requirePlain(record: FoundCall): void {
  const { name, times, load, anchor, store, unmet } = record
  refuseUnless(record, times === 1 || REPEATED.includes(name), 'is repeated')
  refuseUnless(record, !load || name === 'pidfd_open', 'takes its first argument from memory')
  refuseUnless(record, anchor === 'absolute' || name === 'madvise', 'counts from the stack')
  refuseUnless(record, store === undefined || name === 'getpid', 'keeps its result')
  refuseUnless(record, !('skip' in unmet) || name === 'clone', 'leaves records out')
}

/** The number of the watcher's records, behind which the guest's process goes on. */
function leaveWatcherOut(process: LauncherProcess, records: readonly FoundRecord[], clone: FoundCall): number {
  const { unmet, index } = clone
  refuseUnless(clone, !process.watched && clone.demand === 0n && 'skip' in unmet, 'starts a process that is no watcher')
  process.watched = true
  const own = records.slice(index + 1, index + 1 + unmet.skip)
  for (const [i, record] of own.entries()) {
    const known = record.kind === 'compare' || (record.kind === 'call' && WATCHING.includes(record.name))
    refuseUnless(record, known, 'is nothing that a watcher does')
    const inside = !('skip' in record.unmet) || i + 1 + record.unmet.skip < own.length
    refuseUnless(record, inside, 'leads the watcher to the guest’s records')
  }
  const last = own.at(-1)
  const ends = last?.kind === 'call' && last.name === 'exit_group'
  refuseUnless(last ?? clone, ends, 'leads the watcher to the guest’s records')
  return unmet.skip
}

/** What is demanded of an answer about a descriptor says what that is. */
function learn(process: LauncherProcess, record: FoundRecord & { kind: 'compare' }): void {
  refuseUnless(record, !('skip' in record.unmet), 'leaves records out')
  if (record.anchor !== 'absolute') return
  for (const { address, kind, descriptor } of process.answers) {
    const at = record.address - address
    if (kind === 'state' && at === BigInt(STAT.mode) && record.mask === BigInt(S_IFMT)) {
      descriptor.form = FORMS.get(record.value)
    }
    if (kind !== 'interface' || (at !== 0n && at !== 8n)) continue
    const whole = record.mask === 0xffff_ffff_ffff_ffffn && (at === 0n || descriptor.interface !== undefined)
    refuseUnless(record, whole, 'compares a part of an interface’s name')
    descriptor.interface = at === 0n ? lettersOf(record.value) : `${descriptor.interface}${lettersOf(record.value)}`
  }
}

const FORMS = new Map<bigint, OpenDescriptor['form']>([
  [BigInt(S_IFREG), 'file'],
  [BigInt(S_IFBLK), 'device'],
])

/** Up to eight bytes of a name, lowest first. */
function lettersOf(word: bigint): string {
  const bytes = Uint8Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? 8 : end))
}

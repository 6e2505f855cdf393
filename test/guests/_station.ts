// A guest with a TCP/IP of its own beside the kernel's, which is 10.0.0.1 on a TAP interface, in namespaces of the test's own: nothing of it is
// left and nothing outside is touched.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guestPath, ROOT, SLIPWAY } from '../support/guests.ts'

export const STATION_NEEDS = {
  host: ['linux', 'x86-64', 'root'],
  commands: ['ip', 'unshare', 'mount', 'python3'],
} as const

export type Station = {
  readonly guest: string
  readonly words: readonly string[]
  /** A shell's script, run when the guest is ready: `$guest` is its process, `$DIR` a directory for files. */
  readonly commands?: string
  /** What to do when the guest has ended. */
  readonly after?: string
  /** What to start in front of the guest: servers for it. */
  readonly before?: string
  readonly mtu?: number
  /** What goes wrong on the way: arguments of test/support/lossy-wire.py. */
  readonly wire?: readonly string[]
  /** The commands begin when the guest has printed that. */
  readonly ready?: string
}

/** All output of the commands, the guest's own, and how it ended by itself; `killed` where it did not within `PATIENCE` of their end. */
export type Outcome = { readonly output: string; readonly guest: string; readonly ending: string }

const PATIENCE = 20 // seconds

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

function scriptOf({
  guest,
  words,
  commands = ':',
  after = '',
  before = '',
  mtu = 1500,
  wire,
  ready = 'READY',
}: Station): string {
  const bad = `python3 ${join(ROOT, 'test/support/lossy-wire.py')} ${(wire ?? []).join(' ')} tap100 "$DIR/wire"`
  const carrier = wire === undefined ? 'tap:tap100' : `unix:$DIR/wire,mtu=${mtu}`
  const command = [process.execPath, SLIPWAY, 'run', '--mem', '64M'].map(quoted).join(' ')
  const rest = [guestPath(guest), '--', ...words].map(quoted).join(' ')
  return `
mount -t sysfs none /sys
ip link set lo up
ip tuntap add tap100 mode tap
ip address add 10.0.0.1/24 dev tap100
ip link set tap100 mtu ${mtu} up
until_said() { # waits until the last process has said that, or has ended
  while ! grep -sq "$2" "$1" && kill -0 $! 2>/dev/null; do sleep 0.02; done
  grep -sq "$2" "$1" || { cat "$1"; exit 1; }
}
${wire === undefined ? '' : `${bad} >"$DIR/wire.out" & until_said "$DIR/wire.out" READY`}
${before}
${command} --net "service=${carrier}" ${rest} >"$DIR/guest" 2>&1 & guest=$!
until_said "$DIR/guest" ${quoted(ready)}
${commands}
{ sleep ${PATIENCE}; echo killed >"$DIR/ending"; kill -KILL $guest; } & watch=$!
wait $guest
status=$?
kill $watch
test -e "$DIR/ending" || echo $status >"$DIR/ending"
${after}`
}

export function runStation(station: Station): Outcome {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-station-'))
  try {
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child']
    const { stdout, stderr } = spawnSync('unshare', [...namespaces, '/bin/sh', '-c', scriptOf(station)], {
      encoding: 'utf8',
      env: { ...process.env, DIR: directory },
      timeout: 50_000,
      killSignal: 'SIGKILL', // unshare takes no notice of SIGTERM; this ends everything in there with it
    })
    const read = (name: string): string =>
      existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : ''
    return { output: `${stdout}${stderr}`, guest: read('guest'), ending: read('ending').trim() }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const FACTOR = 0x9e3779b97f4a7c15n
const PERIOD = 2 ** 20

/** What guests send in bulk: guests/runtime/pattern.h. */
export function pattern(length: number): Buffer {
  const piece = Buffer.alloc(PERIOD)
  for (let at = 0; at < PERIOD; at += 8) piece.writeBigUInt64LE(BigInt.asUintN(64, BigInt(at / 8) * FACTOR), at)
  return Buffer.alloc(length, piece)
}

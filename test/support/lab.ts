// Three places of a test's own, each with a network and an /etc/resolv.conf: a guest, whose TCP/IP is Linux's own; the machine that it runs
// on; and the world, which that machine reaches over a cable. Nothing outside is touched, and nothing is left when the lab closes,
// or when whoever opened it dies: its first process reads its standard input and takes all others with it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf, eventually, isAlive, statusOf, whenPrinted } from './processes.ts'

export type Place = 'guest' | 'neighbour' | 'host' | 'world'

export const WORLD = '198.51.100.1'
export const HOST = '198.51.100.2'
/** The world knows of it, and that nobody can get there. */
export const UNREACHABLE = '203.0.113.1'

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type Options = {
  /** Seconds until it is killed. */
  readonly patience?: number
  readonly input?: string | Buffer
}

export type Started = {
  readonly child: ChildProcess
  /** In the lab, as everybody outside of it numbers processes. */
  readonly pid: number
  /** What it has printed so far, and what it has had to complain about. */
  readonly said: () => string
  readonly complained: () => string
  readonly ended: Promise<Ended>
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ended>
}

export type Lab = {
  /** A directory that is there while the lab is. */
  readonly directory: string
  /** Runs a command to its end. */
  readonly run: (place: Place, command: readonly string[], options?: Options) => Promise<Ended>
  /** The output of a command that has to succeed. */
  readonly succeed: (place: Place, command: readonly string[], options?: Options) => Promise<string>
  /** Fulfilled when the command has printed `until`, at once where that is not given. */
  readonly start: (place: Place, command: readonly string[], until?: string) => Promise<Started>
  /** Moves an interface, from the host if nothing else is said. */
  readonly move: (name: string, to: Place, from?: Place) => Promise<void>
  /** The number of a place's first process, as those outside number it and as those inside do. */
  readonly holder: (place: Place) => { readonly outside: number; readonly inside: number }
  readonly resolver: (place: Place) => string
  readonly close: () => Promise<void>
}

const PLACES: readonly Place[] = ['guest', 'neighbour', 'host', 'world']
const PATIENCE = 60 // seconds

/** Each place is a process with a network and mounts of its own, in the order of PLACES; what /sys says is of the network it was mounted in. */
const SCRIPT = `set -e
mount -t tmpfs none /run
for place in ${PLACES.join(' ')}; do
  unshare --net --mount --propagation private /bin/sh -c '
    mount -t sysfs none /sys; mount --bind "$1" /etc/resolv.conf; ip link set lo up; echo >"$1.ready"; exec sleep infinity
  ' sh "$1/resolv-$place" &
done
for place in ${PLACES.join(' ')}; do until [ -e "$1/resolv-$place.ready" ]; do sleep 0.01; done; done
echo READY
exec cat >/dev/null`

/** Needs root, `unshare`, `nsenter`, `ip` and `mount`. */
export async function openLab(): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-lab-'))
  const resolver = (place: Place): string => join(directory, `resolv-${place}`)
  for (const place of PLACES) writeFileSync(resolver(place), place === 'host' ? `nameserver ${WORLD}\n` : '')
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc']
  const first = spawn('unshare', [...namespaces, '/bin/sh', '-c', SCRIPT, 'sh', directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const over = once(first, 'close')
  await whenPrinted(first, 'READY')
  const holders = childrenOf(childrenOf(first.pid as number)[0] as number)
  const holder: Lab['holder'] = (place) => {
    const outside = holders[PLACES.indexOf(place)] as number
    return { outside, inside: Number(statusOf(outside, 'NSpid').split('\t').at(-1)) }
  }
  const enter = (place: Place, command: readonly string[], input: 'pipe' | 'ignore'): ChildProcess => {
    const words = [`--target=${holder(place).outside}`, '--net', '--mount', '--pid', '--', ...command]
    return spawn('nsenter', words, { stdio: [input, 'pipe', 'pipe'], cwd: directory })
  }
  const run: Lab['run'] = async (place, command, { patience = PATIENCE, input } = {}) => {
    const child = enter(place, command, input === undefined ? 'ignore' : 'pipe')
    child.stdin?.on('error', () => {}).end(input) // a command may end without having read all of it
    const timer = setTimeout(() => kill(child, 'SIGKILL'), patience * 1000)
    try {
      return await whenEnded(child)
    } finally {
      clearTimeout(timer)
    }
  }
  const succeed: Lab['succeed'] = async (place, command, options) => {
    const { status, stdout, stderr } = await run(place, command, options)
    assert.equal(status, 0, `${command.join(' ')} ended with ${status}: ${stdout}${stderr}`)
    return stdout
  }
  const lab: Lab = {
    directory,
    run,
    succeed,
    start: async (place, command, until) => {
      const child = enter(place, command, 'ignore')
      let [printed, complaints] = ['', '']
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
      const ended = whenEnded(child)
      if (until !== undefined)
        await whenPrinted(child, until).catch(async (error: unknown) =>
          Promise.reject(new Error(`${String(error)} ${(await ended).stderr}`)),
        )
      await eventually('its process', () => childrenOf(child.pid as number).length > 0)
      const pid = childrenOf(child.pid as number)[0] as number
      const stop: Started['stop'] = async (signal = 'SIGTERM') => {
        kill(child, signal)
        return await ended
      }
      return { child, pid, said: () => printed, complained: () => complaints, ended, stop }
    },
    move: async (name, to, from = 'host') => {
      await succeed(from, ['ip', 'link', 'set', name, 'netns', `${holder(to).inside}`])
    },
    holder,
    resolver,
    close: async () => {
      first.stdin.end()
      await over
      rmSync(directory, { recursive: true })
    },
  }
  try {
    await connect(lab)
  } catch (error) {
    await lab.close()
    throw error
  }
  return lab
}

/** The cable, and the ways over it. */
async function connect(lab: Lab): Promise<void> {
  const shell = async (place: Place, script: string): Promise<string> =>
    await lab.succeed(place, ['/bin/sh', '-ec', script])
  await shell('host', `ip link add eth0 type veth peer name eth0 netns ${lab.holder('world').inside}`)
  await shell(
    'world',
    `ip address add ${WORLD}/24 dev eth0; ip link set eth0 up; ip route add unreachable ${UNREACHABLE}; echo 1 >/proc/sys/net/ipv4/ip_forward`,
  )
  await shell('host', `ip address add ${HOST}/24 dev eth0; ip link set eth0 up; ip route add default via ${WORLD}`)
}

async function whenEnded(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

/** nsenter waits for the command, which is its child, and ends as it does. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  const pid = child.pid as number
  if (!isAlive(pid)) return
  for (const one of childrenOf(pid)) process.kill(one, signal)
}

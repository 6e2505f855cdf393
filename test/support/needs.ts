// What a test needs of the machine. A need that is not met skips the test by name, with the reason and the command that mends
// it; tools/reporter.ts prints and counts them. After `npm run test:all` a lack that a package manager could mend is a failure.

import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import type { TestOptions } from 'vitest'
import packages from '../../tools/debian-packages.json' with { type: 'json' }
import { hasProgram } from '../../tools/programs.mjs'
import { type NodeMajor, nodeBinary } from './node-binaries.ts'

export interface Need {
  /** Programs by name; the Debian package that brings each is in tools/debian-packages.json. */
  readonly commands?: readonly string[]
  /** Debian packages, for what is not a program: headers, libraries. */
  readonly apt?: readonly string[]
  readonly host?: readonly HostNeed[]
  /** Other versions of Node.js. */
  readonly node?: readonly NodeMajor[]
}

export type HostNeed = keyof typeof HOST

export interface Lack {
  readonly reason: string
  /** A command or an advice. */
  readonly mend: string
  /** A package manager can mend it, so `npm run test:all` has no excuse. */
  readonly mendable: boolean
}

declare module 'vitest' {
  interface TaskMeta {
    lacks?: readonly Lack[]
  }
}

interface DebianPackage {
  readonly name: string
  readonly why: string
  readonly commands?: readonly string[]
  readonly files?: readonly string[]
}

const debianPackages: readonly DebianPackage[] = packages

const HOST = {
  linux: { met: process.platform === 'linux', reason: 'this is not Linux', mend: 'run it on Linux' },
  'x86-64': { met: process.arch === 'x64', reason: 'this is not an x86-64 processor', mend: 'run it on x86-64' },
  root: {
    met: hasRootRights(),
    reason: "this is not root with all of root's rights",
    mend: 'sudo npm test, outside a container',
  },
  tap: {
    met: existsSync('/dev/net/tun'),
    reason: 'the kernel has no TAP interfaces',
    mend: 'modprobe tun',
  },
  mseal: {
    met: kernelIsAtLeast(6, 10),
    reason: 'the kernel is older than 6.10',
    mend: 'run it on Linux 6.10 or newer',
  },
  'memfd-noexec': {
    met: existsSync('/proc/sys/vm/memfd_noexec'),
    reason: 'the kernel is older than 6.3 and cannot refuse executable memfds',
    mend: 'run it on Linux 6.3 or newer',
  },
  'loop-devices': {
    met: existsSync('/dev/loop-control'),
    reason: 'the kernel has no loop devices',
    mend: 'modprobe loop',
  },
  'git-checkout': {
    met: existsSync(join(import.meta.dirname, '../../.git')),
    reason: 'the sources are here without their history',
    mend: 'git clone the repository',
  },
  'not-root': { met: process.getuid?.() !== 0, reason: 'this is root', mend: 'run it as an ordinary user' },
}

/** The user is root, and may mount, make namespaces and look into processes: in a container, root often may not. */
function hasRootRights(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false
  const [CAP_SYS_PTRACE, CAP_SYS_ADMIN] = [19n, 21n]
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const wanted = (1n << CAP_SYS_PTRACE) | (1n << CAP_SYS_ADMIN)
  return (BigInt(`0x${effective}`) & wanted) === wanted
}

function kernelIsAtLeast(major: number, minor: number): boolean {
  const [actualMajor = 0, actualMinor = 0] = release().split('.').map(Number)
  return process.platform === 'linux' && (actualMajor > major || (actualMajor === major && actualMinor >= minor))
}

/**
 * Options for `describe` or `it`: empty when everything is there, else a skip that carries its reasons.
 *
 * @example
 * ```ts
 * describe('a guest under strace', needs({ commands: ['gcc', 'strace'], host: ['linux', 'x86-64'] }), () => { … })
 * ```
 */
export function needs(need: Need): TestOptions {
  const lacks = lacksOf(need)
  return lacks.length === 0 ? {} : { skip: true, meta: { lacks } }
}

function lacksOf({ commands = [], apt = [], host = [], node = [] }: Need): Lack[] {
  const lacks: Lack[] = []
  for (const name of host) {
    const { met, reason, mend } = HOST[name]
    if (!met) lacks.push({ reason, mend, mendable: false })
  }
  for (const command of commands) {
    const { name } = packageThat((it) => it.commands?.includes(command) === true, `brings the program ${command}`)
    if (!hasProgram(command)) lacks.push(missing(`the program ${command}`, name))
  }
  for (const name of apt) {
    const wanted = packageThat((it) => it.name === name, `is called ${name}`)
    if (!isInstalled(wanted)) lacks.push(missing(`the Debian package ${name}`, name))
  }
  for (const major of node) {
    const mendable = process.platform === 'linux' && process.arch === 'x64'
    if (nodeBinary(major) === undefined) {
      lacks.push({ reason: `Node.js ${major} is missing`, mend: 'npm run test:all', mendable })
    }
  }
  return lacks
}

function missing(what: string, name: string): Lack {
  return { reason: `${what} is missing`, mend: `apt-get install ${name}`, mendable: hasProgram('apt-get') }
}

/** The list has to be complete, or `npm run test:all` could not install what is missing. */
function packageThat(fits: (it: DebianPackage) => boolean, what: string): DebianPackage {
  const found = debianPackages.find(fits)
  if (found === undefined) throw new Error(`no package in tools/debian-packages.json ${what}: add it, with the reason`)
  return found
}

function isInstalled({ commands = [], files = [] }: DebianPackage): boolean {
  return commands.every(hasProgram) && files.every((file) => existsSync(file))
}

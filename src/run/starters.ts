// Which of the things that can start a file exist on this machine.

import type { Requirement, Starter } from '../artefact/identification.ts'
import type { LookForStarter } from '../artefact/report.ts'
import { findCommand, mayUseKvm, thisSystem } from '../host/commands.ts'

/** Looks at this machine, once for each program, whatever the number of files. */
export function starterFinder(): LookForStarter {
  const commands = new Map<string, boolean>()
  const hasCommand = (name: string): boolean => {
    const known = commands.get(name) ?? findCommand(name) !== undefined
    commands.set(name, known)
    return known
  }
  return ({ requires }: Starter) => {
    if (requires.elsewhere === true) return { here: 'unknown', missing: null }
    const missing = lackOf(requires, hasCommand)
    return { here: missing === null ? 'yes' : 'no', missing }
  }
}

function lackOf({ command, kvm, linux }: Requirement, hasCommand: (name: string) => boolean): string | null {
  const { platform, machine, kernel } = thisSystem()
  if (linux !== undefined) {
    if (platform !== 'linux') return `this is ${platform}, not Linux`
    if (machine !== linux.machine) return `this processor is ${machine}, not ${linux.machine}`
    if (isOlder(kernel, linux.atLeast)) return `this Linux is older than ${linux.atLeast.join('.')}`
  }
  if (command !== undefined && !hasCommand(command)) return `no ${command} in PATH`
  if (kvm === true && !mayUseKvm()) return '/dev/kvm cannot be opened'
  return null
}

function isOlder(kernel: string, [major, minor]: readonly [number, number]): boolean {
  const [, actualMajor, actualMinor] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
  if (actualMajor === undefined) return false // a name that says nothing
  return Number(actualMajor) < major || (Number(actualMajor) === major && Number(actualMinor) < minor)
}

// The Plan: everything that will happen, decided and checked, as plain data. What starts a guest reads a Plan and nothing else. Pure.

import { type Artefact, layOut, requireTrusted } from '../artefact/artefact.ts'
import { HostError, UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { checkCommandLine } from '../config/command-line.ts'
import type { Configuration } from '../config/configuration.ts'
import { type PlannedDevice, planDevices, requireOtherThan } from './devices.ts'
import type { HostFacts } from './facts.ts'
import { matchWires } from './match.ts'
import type { Wiring } from './wire.ts'

/** Guest memory when the operator says nothing, as under the reference tender. */
export const DEFAULT_MEMORY = 512 * 1024 * 1024

/** The guest's own memory starts at 0; this much of it is never mapped, so that null pointers fault. */
export const GUEST_LOWEST = 0x10000

/** 16 TiB: half of what lies below the launcher. */
export const MAX_MEMORY = 2 ** 44

/** The first Linux with close_range, which leaves a guest no descriptor but its own. */
export const OLDEST_KERNEL = [5, 9] as const

/** What the artefact's loader rules make of its segments; addresses are the guest's. */
export type Image = ReturnType<typeof layOut>

export type Plan = {
  readonly target: 'spt'
  readonly machine: 'x86_64'
  /** For `ps`: at most 15 characters, letters, digits, `-`, `_` and `.` only. */
  readonly name: string
  /** Bytes; guest addresses run from 0 up to it. */
  readonly memorySize: number
  readonly image: Image
  /** In the order of the manifest, which gives them their handles. */
  readonly devices: readonly PlannedDevice[]
  readonly commandLine: string
  /** Heap and stack can be executed, as some old unikernels want it. */
  readonly executableHeap: boolean
  readonly artefact: HostFacts['artefact']
}

/**
 * Checks an artefact, the wiring, the configuration and the host's facts against each other. Throws FormatError for what a launch
 * must not overlook in the artefact, WiringError for devices, UsageError for what cannot be started or not with this memory, HostError
 * UNSUPPORTED_HOST for a machine that cannot.
 */
export function planGuest(artefact: Artefact, wiring: Wiring, config: Configuration, facts: HostFacts): Plan {
  requireTrusted(artefact)
  requireStartable(artefact, facts)
  const wired = matchWires(artefact, wiring)
  const devices = planDevices(wired, facts.resources, config.name, artefact.baked)
  requireOtherThan(facts.artefact.identity, devices)
  return {
    target: 'spt',
    machine: 'x86_64',
    name: processName(config.name),
    memorySize: config.memorySize,
    image: layOut(artefact, requireMemory(config.memorySize)),
    devices,
    commandLine: checkCommandLine(config.commandLine),
    executableHeap: config.executableHeap ?? false,
    artefact: facts.artefact,
  }
}

function requireStartable(artefact: Artefact, facts: HostFacts): void {
  if (artefact.target !== 'spt' || artefact.machine.name !== 'x86_64') {
    const what = `${artefact.target} on ${artefact.machine.name}`
    throw new UsageError(
      'BAD_ARGUMENT',
      `the artefact is for ${what}; only spt on x86_64 can be run`,
      'link the unikernel for the spt target',
    )
  }
  if (artefact.abiVersion !== 2) {
    const advice = 'link the unikernel with Solo5 0.9 or newer'
    throw new UsageError(
      'BAD_ARGUMENT',
      `the artefact asks for spt ABI version ${artefact.abiVersion}; 2 is known`,
      advice,
    )
  }
  requireHost(facts)
}

function requireHost({ platform, machine, kernel }: HostFacts): void {
  if (platform !== 'linux' || machine !== 'x64') {
    const advice = '`inspect` works here; run it on Linux on x86-64'
    throw new HostError('UNSUPPORTED_HOST', `spt guests run on Linux on x86-64, this is ${platform} on ${machine}`, {
      advice,
    })
  }
  if (isOlder(kernel, OLDEST_KERNEL)) {
    const problem = `spt guests need Linux ${OLDEST_KERNEL.join('.')} or newer (close_range), this is ${quote(kernel)}`
    throw new HostError('UNSUPPORTED_HOST', problem)
  }
}

export function isOlder(kernel: string, [major, minor]: readonly [number, number]): boolean {
  const [, actualMajor, actualMinor] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
  if (actualMajor === undefined) return false // a name that says nothing: the launcher finds out
  return Number(actualMajor) < major || (Number(actualMajor) === major && Number(actualMinor) < minor)
}

function requireMemory(bytes: number): number {
  const whole = Number.isSafeInteger(bytes) && bytes > 0 && bytes % 4096 === 0
  if (whole && bytes <= MAX_MEMORY) return bytes
  const problem = whole
    ? `more than the ${formatSize(MAX_MEMORY)} that are possible`
    : 'no positive multiple of 4096 bytes'
  throw new UsageError('BAD_ARGUMENT', `guest memory of ${bytes} bytes is ${problem}`, 'write for example --mem 512M')
}

function processName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 15) || 'guest'
}

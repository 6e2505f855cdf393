// The operator's wires against the devices that the artefact declares: each device has one, and none is left over. Pure.

import type { Artefact } from '../artefact/artefact.ts'
import { imageFor } from '../artefact/baked-format.ts'
import type { Device } from '../artefact/manifest.ts'
import { wiringFlag } from '../artefact/wiring-flag.ts'
import { UsageError, WiringError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { problemOfMac } from './mac.ts'
import { describeOrigin } from './origin.ts'
import { assignPorts } from './published.ts'
import { MIN_USER_MTU, problemOfUserLine } from './user-line.ts'
import {
  bakedWire,
  isInterfaceName,
  MAX_DESCRIPTOR,
  MAX_MTU,
  MIN_MTU,
  problemOfPath,
  SECTOR_SIZES,
  userWire,
  type Wire,
  type WiredDevice,
  type Wiring,
} from './wire.ts'

/**
 * Layers of wires as one wiring: a later layer's wire replaces an earlier one's for the same device. Throws WiringError CONFLICT where
 * one layer wires a device twice.
 *
 * @example
 * ```ts
 * mergeWires([fromFile, fromFlags])
 * ```
 */
export function mergeWires(layers: readonly (readonly Wire[])[]): Wiring {
  const merged = new Map<string, Wire>()
  for (const layer of layers) {
    const seen = new Map<string, Wire>()
    for (const wire of layer) {
      const other = seen.get(wire.device)
      if (other !== undefined) {
        const where = [other, wire].map(({ origin }) => quote(describeOrigin(origin))).join(' and ')
        const problem = `the device ${quote(wire.device)} is wired twice, by ${where}`
        throw new WiringError('CONFLICT', problem, 'keep one of the two')
      }
      seen.set(wire.device, wire)
      merged.set(wire.device, wire)
    }
  }
  return { wires: [...merged.values()] }
}

/** What of an artefact decides which wires it needs. */
export type Wirable = Pick<Artefact, 'baked'> & { readonly manifest: Pick<Artefact['manifest'], 'devices'> }

/**
 * Every device with its wire, and the ports that are published with the wires they lead to, in the manifest's order. A device that something is
 * baked in for needs no wire. Throws WiringError NOT_DECLARED or NOT_WIRED, whose message lists all that is wrong and the advice every flag
 * that is missing; CONFLICT for ports.
 */
export function matchWires(artefact: Wirable, wiring: Wiring): readonly WiredDevice[] {
  const { devices } = artefact.manifest
  for (const wire of wiring.wires) requireSound(wire)
  const automatic = [...automaticWires(devices, wiring), ...bakedWires(artefact, wiring)]
  const wires = new Map([...automatic, ...wiring.wires].map((wire) => [wire.device, wire]))
  const declared = new Map(devices.map((device) => [device.name, device]))
  const wrong = wiring.wires.filter((wire) => declared.get(wire.device)?.type !== wire.type)
  const missing = devices.filter(({ name }) => !wires.has(name))
  if (wrong.length > 0 || missing.length > 0) throw mismatch(devices, wrong, missing)
  const wired = devices.map((device) => ({ device, wire: wires.get(device.name) as Wire }))
  return assignPorts(wired, wiring.publish ?? [])
}

/** Those with a wire of their own keep that. */
function automaticWires(devices: readonly Device[], { autoWire }: Wiring): readonly Wire[] {
  if (autoWire === undefined) return []
  return devices.filter(({ type }) => type === 'net').map(({ name }) => userWire(name, autoWire))
}

function bakedWires({ manifest, baked }: Wirable, { withoutBaked = false }: Wiring): readonly Wire[] {
  if (baked === undefined || withoutBaked) return []
  return manifest.devices.flatMap(({ type, name }) =>
    type === 'block' && imageFor(baked, name) !== undefined ? [bakedWire(name)] : [],
  )
}

/** Flags and files make sound wires only; a program may write one by hand. */
function requireSound(wire: Wire): void {
  const problem = problemOfWire(wire)
  if (problem === undefined) return
  throw new UsageError('BAD_ARGUMENT', `the wire of ${quote(wire.device)}: ${problem}`)
}

function problemOfWire(wire: Wire): string | undefined {
  if (wire.type === 'block') {
    const problem = wire.medium === 'baked' ? undefined : problemOfPath(wire.path, 'file')
    if (problem !== undefined) return `the path ${problem}`
    return SECTOR_SIZES.includes(wire.sectorSize) ? undefined : `sectors of ${wire.sectorSize} bytes do not exist`
  }
  const { carrier, mac } = wire
  const least = carrier.kind === 'user' ? MIN_USER_MTU : MIN_MTU
  const { mtu = least } = wire
  if (!Number.isInteger(mtu) || mtu < least || mtu > MAX_MTU) return `an MTU of ${mtu} is not possible`
  const problem = mac === undefined ? undefined : problemOfMac(mac)
  if (problem !== undefined) return `the MAC ${problem}`
  switch (carrier.kind) {
    case 'tap':
      return isInterfaceName(carrier.interface) ? undefined : 'that cannot be the name of an interface'
    case 'unix': {
      const wrong = problemOfPath(carrier.path, 'socket')
      return wrong === undefined ? undefined : `the path ${wrong}`
    }
    case 'descriptor': {
      const { descriptor } = carrier
      const possible = Number.isInteger(descriptor) && descriptor >= 3 && descriptor <= MAX_DESCRIPTOR
      return possible ? undefined : `${descriptor} is no descriptor from 3 to ${MAX_DESCRIPTOR}`
    }
    case 'user': {
      const wrong = carrier.pcap === undefined ? undefined : problemOfPath(carrier.pcap, 'file')
      return wrong === undefined ? problemOfUserLine(carrier) : `the path of pcap ${wrong}`
    }
  }
}

function mismatch(devices: readonly Device[], wrong: readonly Wire[], missing: readonly Device[]): WiringError {
  const names = devices.map(({ name }) => name)
  const problems = wrong.map((wire) => {
    const declared = devices.find(({ name }) => name === wire.device)
    if (declared !== undefined) return `${quote(wire.device)} is a ${declared.type} device, not ${wire.type}`
    const meant = nearest(wire.device, names)
    const hint = meant === undefined ? '' : ` (did you mean ${quote(meant)}?)`
    return `the guest declares no device ${quote(wire.device)}${hint}`
  })
  if (missing.length > 0) {
    const list = missing.map(({ type, name }) => `${type} ${quote(name)}`).join(', ')
    problems.push(`nothing is wired to ${missing.length === 1 ? 'the device' : `${missing.length} devices:`} ${list}`)
  }
  const code = wrong.length > 0 ? 'NOT_DECLARED' : 'NOT_WIRED'
  return new WiringError(code, problems.join('; '), adviceFor(devices, wrong, missing))
}

function adviceFor(devices: readonly Device[], wrong: readonly Wire[], missing: readonly Device[]): string {
  if (missing.length > 0) return `add ${missing.map((device) => wiringFlag(device)).join(' ')}`
  const mistyped = devices.filter(({ name }) => wrong.some(({ device }) => device === name))
  if (mistyped.length > 0) return `write ${mistyped.map((device) => wiringFlag(device)).join(' ')}`
  if (devices.length === 0) return 'it needs no wires'
  return `it declares ${devices.map(({ type, name }) => `${type} ${quote(name)}`).join(', ')}`
}

// The operator's wires against the devices that the artefact declares: each device has one, and none is left over. Pure.

import type { Device } from '../artefact/manifest.ts'
import { wiringFlag } from '../artefact/wiring-flag.ts'
import { WiringError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import type { Wire, Wiring } from './wire.ts'

/** A declared device together with its wire, which is of the same type. */
export type WiredDevice = { readonly device: Device; readonly wire: Wire }

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
    const seen = new Set<string>()
    for (const wire of layer) {
      if (seen.has(wire.device)) {
        throw new WiringError('CONFLICT', `the device ${quote(wire.device)} is wired twice`, 'keep one of the two')
      }
      seen.add(wire.device)
      merged.set(wire.device, wire)
    }
  }
  return { wires: [...merged.values()] }
}

/**
 * Every device with its wire, in the manifest's order. Throws WiringError NOT_DECLARED or NOT_WIRED; the message lists all that is wrong,
 * the advice every flag that is missing.
 */
export function matchWires(devices: readonly Device[], wiring: Wiring): readonly WiredDevice[] {
  const wires = new Map(wiring.wires.map((wire) => [wire.device, wire]))
  const declared = new Map(devices.map((device) => [device.name, device]))
  const wrong = wiring.wires.filter((wire) => declared.get(wire.device)?.type !== wire.type)
  const missing = devices.filter(({ name }) => !wires.has(name))
  if (wrong.length > 0 || missing.length > 0) throw mismatch(devices, wrong, missing)
  return devices.map((device) => ({ device, wire: wires.get(device.name) as Wire }))
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
    problems.push(`nothing is wired to ${missing.length === 1 ? 'the device' : `${missing.length} devices`} ${list}`)
  }
  const code = wrong.length > 0 ? 'NOT_DECLARED' : 'NOT_WIRED'
  return new WiringError(code, problems.join('; '), adviceFor(devices, missing))
}

function adviceFor(devices: readonly Device[], missing: readonly Device[]): string {
  if (missing.length > 0) return `add ${missing.map(wiringFlag).join(' ')}`
  if (devices.length === 0) return 'it needs no wires'
  return `it declares ${devices.map(({ type, name }) => `${type} ${quote(name)}`).join(', ')}`
}

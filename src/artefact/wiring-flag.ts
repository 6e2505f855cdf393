// The flag that wires a declared device, with what only the operator knows in capitals: a network needs nothing of the machine. Pure.

import { type Baked, imageFor } from './baked-format.ts'
import { type DeviceDeclaration, isDeviceName } from './manifest.ts'

/**
 * null where the name cannot be wired: no escape may become part of a command that somebody copies. A disk that is baked in needs no flag; the
 * one that says so.
 */
export function wiringFlag({ name, type }: DeviceDeclaration, baked?: Baked): string | null {
  if (!isDeviceName(name)) return null
  if (type === 'net') return `--net ${name}=user`
  return baked !== undefined && imageFor(baked, name) !== undefined ? `--block ${name}=baked:` : `--block ${name}=PATH`
}

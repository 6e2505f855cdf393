// The flag that wires a declared device, with what only the operator knows in capitals: a network needs nothing of the machine. Pure.

import { type DeviceDeclaration, isDeviceName } from './manifest.ts'

/** null where the name cannot be wired: no escape may become part of a command that somebody copies. */
export function wiringFlag({ name, type }: DeviceDeclaration): string | null {
  if (!isDeviceName(name)) return null
  return type === 'net' ? `--net ${name}=user` : `--block ${name}=PATH`
}

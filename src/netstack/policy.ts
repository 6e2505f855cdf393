// Which addresses of the world a guest may reach. The operator's word, per device. Pure.

import type { Cidr } from '../base/ipv4.ts'

export type Policy = {
  /** 127.0.0.0/8 and ::1 of the machine, and through the name host.slipway.internal what listens there alone. */
  readonly allowHostLoopback: boolean
  /** Opens what is refused by default: link-local and metadata addresses, the machine's own, and with `no-internet` any other. */
  readonly allow: readonly Cidr[]
  /** Addresses outside of the network at all. */
  readonly internet: boolean
  /** The machine itself, by the name host.slipway.internal. */
  readonly host: boolean
}

export const DEFAULT_POLICY: Policy = { allowHostLoopback: false, allow: [], internet: true, host: true }

// Ports that are published, given to the devices that they lead to. Pure.

import { WiringError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { describeListener, MAX_PUBLISHED, type Publication } from './publish.ts'
import type { UserLine } from './user-line.ts'
import type { NetWire, WiredDevice } from './wire.ts'

type UserWire = NetWire & { readonly carrier: UserLine }

/**
 * The devices, with all that is published behind those wired to `user`. Throws WiringError UNSUITED for a port without such a device, CONFLICT for
 * one of the host that would lead to two places.
 */
export function assignPorts(wired: readonly WiredDevice[], publish: readonly Publication[]): readonly WiredDevice[] {
  const users = wired.map(({ wire }) => wire).filter(isUserWire)
  const added = new Map<UserWire, Publication[]>()
  for (const publication of publish) {
    const wire = chooseWire(publication, wired, users)
    added.set(wire, [...(added.get(wire) ?? []), publication])
  }
  requireSeparate(users.flatMap((wire) => [...wire.carrier.publish, ...(added.get(wire) ?? [])]))
  return wired.map(({ device, wire }) => {
    if (!isUserWire(wire)) return { device, wire }
    const all = [...wire.carrier.publish, ...(added.get(wire) ?? [])]
    return { device, wire: { ...wire, carrier: { ...wire.carrier, publish: all } } }
  })
}

function isUserWire(wire: WiredDevice['wire']): wire is UserWire {
  return wire.type === 'net' && wire.carrier.kind === 'user'
}

function chooseWire(publication: Publication, wired: readonly WiredDevice[], users: readonly UserWire[]): UserWire {
  const { device, guestPort, protocol } = publication
  const [first] = users
  const port = `${protocol} port ${guestPort} of the guest cannot be published`
  if (first === undefined) {
    const [net] = wired.filter(({ wire }) => wire.type === 'net')
    const advice = net === undefined ? 'it has no net device' : `wire one to it: --net ${net.device.name}=user`
    throw new WiringError('UNSUITED', `${port}: no net device is on a network of Slipway's own`, advice)
  }
  if (device === undefined) return first
  const chosen = users.find((wire) => wire.device === device)
  if (chosen !== undefined) return chosen
  const names = users.map((wire) => wire.device)
  const meant = nearest(device, names)
  const problem = wired.some((each) => each.device.name === device)
    ? `the device ${quote(device)} is not on a network of Slipway's own`
    : `the guest declares no device ${quote(device)}`
  const advice = meant === undefined ? `those that are: ${names.join(', ')}` : `did you mean ${meant}=?`
  throw new WiringError('UNSUITED', `${port}: ${problem}`, advice)
}

/** Addresses that stand for all of their family. */
const EVERY: ReadonlyMap<string, 4 | 6> = new Map([
  ['0.0.0.0', 4],
  ['::', 6],
])

/** The kernel finds out about other programs, and when it is asked; what can be known is said before. */
function requireSeparate(all: readonly Publication[]): void {
  if (all.length > MAX_PUBLISHED) {
    const problem = `${all.length} ports are published, at most ${MAX_PUBLISHED} are possible`
    throw new WiringError('CONFLICT', problem, 'start several guests')
  }
  for (const [i, one] of all.entries()) {
    const other = all.slice(0, i).find((each) => isSamePort(each, one))
    if (other === undefined) continue
    const problem = `${describeListener(one)} and ${describeListener(other)} cannot both be published`
    throw new WiringError('CONFLICT', problem, 'choose another port of the host for one of them')
  }
}

function isSamePort(a: Publication, b: Publication): boolean {
  if (a.hostPort === 0 || a.hostPort !== b.hostPort || a.protocol !== b.protocol) return false
  if (a.address === b.address) return true
  const families = [a, b].map(({ address }) => (address.includes(':') ? 6 : 4))
  return families[0] === families[1] && (EVERY.has(a.address) || EVERY.has(b.address))
}

// What a guest's port counts: frames, bytes, and each reason for which one was dropped. Pure.

/** Why a frame goes no further. The order is that of the layers. */
export const DROP_REASONS = [
  'shorter than its headers',
  'longer than the MTU',
  'foreign hardware address',
  'unknown hardware address',
  'unknown protocol',
  'bad ARP packet',
  'bad IP header',
  'bad checksum',
  'foreign source address',
  'foreign server',
  'no host has this address',
  'fragment refused',
  'hop limit reached',
  'bad packet',
  'nobody listens',
  'forbidden by policy',
  'too many at once',
  'queue full',
  'lost on purpose',
] as const

export type DropReason = (typeof DROP_REASONS)[number]

export type PortStatistics = {
  /** From the guest. */
  readonly received: { readonly frames: number; readonly bytes: number }
  /** To the guest. */
  readonly sent: { readonly frames: number; readonly bytes: number }
  readonly dropped: Readonly<Record<DropReason, number>>
}

/** The same while it is counted. */
export type Counters = {
  readonly received: { frames: number; bytes: number }
  readonly sent: { frames: number; bytes: number }
  readonly dropped: Record<DropReason, number>
}

export function newCounters(): Counters {
  const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>
  return { received: { frames: 0, bytes: 0 }, sent: { frames: 0, bytes: 0 }, dropped }
}

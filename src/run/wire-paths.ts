// Where the relative paths of wires count from. They are made absolute by putting a directory in front of them, and by nothing else: taking
// out `link/..`, as path.resolve() does, would name another file than the kernel finds.

import { dirname, isAbsolute } from 'node:path'
import { UsageError, WiringError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { problemOfPath, type Wire } from '../wiring/wire.ts'

/** A wire of a file: its path counts from where the file lies. */
export function wireFrom(file: string, wire: Wire): Wire {
  return withPath(wire, (path) => absolute(path, absolute(dirname(file), process.cwd())))
}

/**
 * A wire of a launcher that is kept: it means the same file wherever that is started, unless the operator began the path with `./`. Throws
 * WiringError for an inherited descriptor, and for a network that nobody would be there for.
 */
export function wireToKeep(wire: Wire): Wire {
  if (wire.type === 'net' && wire.carrier.kind === 'user') {
    const problem = `net device ${quote(wire.device)}: a launcher that is kept has nobody beside it to be its network`
    throw new WiringError('UNSUITED', problem, 'wire it to tap:IFACE or unix:PATH, or use slipway run')
  }
  if (wire.type === 'net' && wire.carrier.kind === 'descriptor') {
    const problem = `net device ${quote(wire.device)}: a launcher that is kept cannot inherit descriptor ${wire.carrier.descriptor}`
    throw new WiringError('UNSUITED', problem, `wire it to tap:IFACE or unix:PATH, or use slipway run`)
  }
  return withPath(wire, (path) => (path.startsWith('./') ? path : absolute(path, process.cwd())))
}

function absolute(path: string, directory: string): string {
  if (isAbsolute(path)) return path
  return directory.endsWith('/') ? `${directory}${path}` : `${directory}/${path}`
}

/** Throws UsageError for a path that has become too long for what it is used for. */
function withPath(wire: Wire, change: (path: string) => string): Wire {
  if (wire.type === 'block' && wire.medium === 'baked') return wire
  if (wire.type === 'block') return { ...wire, path: checked(wire, change(wire.path), 'file') }
  const { carrier } = wire
  if (carrier.kind === 'unix') {
    return { ...wire, carrier: { ...carrier, path: checked(wire, change(carrier.path), 'socket') } }
  }
  if (carrier.kind !== 'user' || carrier.pcap === undefined) return wire
  return { ...wire, carrier: { ...carrier, pcap: checked(wire, change(carrier.pcap), 'file') } }
}

function checked({ type, device }: Wire, path: string, kind: 'file' | 'socket'): string {
  const problem = problemOfPath(path, kind)
  if (problem === undefined) return path
  throw new UsageError(
    'LIMIT',
    `${type} device ${quote(device)}: the path ${quote(path)} ${problem}`,
    'use a shorter one',
  )
}

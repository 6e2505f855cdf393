// What each value by itself cannot show: settings that contradict each other, or that lack one another. Pure.

import { quote } from '../base/quote.ts'
import type { ConfigDocument } from './document.ts'
import { formatKey } from './key.ts'
import type { Refuse } from './read-document.ts'
import { parentsOf, storageSteps } from './storage.ts'

const HOST_NAME_NODE = 'kern.hostname'

/** Throws what `refuse` throws. */
export function requireAgreement(document: ConfigDocument, refuse: Refuse, conflict: Refuse): void {
  requireReader(document, refuse)
  requireOneGateway(document, refuse)
  requireOneHostName(document, conflict)
  requireDisks(document, refuse)
  requireVisible(document, refuse)
}

function requireReader({ rc }: ConfigDocument, refuse: Refuse): void {
  if (rc.at(-1)?.runmode !== '|') return
  refuse(`rc[${rc.length - 1}].runmode`, 'is "|", and no program comes behind that would read it')
}

function requireOneGateway({ net }: ConfigDocument, refuse: Refuse): void {
  const [first, second] = net.gateways
  if (second === undefined || first?.type !== second.type) return
  refuse('net.gateways[1]', `is a second gateway of ${second.type}; a guest has one default route of each family`)
}

function requireOneHostName({ hostname, netbsd }: ConfigDocument, conflict: Refuse): void {
  if (hostname === undefined || !netbsd.sysctl.has(HOST_NAME_NODE)) return
  const key = formatKey(['netbsd', 'sysctl', HOST_NAME_NODE])
  conflict(key, 'is what "hostname" says as well', 'keep "hostname", which every guest understands')
}

function requireDisks({ blk, mount, net }: ConfigDocument, refuse: Refuse): void {
  for (const [device, { type }] of blk) {
    const isFile = /^vnd[0-9]{1,3}$/.test(device)
    if (type === 'vnd' && !isFile) refuse(formatKey(['blk', device]), 'is of type vnd and not called vnd0, vnd1 …')
    if (type === 'etfs' && isFile) refuse(formatKey(['blk', device]), 'is called as files are, and of type etfs')
  }
  const { circle } = storageSteps({ blk, mount })
  const [stuck] = circle
  if (stuck !== undefined) {
    const problem = 'lies on a file system that is mounted from itself, or from what waits for it'
    refuse(formatKey(['blk', stuck, 'path']), problem)
  }
  for (const [mountPoint, entry] of mount) {
    const vnd = entry.source === 'blk' ? /^\/dev\/r?(vnd[0-9]+)[a-p]?$/.exec(entry.path)?.[1] : undefined
    if (vnd !== undefined && !blk.has(vnd)) {
      refuse(formatKey(['mount', mountPoint, 'path']), `is on ${vnd}, which "blk" does not attach`)
    }
  }
  for (const [device, { type, path }] of blk) {
    const home = type === 'vnd' ? parentsOf(path).find((parent) => net.mount.has(parent)) : undefined
    if (home === undefined || !path.startsWith('/')) continue
    refuse(formatKey(['blk', device, 'path']), `lies on ${quote(home)}, which the network brings after all disks`)
  }
}

/** What is mounted through the network comes last, and would hide what lies in it. */
function requireVisible({ mount, net }: ConfigDocument, refuse: Refuse): void {
  for (const mountPoint of mount.keys()) {
    const hiding = [...parentsOf(mountPoint), mountPoint].find((parent) => net.mount.has(parent))
    if (hiding === undefined) continue
    refuse(formatKey(['mount', mountPoint]), `would be hidden by "net.mount", which mounts ${quote(hiding)} later`)
  }
}

// What the options attach to the devices that a kernel declares. As under the reference, each is looked at when its option is met, so that the
// first thing that is wrong is the first to be told; the launcher opens them.

import type { Device, DeviceType } from '../../artefact/manifest.ts'
import { escapeControls } from '../../base/quote.ts'
import { lookAtImage, obstacleToTap } from '../../host/obstacles.ts'
import { randomBytes } from '../../host/random.ts'
import { parseMac, problemOfMac } from '../../wiring/mac.ts'
import { type Carrier, DEFAULT_SECTOR_SIZE, SECTOR_SIZES, type Wire } from '../../wiring/wire.ts'
import { parseDeviceOption } from './options.ts'
import { refuse } from './refusal.ts'
import { strerror } from '../strerror.ts'

const TYPE_NAMES: Readonly<Record<DeviceType, string>> = { block: 'BLOCK_BASIC', net: 'NET_BASIC' }
const NO_MAC = '00:00:00:00:00:00' // as good as none
const ORIGIN = { layer: 'command line' } as const

type Image = { readonly path: string; readonly capacity: number }

export class Attachments {
  readonly #devices: readonly Device[]
  readonly #warn: (text: string) => void
  readonly #carriers = new Map<string, Carrier>()
  readonly #interfaces = new Set<string>()
  readonly #macs = new Map<string, string>()
  readonly #images = new Map<string, Image>()
  readonly #sectorSizes = new Map<string, number>()
  #executableHeap = false

  /** `warn` prints a line. */
  constructor(devices: readonly Device[], warn: (text: string) => void) {
    this.#devices = devices
    this.#warn = warn
  }

  get executableHeap(): boolean {
    return this.#executableHeap
  }

  /** Takes an option, or says why not and returns false. Throws TenderError for an image that cannot be used. */
  offer(option: string): boolean {
    const parsed = parseDeviceOption(option)
    switch (parsed?.kind) {
      case undefined:
        return false
      case 'exec-heap':
        this.#warn('WARNING: --x-exec-heap makes heap and stack executable: do not use it for what you do not trust.')
        this.#executableHeap = true
        return true
      case 'net':
        return this.#declares('net', parsed.device) && this.#attachNet(parsed.device, parsed.target)
      case 'net-mac':
        return this.#declares('net', parsed.device) && this.#setMac(parsed.device, parsed.mac)
      case 'block':
        return this.#declares('block', parsed.device) && this.#attachBlock(parsed.device, parsed.path)
      case 'block-sector-size':
        return this.#declares('block', parsed.device) && this.#setSectorSize(parsed.device, parsed.size)
    }
  }

  /** The wires, when all options have been taken. Throws TenderError for images of no use, and for devices with nothing attached. */
  setUp(): readonly Wire[] {
    for (const [device, image] of this.#inOrder(this.#images)) this.#requireBlocks(device, image)
    this.#requireAttached()
    return [
      ...this.#inOrder(this.#carriers).map(([device, carrier]): Wire => {
        const mac = parseMac(this.#macs.get(device) ?? randomMac(), 'net device')
        return { type: 'net', device, carrier, mac, mtu: undefined, share: false, origin: ORIGIN }
      }),
      ...this.#inOrder(this.#images).map(([device, { path }]): Wire => {
        const sectorSize = this.#sectorSize(device)
        const rest = { sectorSize, readOnly: false, share: false, origin: ORIGIN }
        return { type: 'block', medium: 'disk', copiesBaked: false, device, path, ...rest }
      }),
    ]
  }

  #declares(type: DeviceType, device: string): boolean {
    if (this.#devices.some((declared) => declared.type === type && declared.name === device)) return true
    this.#warn(`Resource not declared in manifest: '${device}'`)
    return false
  }

  #attachNet(device: string, target: string): boolean {
    const [, digits] = /^@(\d{1,9})/.exec(target) ?? []
    if (digits !== undefined) {
      this.#carriers.set(device, { kind: 'descriptor', descriptor: Number(digits) })
      return true
    }
    // The kernel lets an interface have one user, and this would be its second.
    const obstacle = this.#interfaces.has(target) ? 'EBUSY' : obstacleToTap(target)
    if (obstacle !== undefined) {
      this.#warn(`Could not attach interface: ${escapeControls(target)}: ${strerror(obstacle)}`)
      return false
    }
    this.#interfaces.add(target)
    this.#carriers.set(device, { kind: 'tap', interface: target })
    return true
  }

  #setMac(device: string, mac: string): boolean {
    const problem = mac === NO_MAC ? undefined : problemOfMac(mac)
    if (problem !== undefined) {
      this.#warn(`The address ${mac} ${problem}`)
      return false
    }
    if (mac === NO_MAC) this.#macs.delete(device)
    else this.#macs.set(device, mac)
    return true
  }

  #attachBlock(device: string, path: string): boolean {
    const look = lookAtImage(path)
    const about = escapeControls(path)
    if ('obstacle' in look) refuse(`Could not open block device: ${about}: ${strerror(look.obstacle)}`)
    else if (look.capacity === undefined) refuse(`${about}: Could not determine capacity: ${strerror('ESPIPE')}`)
    else this.#images.set(device, { path, capacity: look.capacity })
    return true
  }

  #setSectorSize(device: string, size: number): boolean {
    if (!SECTOR_SIZES.includes(size)) {
      this.#warn('Block size must be a multiple of 2 greater than or equal 512')
      return false
    }
    this.#sectorSizes.set(device, size)
    return true
  }

  #sectorSize(device: string): number {
    return this.#sectorSizes.get(device) ?? DEFAULT_SECTOR_SIZE
  }

  #requireBlocks(device: string, { capacity }: Image): void {
    const size = this.#sectorSize(device)
    if (capacity % size !== 0) refuse(`${device}: Backing storage size must be block aligned (${size} bytes)`)
    if (capacity < size) refuse(`${device}: Backing storage must be at least 1 block (${size} bytes) in size`)
  }

  #requireAttached(): void {
    const missing = this.#devices.filter(
      ({ name, type }) => !(type === 'net' ? this.#carriers : this.#images).has(name),
    )
    for (const { name, type } of missing) {
      this.#warn(`Device '${name}' of type ${TYPE_NAMES[type]} declared but not attached.`)
    }
    if (missing.length > 0) refuse('All declared devices must be attached. See --help for syntax.')
  }

  /** In the manifest's order. */
  #inOrder<T>(attached: ReadonlyMap<string, T>): readonly (readonly [device: string, value: T])[] {
    return this.#devices.flatMap(({ name }) => {
      const value = attached.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  }
}

/** Another one each time, as the reference gives: two guests from one file may be on one network. */
function randomMac(): string {
  const bytes = randomBytes(6)
  bytes[0] = ((bytes[0] as number) & 0xfe) | 0x02 // of one station, and locally administered
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

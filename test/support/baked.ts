// Artefacts with parts behind their last page, and plans of them: what `slipway bake` and its wires make, by hand.

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { LauncherFile } from '../../src/launcher/launcher.ts'
import { roundUp } from '../../src/base/round.ts'
import { writeParts } from '../../src/host/launcher-file.ts'
import { type GuestOptions, prepare, type Prepared } from '../../src/run/prepare.ts'
import { composeSpt, type LaunchOptions } from '../../src/targets/spt/launcher.ts'
import type { PlannedDevice, PlannedPart } from '../../src/wiring/devices.ts'
import { guestPath } from './guests.ts'

const PAGE = 4096

/** A part by its device: bytes, or so many zeroes of a sparse file. */
export type Contents = Readonly<Record<string, Uint8Array | number>>

export type Part = Pick<PlannedPart, 'offset' | 'capacity'>

/** Writes a copy of a guest with parts to `path`. */
export function bake(guest: string, path: string, contents: Contents): Readonly<Record<string, Part>> {
  copyFileSync(guestPath(guest), path)
  const file = openSync(path, 'r+')
  try {
    let end = fstatSync(file).size
    const parts = Object.entries(contents).map(([name, content]): [string, Part] => {
      const offset = roundUp(end, PAGE)
      const size = typeof content === 'number' ? content : content.length
      if (typeof content !== 'number') writeSync(file, content, 0, size, offset)
      end = offset + roundUp(size, PAGE)
      ftruncateSync(file, end)
      return [name, { offset, capacity: end - offset }]
    })
    return Object.fromEntries(parts)
  } finally {
    closeSync(file)
  }
}

/** A plan in which the parts are devices; the caller closes its file. */
export function prepareBaked(
  path: string,
  parts: Readonly<Record<string, Part>>,
  options: GuestOptions = {},
  sectorSize = 512,
): Prepared {
  const stand = Object.fromEntries(Object.keys(parts).map((name) => [name, `${path},ro,share`]))
  const prepared = prepare(path, { memory: 2 ** 21, ...options, block: { ...stand, ...options.block } })
  const devices = prepared.plan.devices.map((device): PlannedDevice => {
    const part = parts[device.name]
    if (part === undefined) return device
    const { name, handle, origin } = device
    return { type: 'block', name, handle, form: 'baked', ...part, sectorSize, readOnly: true, origin }
  })
  return { ...prepared, plan: { ...prepared.plan, devices } }
}

/** Where a launcher gets its image and its parts from. */
export const SHAPES = ['embedded', 'path', 'descriptor'] as const
export type Shape = (typeof SHAPES)[number]

/** The launcher of such a plan as a file, and what it is made of. */
export function composeBaked({ plan, file }: Prepared, launcher: string, shape: Shape): LauncherFile {
  const image: LaunchOptions['image'] = shape === 'descriptor' ? { kind: shape, descriptor: 3 } : { kind: shape }
  const composed = composeSpt(plan, { image })
  const descriptor = openSync(launcher, 'w', 0o700)
  try {
    ftruncateSync(descriptor, composed.size)
    writeParts(descriptor, composed, file.source)
  } finally {
    closeSync(descriptor)
  }
  return composed
}

/** Starts it, with the artefact's descriptor where it wants one. */
export function startBaked({ file }: Prepared, launcher: string, shape: Shape): ChildProcess {
  const inherited = shape === 'descriptor' ? [file.descriptor] : []
  return spawn(launcher, [], { env: {}, stdio: ['ignore', 'pipe', 'pipe', ...inherited] })
}

// Artefacts with images for their disks, and launchers of them in each shape: the command makes only one of the three by itself.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, copyFileSync, ftruncateSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readArtefact } from '../../src/artefact/artefact.ts'
import type { BakedPart } from '../../src/artefact/baked-format.ts'
import { openFile } from '../../src/host/files.ts'
import { writeParts } from '../../src/host/launcher-file.ts'
import { bake } from '../../src/run/bake.ts'
import { type GuestOptions, prepare, type Prepared } from '../../src/run/prepare.ts'
import { composeSpt, type LaunchOptions, type SptLauncher } from '../../src/targets/spt/launcher.ts'
import { makeImage } from './devices.ts'
import { guestPath } from './guests.ts'

/** Images by their devices: bytes, or so many zeroes. */
export type Images = Readonly<Record<string, Uint8Array | number>>

/** Writes a copy of a guest with images baked in. */
export async function bakeImages(guest: string, path: string, images: Images): Promise<void> {
  copyFileSync(guestPath(guest), path)
  for (const [device, content] of Object.entries(images)) {
    const image = `${path}.image`
    if (typeof content === 'number') makeImage(image, content)
    else writeFileSync(image, content)
    await bake(path, `${path}.next`, { image, device })
    renameSync(`${path}.next`, path)
    rmSync(image)
  }
}

/** What is baked into an artefact, in the order of the file. */
export function partsOf(path: string): readonly BakedPart[] {
  const file = openFile(path)
  try {
    return readArtefact(file.source).baked?.parts ?? []
  } finally {
    file.close()
  }
}

/** Where a launcher gets its image and its parts from. */
export const SHAPES = ['embedded', 'path', 'descriptor'] as const
export type Shape = (typeof SHAPES)[number]

/** Plans in 2 MiB if nothing else is said, with sectors of one size on every disk that is baked in; the caller closes the file. */
export function prepareBaked(path: string, shape: Shape, options: GuestOptions = {}, sector = 512): Prepared {
  const wires = partsOf(path).map(({ name }) => [name, `baked:,sector=${sector}`])
  const block = { ...Object.fromEntries(wires), ...options.block }
  return prepare(path, { memory: 2 ** 21, ...options, block }, shape === 'embedded')
}

/** The launcher of such a plan as a file. */
export function composeBaked({ plan, file }: Prepared, launcher: string, shape: Shape): SptLauncher {
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

// Plan -> launcher, for sandboxed-process guests. What the launcher does, and in which order, stands here. Pure.

import { STAGED_IMAGE, STAGING } from '../../launcher/address-space.ts'
import { composeLauncher, type LauncherFile, setupPages, type Staged, whole } from '../../launcher/launcher.ts'
import { NO_STATUS } from '../../launcher/executor.ts'
import type { Policy } from '../../launcher/policy.ts'
import { Program } from '../../launcher/program.ts'
import { MREMAP_FIXED, MREMAP_MAYMOVE } from '../../launcher/system-calls.ts'
import type { Plan } from '../../wiring/plan.ts'
import { BOOT_INFO, type BootDescriptors, encodeBootInfo } from './boot-info.ts'
import { embedImage, mapImage } from './image.ts'
import { sptPolicy } from './policy.ts'
import * as step from './steps.ts'

/** Where the launcher finds the guest's segments. */
export type ImageSource =
  /** In itself: the launcher is complete and can be kept. */
  | { readonly kind: 'embedded' }
  /** In the artefact's file, which it opens by the plan's path and compares with the plan's identity. */
  | { readonly kind: 'path' }
  /** In a descriptor that it inherits, compared likewise. */
  | { readonly kind: 'descriptor'; readonly descriptor: number }

export type LaunchOptions = {
  readonly image: ImageSource
  /** A descriptor that gets 'E' before the guest is entered, and 'F' when a record fails. */
  readonly status?: number | undefined
  /** A process whose end must end the guest. */
  readonly parent?: number | undefined
}

export type SptLauncher = LauncherFile & { readonly policy: Policy; readonly descriptors: BootDescriptors }

/** Throws TypeError where the options ask for a file and the plan has none. */
export function composeSpt(plan: Plan, options: LaunchOptions): SptLauncher {
  const { image, status, parent } = options
  const inherited = image.kind === 'descriptor' ? [image.descriptor] : []
  const kept = status === undefined ? [] : [status]
  const [epoll, timer] = lowestFree(kept, 2) as [number, number]
  const descriptors = { epoll, timer }
  const policy = sptPolicy(descriptors)
  const boot = encodeBootInfo(plan, descriptors)

  const setup = new Program()
  step.ignoreBrokenPipes(setup)
  step.tidyDescriptors(setup, [...kept, ...inherited])
  step.tidyProcess(setup, plan.name, parent)
  step.mapMemory(setup, plan.memorySize)
  const staged = [stageBootInfo(setup, boot), ...loadImage(setup, plan, image, kept)]
  step.dropPrivileges(setup)
  step.openWaiting(setup, descriptors)
  step.tidySignals(setup)
  step.forgetHost(setup, status)
  const last = step.confineAndEnter(plan, setupPages(setup), policy)
  return { ...composeLauncher({ setup, last, staged, status: status ?? NO_STATUS }), policy, descriptors }
}

function loadImage(setup: Program, plan: Plan, image: ImageSource, kept: readonly number[]): readonly Staged[] {
  if (image.kind === 'embedded') return embedImage(setup, plan)
  const { path, identity } = plan.artefact
  if (identity === undefined) throw new TypeError('the plan names no file to map the guest from')
  const file = image.kind === 'descriptor' ? image.descriptor : (lowestFree(kept, 1)[0] as number)
  if (image.kind === 'path') {
    if (path === undefined) throw new TypeError('the plan names no path to open the guest from')
    step.openArtefact(setup, path, file)
  }
  step.checkIdentity(setup, file, identity)
  mapImage(setup, plan, file)
  setup.call('close', [file], { demand: 0n, failure: 'closing the artefact failed' })
  return []
}

function stageBootInfo(setup: Program, bytes: Uint8Array): Staged {
  const { length } = bytes
  if (STAGING + length > STAGED_IMAGE) throw new RangeError(`boot information of ${length} bytes`)
  setup.call('mremap', [STAGING, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, BOOT_INFO], {
    demand: BigInt(BOOT_INFO),
    failure: 'moving the boot information to its place failed',
  })
  return { address: STAGING, read: true, write: true, execute: false, content: whole(bytes) }
}

/** The descriptors that the kernel hands out next when only the standard streams and `taken` are open. */
function lowestFree(taken: readonly number[], count: number): number[] {
  const free: number[] = []
  for (let descriptor = 3; free.length < count; descriptor++) if (!taken.includes(descriptor)) free.push(descriptor)
  return free
}

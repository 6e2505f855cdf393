// What a container image is for, in the words of the OCI image specification 1.1 (image-index, “platform”): `linux/amd64`, `linux/arm/v7`; with KraftKit the
// monitor stands in place of the system, `qemu/x86_64`. Pure.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'

export type Platform = {
  readonly os: string
  readonly architecture: string
  readonly variant: string | undefined
}

/** Throws UsageError for what is none. */
export function parsePlatform(text: string): Platform {
  const [, os, architecture, variant] = /^([\w.-]+)\/([\w.-]+)(?:\/([\w.-]+))?$/.exec(text) ?? []
  if (os !== undefined && architecture !== undefined) return { os, architecture, variant }
  throw new UsageError('BAD_ARGUMENT', `--platform is ${quote(text)}, not OS/ARCH`, 'write for example linux/amd64')
}

export function showPlatform({ os, architecture, variant }: Platform): string {
  const text = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
  return /^[\w./-]+$/.test(text) ? text : quote(text)
}

/** Two names of one thing. */
const PLAIN_NAMES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** Whether an image is for what is wanted; who asks for no variant takes any. */
export function fitsPlatform(platform: Platform, wanted: Platform): boolean {
  const plain = (architecture: string): string => PLAIN_NAMES[architecture] ?? architecture
  const sameVariant = wanted.variant === undefined || wanted.variant === platform.variant
  return platform.os === wanted.os && plain(platform.architecture) === plain(wanted.architecture) && sameVariant
}

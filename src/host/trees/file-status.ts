// What Linux knows of a file, in plain numbers: a tree may have millions of files, and Node's own values for them are large. Source: statx(2).

import type { BigIntStats } from 'node:fs'
import { deviceNumbers } from '../device-numbers.ts'

export type FileStatus = {
  /** With the bits of its kind. */
  readonly mode: number
  readonly links: number
  readonly uid: number
  readonly gid: number
  /** Bytes. */
  readonly size: number
  /** Of 512 bytes each, whatever the file system's are (stat(3type)). */
  readonly blocks: number
  /** Since 1970, negative before; the nanoseconds count forward. */
  readonly seconds: number
  readonly nanoseconds: number
  /** Of a device node. */
  readonly major: number
  readonly minor: number
  /** Which file it is: the device that it is on, and its number there in two halves, because a number in JavaScript has 53 bits. */
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly inodeHigh: number
  readonly inodeLow: number
}

const SECOND = 1_000_000_000n
const HALF = 2 ** 32

/** As Node.js says it. */
export function statusOf(stats: BigIntStats): FileStatus {
  const nanoseconds = ((stats.mtimeNs % SECOND) + SECOND) % SECOND
  const [major, minor] = deviceNumbers(stats.rdev)
  const [deviceMajor, deviceMinor] = deviceNumbers(stats.dev)
  return {
    mode: Number(stats.mode),
    links: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    blocks: Number(stats.blocks),
    seconds: Number((stats.mtimeNs - nanoseconds) / SECOND),
    nanoseconds: Number(nanoseconds),
    major: Number(major),
    minor: Number(minor),
    deviceMajor: Number(deviceMajor),
    deviceMinor: Number(deviceMinor),
    inodeHigh: Number(stats.ino >> 32n),
    inodeLow: Number(stats.ino & 0xffff_ffffn),
  }
}

/** 32-bit words of a struct statx. */
export const STATX_WORDS = 64
/** STATX_BASIC_STATS: all that is read here. */
export const STATX_MASK = 0x7ff

/** As statx says it. Numbers of 64 bits have their lower half first: FFI is for such machines only. */
export function decodeStatx(words: Uint32Array): FileStatus {
  const at = (index: number): number => words[index] as number
  return {
    mode: at(7) & 0xffff,
    links: at(4),
    uid: at(5),
    gid: at(6),
    size: at(11) * HALF + at(10),
    blocks: at(13) * HALF + at(12),
    seconds: (at(29) | 0) * HALF + at(28),
    nanoseconds: at(30),
    major: at(32),
    minor: at(33),
    deviceMajor: at(34),
    deviceMinor: at(35),
    inodeHigh: at(9),
    inodeLow: at(8),
  }
}

/** Whether both are of one file, and nobody has written to it in between. */
export function isUnchanged(then: FileStatus, now: FileStatus): boolean {
  return (
    identityOf(then) === identityOf(now) &&
    then.size === now.size &&
    then.seconds === now.seconds &&
    then.nanoseconds === now.nanoseconds
  )
}

/** Equal for two names of one file, and for nothing else. */
export function identityOf({ deviceMajor, deviceMinor, inodeHigh, inodeLow }: FileStatus): string {
  return `${deviceMajor}:${deviceMinor}:${inodeHigh}:${inodeLow}`
}

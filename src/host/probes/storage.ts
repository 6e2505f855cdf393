// Room where launchers and what belongs to them are written. Asking a file system that does not answer waits for ever: each is a probe.

import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { quote } from '../../base/quote.ts'
import { formatSize } from '../../base/size.ts'
import { cacheDirectory, runtimeDirectory } from '../launcher-file.ts'
import { nearestDirectory } from './launchers.ts'
import type { Observation, Probe } from './probe.ts'

const LITTLE = 16 * 1024 * 1024 // bytes: some hundred launchers, or one small image

export function judgeSpace(directory: string, free: number): Observation {
  const detail = `${quote(directory)}, ${formatSize(free)} free`
  return free >= LITTLE ? { status: 'ok', detail } : { status: 'limited', detail, advice: 'make room there' }
}

function look(directory: string): Observation {
  const { bavail, bsize } = statfsSync(nearestDirectory(directory))
  return judgeSpace(directory, bavail * bsize)
}

function lookAtRuntime(): Observation {
  const directory = runtimeDirectory()
  const advice = 'set it to a directory of yours in memory, quicker than the cache'
  if (directory === undefined) return { status: 'limited', detail: 'XDG_RUNTIME_DIR is not set', advice }
  if (existsSync(directory)) return look(directory)
  return { status: 'limited', detail: `${quote(directory)} does not exist`, advice }
}

function lookAtCache(): Observation {
  const directory = cacheDirectory()
  if (directory !== undefined) return look(directory)
  return { status: 'limited', detail: 'this user has none', advice: 'set HOME or XDG_CACHE_HOME' }
}

export const STORAGE: readonly Probe[] = [
  { name: 'runtime-directory', group: 'storage', linux: true, observe: lookAtRuntime },
  { name: 'cache-directory', group: 'storage', observe: lookAtCache },
  { name: 'temporary-directory', group: 'storage', observe: () => look(tmpdir()) },
]

// Looking at a running guest from outside, through /proc.

import { readFileSync, readlinkSync, readdirSync, openSync, readSync, closeSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'

export type Mapping = {
  readonly start: number
  readonly end: number
  readonly permissions: string
  readonly name: string
}

export function mappingsOf(pid: number): Mapping[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [range = '', permissions = '', , , , ...name] = line.split(/\s+/)
      const [start = '', end = ''] = range.split('-')
      return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), permissions, name: name.join(' ') }
    })
}

/** What the process has mapped, less what it cannot even read itself; reading needs the right to trace it. */
export function memoryOf(pid: number, mapping: Mapping): Buffer {
  const file = openSync(`/proc/${pid}/mem`, 'r')
  try {
    const bytes = Buffer.alloc(mapping.end - mapping.start)
    const got = readSync(file, bytes, 0, bytes.length, mapping.start)
    return bytes.subarray(0, got)
  } finally {
    closeSync(file)
  }
}

/** The value of a line of /proc/PID/status. */
export function statusOf(pid: number, key: string): string {
  return new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
}

export function descriptorsOf(pid: number): Map<number, string> {
  return new Map(readdirSync(`/proc/${pid}/fd`).map((fd) => [Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`)]))
}

export function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number),
  )
}

export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/** Fulfilled when the child has written the text; rejected when it ends before. */
export function whenPrinted(child: ChildProcess, text: string): Promise<string> {
  let all = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      all += chunk.toString()
      if (all.includes(text)) resolve(all)
    })
    child.once('close', () => reject(new Error(`ended without ${text}: ${all}`)))
  })
}

/** Waits, up to `seconds`, until the condition holds; says so if it never does. */
export async function eventually(what: string, holds: () => boolean, seconds = 10): Promise<void> {
  for (let waited = 0; waited < seconds * 1000; waited += 10) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

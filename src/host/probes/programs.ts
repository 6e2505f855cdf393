// Programs that start the guests which this version does not. They are whatever PATH leads to: each runs in the process group of the
// probes, which is ended as a whole when one of them takes too long.

import { quote } from '../../base/quote.ts'
import { findCommand } from '../commands.ts'
import type { Observation, Probe } from './probe.ts'

const MAX_OUTPUT = 4096 // characters: a version is one line

export type ProgramEnd = { readonly status: number; readonly output: string }

export const findProgram = findCommand

/** Runs a program without input to its end. 127 for one that cannot be started, 128 for one that a signal ended. */
export async function runProgram(path: string, args: readonly string[]): Promise<ProgramEnd> {
  const { spawn } = await import('node:child_process')
  return await new Promise((resolve) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < MAX_OUTPUT) output += text
    })
    child.once('error', () => resolve({ status: 127, output }))
    child.once('close', (status) => resolve({ status: status ?? 128, output }))
  })
}

export function judgeQemu({ status, output }: ProgramEnd): Observation {
  const version = /^QEMU emulator version ([\w.+~-]{1,64})/.exec(output)?.[1]
  if (version !== undefined && status === 0) return { status: 'ok', detail: `version ${version}` }
  const said = output === '' ? 'nothing' : quote(output.split('\n')[0] ?? '', 60)
  return { status: 'limited', detail: `is there, but its --version ends with status ${status} and says ${said}` }
}

const qemu = (processor: string, apt: string): Probe => ({
  name: `qemu-system-${processor}`,
  group: 'hypervisors',
  observe: async () => {
    const path = findProgram(`qemu-system-${processor}`)
    if (path !== undefined) return judgeQemu(await runProgram(path, ['--version']))
    return { status: 'missing', detail: 'not in PATH', advice: `apt-get install ${apt}` }
  },
})

const XL: Probe = {
  name: 'xl',
  group: 'hypervisors',
  linux: true,
  // Not run: it talks to the hypervisor, and waits for it.
  observe: () => {
    const path = findProgram('xl')
    if (path !== undefined) return { status: 'ok', detail: quote(path) }
    return { status: 'missing', detail: 'not in PATH', advice: 'apt-get install xen-system-amd64, and boot Xen' }
  },
}

export const PROGRAMS: readonly Probe[] = [qemu('x86_64', 'qemu-system-x86'), qemu('aarch64', 'qemu-system-arm'), XL]

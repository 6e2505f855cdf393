// What this machine has to start things with: programs in PATH, and KVM. Looks, and changes nothing.

import { accessSync, constants, statSync } from 'node:fs'
import { release } from 'node:os'
import { delimiter, join } from 'node:path'

/** Platform and processor as Node.js names them, and the kernel's release as uname gives it. */
export function thisSystem(): { platform: string; machine: string; kernel: string } {
  return { platform: process.platform, machine: process.arch, kernel: release() }
}

/** The path of a program that PATH leads to, undefined where there is none that may be executed. */
export function findCommand(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  for (const folder of path.split(delimiter)) {
    // An empty entry means the working directory, which a look at somebody's file must not take programs from.
    if (folder === '') continue
    const candidate = join(folder, name)
    if (isExecutable(candidate)) return candidate
  }
  return undefined
}

/** Whether this user may open /dev/kvm: whether it works then is only known to whoever makes a machine with it. */
export function mayUseKvm(): boolean {
  return allows('/dev/kvm', constants.R_OK | constants.W_OK)
}

function isExecutable(path: string): boolean {
  return allows(path, constants.X_OK) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

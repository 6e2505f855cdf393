// exec: this process becomes the launcher, and nothing of ours stays beside the guest. Standard streams must not have been touched
// before: Node.js makes pipes non-blocking when it does, and the guest would lose console output.

import { hostError, systemError } from './errors.ts'
import { loadFfi } from './ffi.ts'

type Execve = (path: string, argv: readonly string[], env: Record<string, string>) => never

/** Whether this Node.js can replace itself, so that no FFI is needed for it. */
export function hasOwnExec(): boolean {
  return (process as { execve?: Execve }).execve !== undefined
}

/**
 * Replaces the process by the executable at `path`, with an empty environment, one argument, and the descriptors named. Returns only where neither Node.js nor FFI
 * offers a way. Throws HostError where the machine refuses. `path` must be known to be executable: where Node's own exec is refused all
 * the same (by a security module, say), Node.js aborts the process.
 */
export function replaceProcess(path: string, name: string, inherited: readonly number[]): void {
  const { execve } = process as { execve?: Execve } // Node.js >= 22.15
  if (inherited.length > 0) {
    const ffi = loadFfi()
    if (ffi === undefined) return
    for (const descriptor of inherited) ffi.keepAcrossExec(descriptor)
  }
  execve?.call(process, path, [name], {})
  const ffi = loadFfi()
  if (ffi === undefined) return
  // Node.js marks what it inherited close-on-exec when it starts, the standard streams included.
  for (const stream of [0, 1, 2]) ffi.keepAcrossExec(stream)
  const result = ffi.execve(path, [name], [])
  throw hostError('cannot execute the launcher', systemError('execve', -result))
}

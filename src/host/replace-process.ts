// exec: this process becomes the launcher, and nothing of ours stays beside the guest. Standard streams must not have been touched
// before: Node.js makes pipes non-blocking when it does, and the guest would lose console output.

import { loadFfi } from './ffi.ts'

type Execve = (path: string, argv: readonly string[], env: Record<string, string>) => never

/** Whether this Node.js can replace itself (process.execve, Node.js >= 22.15) without FFI. */
export function hasOwnExec(): boolean {
  return typeof (process as { execve?: unknown }).execve === 'function'
}

/**
 * Replaces the process by the executable at `path`, with an empty environment and one argument. Returns only where neither Node.js nor FFI
 * offers a way. `path` must be known to be executable: Node's own exec aborts the process when it fails.
 */
export async function replaceProcess(path: string, name: string): Promise<void> {
  if (hasOwnExec()) (process as unknown as { execve: Execve }).execve(path, [name], {})
  const ffi = await loadFfi()
  ffi?.execve(path, [name], [])
}

// Puts things back, whatever becomes of the bench: a shell that waits for its standard input to end, which also happens when the bench
// is killed, and then does its one task.

import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs `script` with `args` as $1 and so on, when released or when this process has ended, however it did. */
export function whenOver(script: string, ...args: readonly string[]): () => Promise<void> {
  // A session of its own, so that Ctrl-C ends the bench and not the one who tidies up after it.
  const shell = spawn('/bin/sh', ['-c', `cat >/dev/null; ${script}`, 'sh', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  shell.unref() // nor must a bench that failed wait for it
  const over = once(shell, 'exit')
  return async () => {
    shell.ref()
    shell.stdin.end()
    await over
  }
}

// `npm run demo`: a real unikernel, in its sandbox, from one command.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '../..')
const command = ['bin/slipway', 'run', 'guests/prebuilt/hello.spt', '--', 'Hello,', 'ship!']

process.stdout.write(`A unikernel, linked for Solo5's sandboxed-process target, is about to run in a Linux process of its own: no hypervisor,
no root. Slipway composes a launcher for it, in which a seccomp filter leaves it the few system calls that it may make.

  $ ${command.join(' ').replace('ship!', "'ship!'")}

`)
const start = performance.now()
const { status, signal } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
const took = `after ${Math.round(performance.now() - start)} ms, start of Node.js included`
process.stdout.write(
  status === 0
    ? `\nIt ended well ${took}. Next: bin/slipway inspect guests/prebuilt/hello.spt\n`
    : `\nIt ended with ${signal ?? `status ${status}`} ${took}.\n`,
)
process.exitCode = status ?? 1

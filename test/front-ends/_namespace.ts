// A network of a test's own, with TAP interfaces in it, of which nothing is left and nothing outside is touched.

import { spawnSync, type SpawnSyncReturns } from 'node:child_process'

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child']

/**
 * Runs a shell's script in namespaces; `tap NAME ADDRESS [MTU]` makes an interface there, `ready` waits until a guest has printed READY
 * to the file output. What /sys says of interfaces is of the namespace in which it was mounted, hence the mount.
 */
export function inNamespace(directory: string, script: string, args: readonly string[]): SpawnSyncReturns<string> {
  const prelude = `set -e
mount -t sysfs none /sys
ip link set lo up
tap() { ip tuntap add "$1" mode tap; ip address add "$2" dev "$1"; ip link set "$1" mtu "\${3:-1500}" up; }
rm -f output
ready() { until grep -sq READY output; do kill -0 $! || { cat output; exit 99; }; sleep 0.02; done; }
`
  const shell = ['/bin/sh', '-c', prelude + script, 'sh', ...args]
  // unshare takes no notice of SIGTERM; SIGKILL ends everything in there with it.
  const limit = { timeout: 50_000, killSignal: 'SIGKILL' } as const
  return spawnSync('unshare', [...NAMESPACES, ...shell], { cwd: directory, encoding: 'utf8', ...limit })
}

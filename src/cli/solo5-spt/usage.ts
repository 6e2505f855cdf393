// What slipway-solo5-spt says about itself. Pure.

import { VERSION } from '../../base/version.ts'
import { ABI_VERSION } from './kernel.ts'

/** `program` is the name it was called by. */
export function usageText(program: string): string {
  return `usage: ${program} [ CORE OPTIONS ] [ MODULE OPTIONS ] [ -- ] KERNEL [ ARGS ]
KERNEL is the file of the unikernel.
ARGS are given to the unikernel, with single spaces between them.
Core options:
  [ --mem=512 ] (memory of the unikernel in MB)
    --help (this list)
Compiled-in modules: core net block
Compiled-in module options:
    --x-exec-heap (heap and stack can be executed: only for unikernels that you trust)
    --net:NAME=IFACE | @NN (network NAME is the TAP interface IFACE, or descriptor NN)
  [ --net-mac:NAME=HWADDR ] (its address)
    --block:NAME=PATH (block device NAME is the image or disk PATH)
  [ --block-sector-size:NAME=SIZE ] (bytes of its sectors, 512 if not given)
`
}

export function versionText(program: string): string {
  return `${program} tender, version ${VERSION}\nABI version ${ABI_VERSION}\n`
}

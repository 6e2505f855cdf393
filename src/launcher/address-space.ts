// Where things lie in a launcher's process. The guest has everything from 0x10000 up to its memory size; all of ours is far above, so
// that no guest memory a machine could have reaches it. Pure.

export const PAGE = 0x1000

/** 32 TiB: above any guest memory, below everything that the kernel places by itself (stack, vdso). */
export const LAUNCHER_BASE = 0x2000_0000_0000

/**
 * Parts of the artefact that guests read, mapped one after the other from 24 TiB on. Below the launcher, because everything above it is unmapped
 * before the guest runs; and far above any guest memory.
 */
export const PARTS = 0x1800_0000_0000

/** Bytes for them all: as much as the largest file of most file systems has. */
export const PARTS_SPACE: number = LAUNCHER_BASE - PARTS

/** The stack of the code that reads them, by itself: a guest that runs over its end faults. Bytes; far more than a frame with AVX-512 and AMX. */
export const HANDLER_STACK: number = PARTS - 0x10_0000
export const HANDLER_STACK_SIZE = 0x1_0000

/** Space for setup and last; what lies above is staging and the kernel's, and is unmapped before the guest runs. */
export const LAUNCHER_SPACE = 0x10_0000

/** Pages that are moved to guest addresses during setup: first the boot information, then an embedded image. */
export const STAGING = LAUNCHER_BASE + LAUNCHER_SPACE
export const STAGED_IMAGE = STAGING + 0x1_0000

/** The end of what user space may map with four-level page tables, which is all that Linux hands out unasked. */
export const USER_SPACE_END = 0x7fff_ffff_f000

export function pageDown(n: number): number {
  return n - (n % PAGE)
}

export function pageUp(n: number): number {
  return pageDown(n + PAGE - 1)
}

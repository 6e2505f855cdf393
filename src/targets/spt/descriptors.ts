// Which descriptors a launcher will get: the kernel hands out the lowest that is free, so the numbers are known beforehand, and the
// records demand them. Pure.

/** Keeps the books while records are written: every descriptor that a launcher opens or closes passes here. */
export class DescriptorTable {
  readonly #open: Set<number>

  /** `inherited` are open from the start, besides the three standard streams. */
  constructor(inherited: readonly number[]) {
    this.#open = new Set([0, 1, 2, ...inherited])
  }

  open(): number {
    let descriptor = 0
    while (this.#open.has(descriptor)) descriptor++
    this.#open.add(descriptor)
    return descriptor
  }

  close(descriptor: number): number {
    this.#open.delete(descriptor)
    return descriptor
  }

  /** As a process has them that is forked now. */
  copy(): DescriptorTable {
    return new DescriptorTable([...this.#open])
  }
}

// A file or a directory of an image, copied to this machine. What is written is the target and nothing else.

import { basename, dirname, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Property } from '../files/losses.ts'
import { contentSize, PLAIN_DIRECTORY } from '../files/tree.ts'
import { exists, isDirectory } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { replaceFile } from '../host/replace-file.ts'
import { requireRoom } from '../host/trees/room.ts'
import { writeContents } from '../host/trees/write-directory.ts'
import { findFile } from './look-inside.ts'
import type { TreeOptions } from './open-tree.ts'
import { placeTree } from './place-tree.ts'
import { splitPart } from './split-part.ts'

export type CopyOptions = TreeOptions & {
  readonly allowLoss?: ReadonlySet<Property> | undefined
  /** Is told how much has been written, and how much there is: at last that, whatever happens. */
  readonly writing?: ((done: number, all: number) => void) | undefined
}

/** Throws as `findFile` does, and HostError for what cannot be written. */
export async function copyOut(place: string, target: string, options: CopyOptions = {}): Promise<void> {
  const found = await findFile(place, options)
  try {
    const { inode, path, image } = found
    const name = basename(`/${path}`) === '' ? basename(image) : basename(`/${path}`)
    const output = exists(target) && isDirectory(target) ? join(target, name) : target
    requireOtherFile(output, [splitPart(image).file])
    if (inode.kind !== 'file' && inode.kind !== 'directory') {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${quote(`/${path}`)} is a ${inode.kind}`,
        'slurp the directory that it is in',
      )
    }
    const total = contentSize(inode)
    let done = 0
    const progress = (bytes: number): void => options.writing?.(bytes, total)
    try {
      if (inode.kind === 'directory') return placeTree(inode, output, { allowLoss: options.allowLoss, progress })
      requireRoom(
        { ...PLAIN_DIRECTORY, entries: new Map([[name, inode]]) },
        dirname(output),
        `cannot write ${quote(output)}`,
      )
      // Set-user-id bits are for whoever takes a whole tree: a single file that is copied gets none.
      replaceFile(output, inode.meta.mode & 0o777, (descriptor) => {
        writeContents(descriptor, inode, (length) => progress((done += length)))
      })
    } finally {
      progress(total)
    }
  } finally {
    found.close()
  }
}

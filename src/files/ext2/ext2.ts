// ext2 among the formats. Pure.

import type { Format } from '../format.ts'
import { readExt2 } from './read.ts'
import { EXT2, writeExt2 } from './write.ts'

export const ext2: Format = { name: 'ext2', capabilities: EXT2, write: writeExt2, read: readExt2 }

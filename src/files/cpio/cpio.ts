// cpio among the formats. Pure.

import type { Format } from '../format.ts'
import { readCpio } from './read.ts'
import { CPIO, writeCpio } from './write.ts'

export const cpio: Format = { name: 'cpio', capabilities: CPIO, write: writeCpio, read: readCpio }

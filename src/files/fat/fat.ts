// FAT among the formats. Pure.

import type { Format } from '../format.ts'
import { readFat } from './read.ts'
import { FAT, writeFat } from './write.ts'

export const fat: Format = { name: 'fat', capabilities: FAT, write: writeFat, read: readFat }

// ISO 9660 among the formats. Pure.

import type { Format } from '../format.ts'
import { readIso } from './read.ts'
import { ISO9660, writeIso } from './write.ts'

export const iso9660: Format = { name: 'iso9660', capabilities: ISO9660, write: writeIso, read: readIso }

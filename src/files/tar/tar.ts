// tar among the formats. Pure.

import type { Format } from '../format.ts'
import { TAR } from './capabilities.ts'
import { readTar } from './read.ts'
import { writeTar } from './write.ts'

export const tar: Format = { name: 'tar', capabilities: TAR, write: writeTar, read: readTar }

// The executor's bytes, with the two places that the composer fills in. The instructions themselves, each with its reason, are
// in executor.generated.ts, made from native/executor-x86_64.S. Pure.

import { ByteWriter } from '../base/writer.ts'
import { codeOf } from './_code.ts'
import { EXECUTOR, STATUS_OFFSET, TABLE_OFFSET } from './executor.generated.ts'

/** Nobody listens for the executor's letter. */
export const NO_STATUS = -1

const CODE = codeOf(EXECUTOR)

export const EXECUTOR_SIZE = CODE.length

/** The code for a table at `table`, telling `status` (a descriptor, or NO_STATUS) when a record fails. Its entry is byte 0. */
export function executorFor(table: number, status: number): Uint8Array {
  return new ByteWriter(CODE.length)
    .put(0, CODE)
    .u64(TABLE_OFFSET, BigInt(table))
    .u32(STATUS_OFFSET, status >>> 0).bytes
}

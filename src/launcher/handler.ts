// The handler's bytes with the addresses that it reads from: what serves a guest whose block devices are parts of its artefact. The
// instructions themselves, each with its reason, are in handler.generated.ts, made from native/handler-x86_64.S. Pure.

import { ByteWriter } from '../base/writer.ts'
import { codeOf } from './_code.ts'
import { HANDLER, PARTS_OFFSET } from './handler.generated.ts'
import { SA_NODEFER, SA_ONSTACK, SA_RESTORER, SA_SIGINFO } from './system-calls.ts'

const CODE = codeOf(HANDLER)

/** How often a rule of the filter can answer with another number. */
export const MAX_SERVED = 0x1_0000

/** Bytes of the handler for so many parts. */
export function handlerSize(parts: number): number {
  return PARTS_OFFSET + 8 * parts
}

/** The code, and where each part is mapped, in the order of the numbers that rules with `serve` have. Its entry is byte 0. */
export function handlerFor(addresses: readonly number[]): Uint8Array {
  const out = new ByteWriter(handlerSize(addresses.length)).put(0, CODE)
  for (const [i, address] of addresses.entries()) out.u64(PARTS_OFFSET + 8 * i, BigInt(address))
  return out.bytes
}

/**
 * Of its struct sigaction: the frame is made on a stack of its own, since a guest's may be small; the signal is not blocked meanwhile, so that no
 * mask has to be set back. The kernel wants to be told of a restorer, to which nothing ever returns.
 */
export const HANDLER_FLAGS: number = SA_SIGINFO | SA_ONSTACK | SA_RESTORER | SA_NODEFER

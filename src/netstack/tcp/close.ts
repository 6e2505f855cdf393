// The ends of a connection: by agreement, by a reset from either side, by patience that is at its end. Pure.

import { CLOSED, type ClosedBecause, type ControlBlock, NEVER, SYN_RECEIVED, TIME_WAIT } from './control-block.ts'
import { TIME_WAIT_TIME } from './limits.ts'
import { sendReset } from './transmit.ts'

/** It is over, and its owner hears why. */
export function close(c: ControlBlock, why: ClosedBecause): void {
  end(c)
  c.owner.closed(why)
}

/** The guest has been silent for too long. */
export function giveUp(c: ControlBlock): void {
  abort(c)
  c.owner.closed('timed out')
}

/** The owner wants no more of it: the guest hears a reset where it knows of the connection. */
export function abort(c: ControlBlock): void {
  const known = c.state >= SYN_RECEIVED && c.state !== TIME_WAIT
  end(c)
  if (known) sendReset(c)
}

/** Nobody hears of it: there is no room for it, or nobody is left to hear. */
export function drop(c: ControlBlock): void {
  end(c)
}

/** Both directions are finished. What is late is answered from now on, nothing is sent. */
export function linger(c: ControlBlock): void {
  stopTimers(c)
  release(c)
  c.state = TIME_WAIT
  c.timeWaitAt = c.around.now + TIME_WAIT_TIME
  c.owner.lingers()
}

function end(c: ControlBlock): void {
  c.state = CLOSED
  c.synWaits = false
  stopTimers(c)
  release(c)
}

function stopTimers(c: ControlBlock): void {
  c.retransmitAt = NEVER
  c.persistAt = NEVER
  c.delayedAckAt = NEVER
  c.timeWaitAt = NEVER
  c.idleAt = NEVER
}

function release(c: ControlBlock): void {
  c.sendBuffer.release()
  c.reassembly?.release()
  c.reassembly = undefined
  c.memory.receive.give(c.untaken)
  c.untaken = 0
}

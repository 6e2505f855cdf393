import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { eventually } from '../../../test/support/processes.ts'
import { Turns } from './turns.ts'

/** Notes in which order things happen, and when the network wants to be called next. */
function make(deadline?: number) {
  const log: string[] = []
  const network = { advance: (now: number) => void log.push(`advance ${Math.floor(now)}`), deadline }
  const clock = { now: 1 }
  const turns = new Turns(network, () => clock.now)
  return { log, network, clock, turns }
}

const nextPass = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))
const after = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))

describe('Turns', () => {
  it('sets the clock before whatever enters', () => {
    const { log, clock, turns } = make()
    turns.enter(() => log.push('a'))
    clock.now = 5
    turns.enter(() => log.push('b'))
    assert.deepEqual(log, ['advance 1', 'a', 'advance 5', 'b'])
    turns.close()
  })

  it('at the end of a pass does what was put off, then lets leave what is to leave, also what that has added', async () => {
    const { log, turns } = make()
    turns.enter(() => {
      turns.leave(() => log.push('leave'))
      turns.putOff(() => {
        log.push('put off')
        turns.leave(() => log.push('leave too'))
      })
    })
    log.length = 0
    await nextPass()
    assert.deepEqual(log, ['advance 1', 'put off', 'leave', 'leave too'])
    await nextPass()
    assert.equal(log.length, 4)
    turns.close()
  })

  it('keeps what is put off meanwhile for the next pass', async () => {
    const { log, turns } = make()
    turns.putOff(() => turns.putOff(() => log.push('second')))
    await nextPass()
    assert.deepEqual(log, ['advance 1'])
    await nextPass()
    assert.deepEqual(log, ['advance 1', 'advance 1', 'second'])
    turns.close()
  })

  it('calls the network when its deadline has come, and not before', async () => {
    const { log, clock, network, turns } = make(501)
    turns.enter(() => {})
    await nextPass()
    log.length = 0
    await after(15)
    assert.deepEqual(log, [])
    clock.now = 501
    network.deadline = undefined
    await eventually('the network is called', () => log.length > 0)
    assert.deepEqual(log, ['advance 501'])
    turns.close()
  })

  it('heeds a deadline that has come nearer, and one that has passed', async () => {
    const { log, network, turns } = make(100_000)
    turns.enter(() => {})
    await nextPass()
    network.deadline = -5
    turns.enter(() => {})
    await nextPass()
    log.length = 0
    network.deadline = undefined
    await eventually('the network is called', () => log.length > 0)
    assert.deepEqual(log, ['advance 1'])
    turns.close()
  })

  it('calls the network at the end of a pass that has made something due, before anything leaves', async () => {
    const { log, clock, network, turns } = make()
    clock.now = 7
    turns.enter(() => {
      network.deadline = 7
      turns.leave(() => log.push('leave'))
    })
    network.advance = (now) => {
      network.deadline = undefined
      turns.leave(() => log.push('leave too'))
      log.push(`advance ${now}`)
    }
    log.length = 0
    await nextPass()
    assert.deepEqual(log, ['advance 7', 'leave', 'leave too'])
    turns.close()
  })

  it('does nothing more once it is closed', async () => {
    const { log, turns } = make(2)
    turns.leave(() => log.push('leave'))
    turns.close()
    turns.enter(() => log.push('enter'))
    turns.putOff(() => log.push('put off'))
    await after(10)
    assert.deepEqual(log, [])
  })
})

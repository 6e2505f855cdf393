import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Congestion } from './congestion.ts'
import { RTO_FIRST, RTO_MAX, RTO_MIN, SEND_BUFFER_MAX } from './limits.ts'
import { RoundTrip } from './round-trip.ts'

describe('RoundTrip', () => {
  it('waits a second before it knows anything', () => assert.equal(new RoundTrip().timeout, RTO_FIRST))

  it('waits for the first measurement three times over (RFC 6298, 2.2)', () => {
    const trip = new RoundTrip()
    trip.sample(400)
    assert.deepEqual([trip.timeout, trip.smoothed], [1200, 400])
  })

  it('follows with an eighth, and its variation with a quarter (2.3)', () => {
    const trip = new RoundTrip()
    trip.sample(400)
    trip.sample(800)
    assert.equal(trip.smoothed, 450)
    assert.equal(trip.timeout, 450 + 4 * (150 + 100))
  })

  it('never waits less or more than its limits', () => {
    const trip = new RoundTrip()
    trip.sample(0)
    assert.equal(trip.timeout, RTO_MIN)
    for (let i = 0; i < 20; i++) trip.sample(100_000)
    assert.equal(trip.timeout, RTO_MAX)
  })

  it('doubles until something new is acknowledged', () => {
    const trip = new RoundTrip()
    trip.sample(100)
    trip.backOff()
    trip.backOff()
    assert.equal(trip.timeout, 1200)
    for (let i = 0; i < 50; i++) trip.backOff()
    assert.equal(trip.timeout, RTO_MAX)
    trip.restart()
    assert.equal(trip.timeout, 300)
  })
})

describe('Congestion', () => {
  const started = (): Congestion => {
    const congestion = new Congestion()
    congestion.start(1000)
    return congestion
  }

  it('begins with ten segments and doubles in each round trip', () => {
    const congestion = started()
    assert.equal(congestion.window, 10_000)
    for (let i = 0; i < 5; i++) congestion.acknowledged(2000, 10_000, false)
    assert.equal(congestion.window, 20_000)
  })

  it('grows by two segments at most for one acknowledgement, by one after a timeout (RFC 3465)', () => {
    const congestion = started()
    congestion.acknowledged(100_000, 10_000, false)
    assert.equal(congestion.window, 12_000)
    congestion.acknowledged(100_000, 12_000, true)
    assert.equal(congestion.window, 13_000)
  })

  it('does not grow while it is not used', () => {
    const congestion = started()
    congestion.acknowledged(1000, 4999, false)
    assert.equal(congestion.window, 10_000)
  })

  it('grows by one segment in a round trip after a loss', () => {
    const congestion = started()
    congestion.lost(8000)
    assert.deepEqual([congestion.window, congestion.threshold], [4000, 4000])
    for (let i = 0; i < 4; i++) congestion.acknowledged(1000, 4000, false)
    assert.equal(congestion.window, 5000)
    for (let i = 0; i < 5; i++) congestion.acknowledged(1000, 5000, false)
    assert.equal(congestion.window, 6000)
  })

  it('begins with one segment after a timeout, and halves once for those that follow', () => {
    const congestion = started()
    congestion.timedOut(10_000, false)
    assert.deepEqual([congestion.window, congestion.threshold], [1000, 5000])
    congestion.timedOut(1000, true)
    assert.equal(congestion.threshold, 5000)
    congestion.timedOut(100, false)
    assert.equal(congestion.threshold, 2000, 'two segments at least')
  })

  it('goes on after a recovery without a burst', () => {
    const congestion = started()
    congestion.lost(20_000)
    congestion.recovered(3000)
    assert.equal(congestion.window, 4000)
    congestion.lost(20_000)
    congestion.recovered(30_000)
    assert.equal(congestion.window, 10_000)
  })

  it('never grows beyond what a buffer could use', () => {
    const congestion = started()
    for (let i = 0; i < 100_000; i++) congestion.acknowledged(2000, congestion.window, false)
    assert.ok(congestion.window < 2 * SEND_BUFFER_MAX + 2000)
    congestion.idle()
    assert.equal(congestion.window, 10_000)
  })
})

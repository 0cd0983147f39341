import { expect } from 'chai'
import { ongoingWaits, shareTimeout, waitFor } from './wait.ts'

const claim = 'the link of this very test to be up'
const mine = () => ongoingWaits(0).filter((wait) => wait.claim === claim)

describe('waits that go on', () => {
  it('tell what they wait for, what they saw last, how long, and until when; and only as long as they last', async () => {
    const seen = Promise.withResolvers<undefined>()
    let polls = 0
    const { signal } = new AbortController()
    const waiting = waitFor({ claim, signal, timeout: 10_000, interval: 1 }, async () => {
      polls += 1
      if (polls < 2) return { lastSeen: 'east down' }
      await seen.promise
      return { done: 'up' }
    })
    while (polls < 2) await new Promise(setImmediate)
    const [wait] = mine()
    expect(wait).to.include({ claim, lastSeen: 'east down', limit: 10_000 })
    expect(wait?.elapsed).to.be.at.least(0)
    expect(ongoingWaits(wait?.limit ?? 0)).to.deep.equal([])
    seen.resolve(undefined)
    expect(await waiting).to.equal('up')
    expect(mine()).to.deep.equal([])
  })

  it('are not listed if the caller reports their progress itself', async () => {
    const stop = new AbortController()
    const onSeen = () => undefined
    const waiting = waitFor({ claim, signal: stop.signal, timeout: 10_000, interval: 1, onSeen }, () =>
      Promise.resolve({ lastSeen: 'nothing' }),
    ).catch((error: unknown) => error)
    await new Promise(setImmediate)
    expect(mine()).to.deep.equal([])
    stop.abort(new Error('enough'))
    expect(await waiting).to.be.an('error')
  })

  it('repeat what they saw if it stays the same', async () => {
    const stop = new AbortController()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    let times = 0
    const onSeen = (lastSeen: string) => {
      if (lastSeen === 'east down' && ++times === 3) resolve(undefined)
    }
    const options = { claim, signal: stop.signal, timeout: 10_000, interval: 1, onSeen, seenAgain: 1 }
    const waiting = waitFor(options, () => Promise.resolve({ lastSeen: 'east down' })).catch(() => undefined)
    await promise
    stop.abort(new Error('enough'))
    await waiting
  })
})

describe('steps that share a timeout', () => {
  it('get what is left of it, and at least a millisecond', async () => {
    const { signal } = new AbortController()
    const left = shareTimeout({ signal, timeout: 20 })
    const over = performance.now() + 20
    const first = left().timeout
    expect(first).to.be.within(1, 20)
    while (performance.now() < over) await new Promise(setImmediate)
    expect(left()).to.deep.equal({ signal, timeout: 1 })
  })
})

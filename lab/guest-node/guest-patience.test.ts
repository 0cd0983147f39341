import { expect } from 'chai'
import { InterruptedError, TimeoutError } from '../../support/common/errors.ts'
import type { HostTime } from '../guests/guest-runtime.ts'
import { type Clock, withPatience } from './guest-patience.ts'

const MINUTE = 60_000
const PATIENCE = 5 * MINUTE

/** A machine of which a guest gets that part of the CPU time it asks for; undefined: it does not tell. */
class Machine implements Clock {
  #now = 0
  readonly #share: number | undefined
  readonly #onTick: (minutes: number) => void

  constructor(share: number | undefined, onTick: (minutes: number) => void = () => undefined) {
    this.#share = share
    this.#onTick = onTick
  }

  now(): number {
    return this.#now
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise(setImmediate)
    signal.throwIfAborted()
    this.#now += milliseconds
    this.#onTick(this.#now / MINUTE)
  }

  hostTime(): Promise<HostTime | undefined> {
    const share = this.#share
    if (share === undefined) return Promise.resolve(undefined)
    return Promise.resolve({ ran: this.#now * share, waited: this.#now * (1 - share) })
  }
}

describe('the patience with a guest', () => {
  const { signal } = new AbortController()
  const options = { claim: 'node x to boot', lastSeen: () => 'no agent', patience: PATIENCE, signal }
  const wait = (machine: Machine, more: Partial<typeof options> = {}) =>
    withPatience(machine, { ...options, clock: machine, ...more }, () => new Promise<never>(() => undefined))
  const failure = (waiting: Promise<unknown>) => waiting.catch((error: unknown) => error)

  it('is over when nothing was seen of it for so long', async () => {
    const error = await failure(wait(new Machine(1)))
    expect(error).to.be.instanceOf(TimeoutError)
    expect(String(error)).to.include(
      "waiting for node x to boot: last saw no agent, and no more for 5m of the guest's time, after 5m (it ran for 5m and waited 0ms",
    )
  })

  it('lasts as much longer as the guest waits for the CPUs of its machine', async () => {
    expect(String(await failure(wait(new Machine(0.125))))).to.include(
      'after 40m (it ran for 5m and waited 35m',
    )
  })

  it('goes by the clock where the machine does not tell', async () => {
    expect(String(await failure(wait(new Machine(undefined))))).to.match(/after 5m$/)
  })

  it('begins anew with each sign of the guest', async () => {
    let seen = 'nothing'
    const machine = new Machine(1, (minutes) => {
      if (minutes <= 12) seen = `line ${Math.floor(minutes / 4)}`
    })
    expect(String(await failure(wait(machine, { lastSeen: () => seen })))).to.include(
      "last saw line 3, and no more for 5m of the guest's time, after 17m",
    )
  })

  it('ends with its work, and the work with it', async () => {
    const machine = new Machine(1)
    expect(await withPatience(machine, { ...options, clock: machine }, () => Promise.resolve(7))).to.equal(7)
    let given: AbortSignal | undefined
    await failure(
      withPatience(machine, { ...options, clock: machine }, (limited) => {
        given = limited
        return new Promise(() => undefined)
      }),
    )
    expect(given?.aborted).to.equal(true)
  })

  it('is interrupted', async () => {
    const stop = new AbortController()
    const machine = new Machine(1, (minutes) => {
      if (minutes > 1) stop.abort(new Error('SIGINT'))
    })
    expect(await failure(wait(machine, { signal: stop.signal }))).to.be.instanceOf(InterruptedError)
  })
})

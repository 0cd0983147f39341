import { expect } from 'chai'
import { InterruptedError, TimeoutError } from '../../support/common/errors.ts'
import type { HostTime } from '../guests/guest-runtime.ts'
import { type Clock, type GuestReading, type Silence, silenceAt, withPatience } from './guest-patience.ts'

const MINUTE = 60_000
const PATIENCE = 5 * MINUTE

interface Doing {
  /** The share of the requested CPU time that the guest gets, 0 to 1; undefined: the machine does not report it. */
  readonly share?: number | undefined
  /** CPUs for which the guest has work all the time, e.g. 0.5 for one CPU half of the time. */
  readonly asks?: number
  /** Whether its disks are always in use. */
  readonly reads?: boolean
  readonly onTick?: (minutes: number) => void
}

/** A simulated machine and a guest on it, which boots or hangs. */
class Machine implements Clock {
  #now = 0
  readonly #doing: Doing

  constructor(doing: Doing) {
    this.#doing = doing
  }

  now(): number {
    return this.#now
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise(setImmediate)
    signal.throwIfAborted()
    this.#now += milliseconds
    this.#doing.onTick?.(this.#now / MINUTE)
  }

  hostTime(): Promise<HostTime | undefined> {
    const { share, asks = 0 } = this.#doing
    if (share === undefined) return Promise.resolve(undefined)
    // Time that it runs is time that it neither waits nor requests again.
    const ran = share * asks
    return Promise.resolve({ ran: this.#now * ran, waited: this.#now * (asks - ran) })
  }

  activity(): Promise<number> {
    return this.#doing.reads === true ? Promise.resolve(this.#now) : new Promise(() => undefined)
  }
}

/** Its threads never sleep. */
const BUSY = { asks: 1 }

describe('the patience with a guest', () => {
  const { signal } = new AbortController()
  const options = { claim: 'node x to boot', lastSeen: () => 'no agent', patience: PATIENCE, signal }
  const wait = (machine: Machine, more: Partial<typeof options> = {}) =>
    withPatience(machine, { ...options, clock: machine, ...more }, () => new Promise<never>(() => undefined))
  const failure = (waiting: Promise<unknown>) => waiting.catch((error: unknown) => error)

  it('is over when nothing was seen of it for so long', async () => {
    const error = await failure(wait(new Machine({ share: 1 })))
    expect(error).to.be.instanceOf(TimeoutError)
    expect(String(error)).to.include(
      "waiting for node x to boot: last saw no agent, and no more for 5m of the guest's time, after 5m (it ran for 0ms and waited 0ms",
    )
  })

  it('lasts as much longer as the guest waits for the CPUs of its machine', async () => {
    const machine = new Machine({ share: 0.125, reads: true, ...BUSY })
    expect(String(await failure(wait(machine)))).to.include('after 40m (it ran for 5m and waited 35m')
  })

  it('is over soon where its CPUs run and nothing comes of it', async () => {
    expect(String(await failure(wait(new Machine({ share: 1, ...BUSY }))))).to.include(
      'waiting for node x to boot: last saw no agent, and since then its CPUs ran for 1m15s without a sign of it on its ' +
        'console, on its disks or from its agent, after 1m15s',
    )
    // A load of 16 on two CPUs; by the guest's own time alone this would take 40 minutes.
    const starved = new Machine({ share: 0.125, ...BUSY })
    expect(String(await failure(wait(starved)))).to.include('after 10m (it ran for 1m15s and waited 8m45s')
  })

  it('does not shrink if many of its CPUs run', async () => {
    const machine = new Machine({ share: 1, asks: 8 })
    expect(String(await failure(wait(machine)))).to.include('after 1m15s (it ran for 10m ')
  })

  for (const share of [0.2, 0.1, 0.05])
    it(`lasts for a whole boot that gets ${share} of a CPU`, async () => {
      const booted = Promise.withResolvers<string>()
      let seen = 'nothing'
      // A boot of one minute of CPU time. It is silent for a third of it, while the kernel unpacks itself.
      const onTick = (minutes: number) => {
        const worked = minutes * share
        if (worked > 1 / 3) seen = `line ${Math.floor(worked * 20)}`
        if (worked >= 1) booted.resolve('booted')
      }
      const machine = new Machine({ share, onTick, ...BUSY })
      const options_ = { ...options, clock: machine, lastSeen: () => seen }
      expect(await withPatience(machine, options_, () => booted.promise)).to.equal('booted')
    })

  it('goes by the clock where the machine does not tell', async () => {
    expect(String(await failure(wait(new Machine({}))))).to.match(/after 5m$/)
  })

  it('restarts at each sign of activity', async () => {
    let seen = 'nothing'
    const onTick = (minutes: number) => {
      if (minutes <= 12) seen = `line ${Math.floor(minutes / 4)}`
    }
    const machine = new Machine({ share: 1, onTick })
    expect(String(await failure(wait(machine, { lastSeen: () => seen })))).to.include(
      "last saw line 3, and no more for 5m of the guest's time, after 17m",
    )
  })

  it('ends with its work, and the work with it', async () => {
    const machine = new Machine({ share: 1 })
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
    const onTick = (minutes: number) => {
      if (minutes > 1) stop.abort(new Error('SIGINT'))
    }
    const machine = new Machine({ share: 1, onTick })
    expect(await failure(wait(machine, { signal: stop.signal }))).to.be.instanceOf(InterruptedError)
  })
})

describe('the silence of a guest', () => {
  const reading = (at: number, more: Partial<GuestReading> = {}): GuestReading => ({
    at,
    lastSeen: 'no agent',
    host: { ran: at, waited: 0 },
    activity: undefined,
    ...more,
  })
  const before: Silence = { own: 7000, spun: 5000 }

  it('grows by the time in which it did not wait for a CPU, and by that in which it ran', () => {
    const now = reading(1000, { host: { ran: 250, waited: 700 } })
    expect(silenceAt(now, reading(0), before)).to.deep.equal({ own: 7300, spun: 5250 })
  })

  it('ends with what is seen; an operation of a disk or an answer says no more than that it does not spin', () => {
    const seen = reading(1000, { lastSeen: 'its agent' })
    expect(silenceAt(seen, reading(0), before)).to.deep.equal({ own: 0, spun: 0 })
    const active = silenceAt(reading(1000, { activity: 6 }), reading(0, { activity: 5 }), before)
    expect(active).to.deep.equal({ own: 8000, spun: 0 })
    const still = silenceAt(reading(1000, { activity: 5 }), reading(0, { activity: 5 }), before)
    expect(still).to.deep.equal({ own: 8000, spun: 6000 })
    // The first known count is not a sign of activity.
    expect(silenceAt(reading(1000, { activity: 5 }), reading(0), before)).to.deep.equal(still)
  })

  it('is counted by the clock alone where the machine does not tell', () => {
    const now = reading(1000, { host: undefined })
    expect(silenceAt(now, reading(0), before)).to.deep.equal({ own: 8000, spun: 5000 })
  })
})

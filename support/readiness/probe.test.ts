import { perRole } from '../model/role.ts'
import { expect } from 'chai'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { TrafficGenerator } from '../dataplane/traffic-generator.ts'
import type { Linked } from './link.ts'
import { mustCarryPackets, probe, type Probed } from './probe.ts'
import type { Run } from '../run/run.ts'

const EAST_TO_WEST = { vmRxDropped: 0, vmTxDropped: 0 }

/**
 * A path that carries packets for the requested time, and a generator whose NICs update their counters late, like VFs
 * that read them from the host periodically.
 */
class Path {
  /** The share of the packets that come back. */
  readonly #returned: number
  /** Age of the generator's counters, in milliseconds. */
  readonly #lag: number
  #startedAt = Infinity
  #duration = 0
  #rate = 0
  #baseline = { tx: 0, rx: 0 }

  constructor({ lag = 0, returned = 1 }) {
    this.#lag = lag
    this.#returned = returned
  }

  /** Packets that had been sent this many milliseconds ago. */
  #sent(ago: number): number {
    const sending = Math.min(this.#duration, Math.max(0, performance.now() - this.#startedAt - ago))
    return Math.floor((sending * this.#rate) / 1000)
  }

  /** The counters of the generator's NICs. */
  get shown(): { tx: number; rx: number } {
    const tx = this.#sent(this.#lag)
    return { tx, rx: Math.floor(tx * this.#returned) }
  }

  /** Their final values. */
  get true(): { tx: number; rx: number } {
    const tx = this.#sent(0)
    return { tx, rx: Math.floor(tx * this.#returned) }
  }

  get generator(): TrafficGenerator {
    const counters = () => {
      const { tx, rx } = this.shown
      const [eastTx, westRx] = [tx - this.#baseline.tx, rx - this.#baseline.rx]
      return { eastTx, eastRx: 0, westTx: 0, westRx, outputErrors: 0, inputErrors: 0 }
    }
    const generator: Pick<TrafficGenerator, 'clear' | 'start' | 'sample' | 'stop'> = {
      clear: () => {
        this.#baseline = this.shown
        return Promise.resolve()
      },
      start: ({ packetsPerSecond, duration }) => {
        this.#startedAt = performance.now()
        this.#duration = duration
        this.#rate = packetsPerSecond
        return Promise.resolve()
      },
      sample: () => {
        const isSending = performance.now() - this.#startedAt < this.#duration
        return Promise.resolve({ counters: counters(), isSending })
      },
      stop: () => Promise.resolve({ sentFor: this.#duration, shortfall: [] }),
    }
    return generator as TrafficGenerator
  }

  get testpmd(): TestpmdSession {
    const none = { rxPackets: 0, txPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txDropped: 0 }
    const read = (): Promise<TestpmdCounters> => {
      const packets = this.#sent(0)
      const east = { ...none, rxPackets: packets }
      return Promise.resolve({ east, west: { ...none, txPackets: packets }, streams: [] })
    }
    const testpmd: Pick<TestpmdSession, 'read'> = { read }
    return testpmd as TestpmdSession
  }

  async probe() {
    const signal = new AbortController().signal
    const run = {
      signal,
      limits: (timeout: number) => ({ signal, timeout }),
      journal: {
        phase: (_name: string, _spentOn: string, work: () => Promise<unknown>) => work(),
        probe: () => undefined,
      },
    }
    const up = { east: 'up', west: 'up' }
    const linked = {
      parameters: { directions: 1 },
      links: perRole(() => up),
      testpmd: this.testpmd,
      generator: this.generator,
    }
    const { probe: counts } = await probe(run as unknown as Run, linked as unknown as Linked)
    return counts
  }
}

describe('the probe', function () {
  it('is over as soon as every packet came back', async () => {
    const counts = await new Path({}).probe()
    expect(counts?.eastToWest).to.deep.equal({
      ...EAST_TO_WEST,
      generatorTx: 200,
      vmRx: 200,
      vmTx: 200,
      generatorRx: 200,
    })
  })

  it('leaves nothing to the timed run where counters are shown late', async () => {
    const path = new Path({ lag: 900 })
    const counts = await path.probe()
    expect(path.shown).to.deep.equal(path.true)
    expect(counts?.eastToWest).to.include({ generatorTx: 200, generatorRx: 200 })
  })

  it('leaves nothing to the timed run where packets are lost and counters are shown late', async () => {
    const path = new Path({ lag: 900, returned: 0.5 })
    const counts = await path.probe()
    expect(path.shown).to.deep.equal(path.true)
    expect(counts?.eastToWest).to.include({ generatorTx: 200, generatorRx: 100 })
  })

  it('keeps the timed run from being made where nothing comes back, and from nothing else', () => {
    const none = { ...EAST_TO_WEST, generatorTx: 0, vmRx: 0, vmTx: 0, generatorRx: 0 }
    const sent = (some: Partial<typeof none>): Probed['probe'] => ({
      eastToWest: { ...none, generatorTx: 200, ...some },
      westToEast: none,
    })
    const go = (counts: Probed['probe']) => () => {
      mustCarryPackets({ probe: counts } as Probed)
    }
    for (const dead of [sent({}), sent({ vmRx: 200 }), sent({ vmRx: 200, vmTx: 200 })])
      expect(go(dead)).to.throw('there was no timed traffic: the path carries no packets, see traffic.probe')
    expect(go(sent({ vmRx: 100, vmTx: 100, generatorRx: 1 }))).not.to.throw()
    expect(go(undefined)).not.to.throw()
  })
})

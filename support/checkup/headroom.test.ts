import { expect } from 'chai'
import type { Limits } from '../common/wait.ts'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import { HeadroomMeter } from './headroom.ts'

const PORT = { rxPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txPackets: 0, txDropped: 0 }
const WORKERS = [4, 5, 6, 7]
const limits = (): Limits => ({ signal: new AbortController().signal, timeout: 1000 })

function counters(packets: number, some: Partial<TestpmdCounters> = {}): TestpmdCounters {
  const stream = { rxPort: 0, rxQueue: 2, txPort: 1, txQueue: 2, txPackets: packets, txDropped: 0 }
  return {
    east: { ...PORT, rxPackets: packets },
    west: { ...PORT, txPackets: packets },
    streams: packets === 0 ? [] : [{ ...stream, rxPackets: packets }],
    ...some,
  }
}
const polled = (packets: number, emptyPercent: number) =>
  counters(packets, { polls: [{ rxPort: 0, rxQueue: 2, polls: packets * 10, emptyPercent }] })

/** A testpmd on which packets arrive from the third look on. */
class Testpmd {
  readonly said: string[] = []
  readonly plan = { queues: 4 }
  #knowsPolls: boolean
  #looks = 0

  constructor(knowsPolls = true) {
    this.#knowsPolls = knowsPolls
  }

  get session(): TestpmdSession {
    return this as unknown as TestpmdSession
  }

  sample(): Promise<TestpmdCounters> {
    this.said.push('look')
    this.#looks += 1
    return Promise.resolve(counters(this.#looks < 3 ? 0 : 10))
  }

  recordPolls(isOn: boolean): Promise<boolean> {
    this.said.push(isOn ? 'on' : 'off')
    return Promise.resolve(this.#knowsPolls)
  }
}

describe('headroom', () => {
  it('is counted from the first packets on until the generator stops, and told by CPU', async () => {
    const testpmd = new Testpmd()
    const meter = new HeadroomMeter(testpmd.session)
    await meter.begin(60_000, limits)
    await meter.note(polled(1000, 30), true, limits)
    await meter.note(polled(2000, 31), true, limits)
    await meter.note(polled(2500, 80), false, limits)
    await meter.note(polled(2500, 99), false, limits)
    expect(testpmd.said).to.deep.equal(['look', 'look', 'look', 'on', 'off'])
    const { measuredFor, ...headroom } = meter.result(WORKERS, counters(2500, { cycles: CYCLES }))
    expect(headroom).to.deep.equal({
      queues: [{ port: 'east', queue: 2, cpu: 6, polls: 20_000, emptyPercent: 31 }],
      ...CYCLES,
    })
    expect(measuredFor).to.be.a('number')
  })

  it('stops to count where counters of 32 bits would wrap, and goes on with the run', async () => {
    const testpmd = new Testpmd()
    const meter = new HeadroomMeter(testpmd.session)
    await meter.begin(60_000, limits)
    await meter.note(polled(2 ** 28, 5), true, limits)
    await meter.note(counters(2 ** 29), true, limits)
    expect(testpmd.said.slice(-2)).to.deep.equal(['on', 'off'])
    expect(meter.result(WORKERS, counters(1)).queues).to.have.length(1)
  })

  it('is not known, and never guessed, where testpmd refuses or tells of no polls', async () => {
    const refusing = new HeadroomMeter(new Testpmd(false).session)
    await refusing.begin(60_000, limits)
    await refusing.note(counters(1000), true, limits)
    await refusing.note(counters(2000), false, limits)
    const { unknown, queues } = refusing.result(WORKERS, counters(2000))
    expect(unknown).to.match(/does not count polls/)
    expect(queues).to.deep.equal([])

    const silent = new HeadroomMeter(new Testpmd().session)
    await silent.begin(60_000, limits)
    await silent.note(counters(1000), true, limits)
    await silent.note(counters(2000), false, limits)
    expect(silent.result(WORKERS, counters(2000)).unknown).to.match(/told of no polls/)
  })

  it('does not wait for packets that never come', async () => {
    const testpmd = new Testpmd()
    await new HeadroomMeter(testpmd.session).begin(0, limits)
    expect(testpmd.said).to.deep.equal(['on'])
  })
})

const CYCLES = { cyclesPerPacket: 212.4, clockMHz: 2600 }

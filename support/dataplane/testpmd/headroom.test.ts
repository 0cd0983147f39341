import { expect } from 'chai'
import type { Limits } from '../../common/wait.ts'
import type { TestpmdCounters } from './counters.ts'
import type { TestpmdSession } from './session.ts'
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

/** A testpmd that receives packets from the third sample on. */
class Testpmd {
  readonly said: string[] = []
  readonly plan = { queues: 4 }
  readonly #knowsPolls: boolean
  readonly #first: Partial<TestpmdCounters>
  #looks = 0

  /** @param cycles TSC cycles that it prints with the first packets */
  constructor({
    knowsPolls = true,
    ...first
  }: { knowsPolls?: boolean } & Pick<TestpmdCounters, 'cycles'> = {}) {
    this.#knowsPolls = knowsPolls
    this.#first = first
  }

  get session(): TestpmdSession {
    return this as unknown as TestpmdSession
  }

  sample(): Promise<TestpmdCounters> {
    this.said.push('look')
    this.#looks += 1
    return Promise.resolve(this.#looks < 3 ? counters(0) : counters(10, this.#first))
  }

  /** Of lcore 1 and of lcore 3, which has the packets; empty if this release does not tell them. */
  usage: readonly (readonly [busy: number, total: number])[] = []

  lcoreUsage(): Promise<ReadonlyMap<number, { busy: number; total: number }>> {
    const [now, ...later] = this.usage
    this.usage = later
    if (now === undefined) return Promise.resolve(new Map())
    const [busy, total] = now
    return Promise.resolve(
      new Map([
        [1, { busy: 0, total }],
        [3, { busy, total }],
      ]),
    )
  }

  recordPolls(isOn: boolean): Promise<boolean> {
    this.said.push(isOn ? 'on' : 'off')
    return Promise.resolve(this.#knowsPolls)
  }
}

/** TSC cycles of one core at 2600 MHz in this many milliseconds. */
const cycles = (milliseconds: number) => ({
  cyclesPerPacket: 212.4,
  clockMHz: 2600,
  busyCycles: milliseconds * 2_600_000,
})

/** Readings one second apart, from the time at which testpmd starts to count polls. */
class Run {
  readonly testpmd: Testpmd
  readonly meter: HeadroomMeter
  #at = 0

  constructor(testpmd = new Testpmd()) {
    this.testpmd = testpmd
    this.meter = new HeadroomMeter(testpmd.session, () => this.#at)
  }

  async begin(): Promise<this> {
    await this.meter.begin(60_000, limits)
    return this
  }

  async second(read: TestpmdCounters, isSending: boolean): Promise<void> {
    this.#at += 1000
    await this.meter.addReading({ counters: read, at: this.#at }, isSending, limits)
  }
}

describe('headroom', () => {
  it('is counted from the first packets on until the generator stops, and told by CPU', async () => {
    const run = await new Run().begin()
    await run.second(polled(1000, 30), true)
    await run.second(polled(2000, 31), true)
    await run.second(polled(2500, 80), false)
    await run.second(polled(2500, 99), false)
    expect(run.testpmd.said).to.deep.equal(['look', 'look', 'look', 'on', 'off'])
    const { measuredFor, ...headroom } = run.meter.result(WORKERS, counters(2500))
    expect(headroom).to.deep.equal({
      queues: [{ port: 'east', queue: 2, cpu: 6, polls: 20_000, emptyPercent: 31 }],
    })
    expect(measuredFor).to.equal(2000)
  })

  it('tells how much of the time packets took, by cycles of the same readings', async () => {
    const run = await new Run(new Testpmd({ cycles: cycles(5) })).begin()
    await run.second({ ...polled(1000, 30), cycles: cycles(255) }, true)
    await run.second({ ...polled(2000, 31), cycles: cycles(505) }, true)
    await run.second({ ...polled(2500, 80), cycles: cycles(600) }, false)
    expect(run.meter.result(WORKERS, counters(2500, { cycles: cycles(600) }))).to.include({
      busyPercent: 25,
      cyclesPerPacket: 212.4,
      clockMHz: 2600,
    })
  })

  it('takes the time of each lcore with packets from testpmd where it tells that, as differences', async () => {
    const testpmd = new Testpmd({ cycles: cycles(5) })
    testpmd.usage = [
      [500, 10_000],
      [740, 11_000],
      [980, 12_000],
    ]
    const run = await new Run(testpmd).begin()
    await run.second({ ...polled(1000, 30), cycles: cycles(255) }, true)
    await run.second({ ...polled(2000, 31), cycles: cycles(505) }, true)
    await run.second(polled(2500, 80), false)
    const { lcores, busyPercent } = run.meter.result(WORKERS, counters(2500))
    expect(lcores).to.deep.equal([{ cpu: 6, busyPercent: 24 }])
    expect(busyPercent).to.equal(24)
    expect(testpmd.usage).to.deep.equal([])
  })

  it('stops to count where counters of 32 bits would wrap, and goes on with the run', async () => {
    const run = await new Run().begin()
    await run.second(polled(2 ** 28, 5), true)
    await run.second(counters(2 ** 29), true)
    expect(run.testpmd.said.slice(-2)).to.deep.equal(['on', 'off'])
    expect(run.meter.result(WORKERS, counters(1)).queues).to.have.length(1)
  })

  it('is not known, and never guessed, where testpmd refuses or tells of no polls', async () => {
    const refusing = await new Run(new Testpmd({ knowsPolls: false })).begin()
    const silent = await new Run().begin()
    for (const run of [refusing, silent]) {
      await run.second(counters(1000), true)
      await run.second(counters(2000), false)
      expect(run.meter.result(WORKERS, counters(2000)).queues).to.deep.equal([])
    }
    expect(refusing.meter.result(WORKERS, counters(1)).unknown).to.match(/does not count polls/)
    expect(silent.meter.result(WORKERS, counters(1)).unknown).to.match(
      /counted no polls while packets flowed/,
    )
  })

  it('does not wait for packets that never come', async () => {
    const testpmd = new Testpmd()
    await new HeadroomMeter(testpmd.session).begin(0, limits)
    expect(testpmd.said).to.deep.equal(['look', 'on'])
  })
})

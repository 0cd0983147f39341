import { expect } from 'chai'
import type { TestpmdCounters } from './counters.ts'
import { PollWindow } from './poll-window.ts'

const PORT = { rxPackets: 0, rxMissed: 0, rxErrors: 0, rxNoMbuf: 0, txPackets: 0, txDropped: 0 }

/** testpmd's counters after `packets` packets and `polls` polls of the east port's first queue. */
function counters(packets: number, polls: number, emptyPercent = 90): TestpmdCounters {
  const stream = { rxPort: 0, rxQueue: 0, txPort: 1, txQueue: 0, txPackets: packets, txDropped: 0 }
  return {
    east: { ...PORT, rxPackets: packets },
    west: { ...PORT, txPackets: packets },
    streams: packets === 0 ? [] : [{ ...stream, rxPackets: packets }],
    polls: [
      { rxPort: 0, rxQueue: 0, polls, emptyPercent },
      { rxPort: 1, rxQueue: 0, polls, emptyPercent: 100 },
    ],
  }
}

describe('the window in which polls are counted', () => {
  it('ends with the last reading after which packets still came', () => {
    const window = new PollWindow()
    window.add(counters(1000, 5000, 40), 1000, true)
    expect(window.reading).to.equal(undefined)
    window.add(counters(2000, 10_000, 41), 2000, true)
    // The generator had just stopped, so this reading includes an unknown time without traffic.
    window.add(counters(2900, 15_000, 60), 3000, true)
    window.add(counters(2900, 900_000, 99), 4000, false)
    expect(window.reading).to.deep.equal({
      at: 2000,
      busyCycles: undefined,
      queues: [{ rxPort: 0, rxQueue: 0, polls: 10_000, emptyPercent: 41 }],
    })
  })

  it('takes no reading from a time in which the generator did not send', () => {
    const window = new PollWindow()
    window.add(counters(1000, 5000), 1000, false)
    window.add(counters(1001, 9000), 2000, false)
    expect(window.reading).to.equal(undefined)
  })

  it('leaves out queues that no packet came in on: they are always found empty', () => {
    const window = new PollWindow()
    const withoutStreams = (packets: number) => ({ ...counters(packets, 5000), streams: [] })
    window.add(withoutStreams(10), 1000, true)
    window.add(withoutStreams(20), 2000, true)
    expect(window.reading?.queues.map(({ rxPort }) => rxPort)).to.deep.equal([0])
  })

  it('ends before a counter of 32 bits wraps, and takes nothing after that', () => {
    const window = new PollWindow()
    window.add(counters(1000, 2 ** 31 - 1), 20_000, true)
    expect(window.hasEnough).to.equal(false)
    window.add(counters(2000, 2 ** 31 + 5), 21_000, true)
    expect(window.hasEnough).to.equal(true)
    window.add(counters(3000, 7), 22_000, true)
    window.add(counters(4000, 9), 23_000, true)
    expect(window.reading).to.deep.include({ at: 21_000 })
  })

  it('has no reading where testpmd tells of no polls', () => {
    const window = new PollWindow()
    for (const packets of [1000, 2000]) window.add({ ...counters(packets, 1), polls: [] }, packets, true)
    expect(window.reading).to.equal(undefined)
  })
})

import { expect } from 'chai'
import { exampleReport } from './example.fixture.ts'
import { headroomText } from './headroom-text.ts'
import { queueFacts } from './html/queues.ts'
import type { Headroom } from '../model/traffic.ts'

const queue = (emptyPercent: number, some = {}): Headroom['queues'][number] => ({
  port: 'east',
  queue: 0,
  cpu: 4,
  polls: 3_000_000,
  emptyPercent,
  ...some,
})

describe('headroom in words', () => {
  it('is the time that cores were busy, and the polls of the queue that had the least', () => {
    const queues = [queue(93), queue(41, { queue: 3, cpu: 7 }), queue(90, { queue: 1, cpu: 5 })]
    expect(headroomText({ measuredFor: 8000, busyPercent: 40, queues })).to.equal(
      'CPUs 4, 5, 7 were busy 40 % of the time, at least 41 % of their polls found no packet',
    )
    expect(headroomText({ measuredFor: 8000, busyPercent: 28, queues: [queue(99)] })).to.equal(
      'CPU 4 was busy 28 % of the time, 99 % of its polls found no packet',
    )
    expect(headroomText({ measuredFor: 8000, queues: [queue(99)] })).to.equal(
      '99 % of the polls of CPU 4 found no packet',
    )
  })

  it('is none where testpmd tells of 0 %, for it rounds down, or where packets took all the time', () => {
    expect(headroomText({ measuredFor: 8000, busyPercent: 60, queues: [queue(0)] })).to.equal(
      'none: CPU 4 was busy 60 % of the time, less than 1 % of its polls found no packet',
    )
    expect(headroomText({ measuredFor: 8000, busyPercent: 95, queues: [queue(40)] })).to.match(/^none: /)
    expect(headroomText({ measuredFor: 8000, busyPercent: 94, queues: [queue(40)] })).to.match(/^CPU 4/)
  })

  it('names the lcore that is busier than the others, where testpmd tells the time of each', () => {
    const lcores = (...busy: readonly number[]) =>
      busy.map((busyPercent, index) => ({ cpu: 4 + index, busyPercent }))
    const measured = { measuredFor: 8000, queues: [queue(40)] }
    expect(headroomText({ ...measured, busyPercent: 60, lcores: lcores(96, 24) })).to.equal(
      'none: CPU 4 was busy 60 % of the time (CPU 4: 96 %), 40 % of its polls found no packet',
    )
    expect(headroomText({ ...measured, busyPercent: 40, lcores: lcores(41, 39) })).to.equal(
      'CPU 4 was busy 40 % of the time, 40 % of its polls found no packet',
    )
  })

  it('says why it is not known', () => {
    expect(headroomText({ unknown: 'this testpmd does not count polls', queues: [] })).to.equal(
      'unknown: this testpmd does not count polls',
    )
  })

  it('stands on the summary page with the packets of each queue', () => {
    const { traffic } = exampleReport('passed')
    if (traffic === undefined) throw new Error('the example has traffic')
    const shown = (queueFacts(traffic)?.markup ?? '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
    expect(shown).to.include('VM under test, east queue 1 (CPU 5)')
    expect(shown).to.include('50,790 packets received, 91 % of 3,201,877 polls in 8s found no packet')
    expect(shown).to.match(/Cycles per packet 212/)
    delete traffic.headroom
    delete traffic.queues
    expect(queueFacts(traffic)).to.equal(undefined)
  })
})

import { expect } from 'chai'
import { exampleReport } from './example.ts'
import { headroomText } from './headroom-text.ts'
import { queueFacts } from './html/queues.ts'
import type { Headroom } from './model.ts'

const queue = (emptyPercent: number, some = {}): Headroom['queues'][number] => ({
  ...{ port: 'east', queue: 0, cpu: 4, polls: 3_000_000, emptyPercent },
  ...some,
})

describe('headroom in words', () => {
  it('is that of the queue with the least', () => {
    const queues = [queue(93), queue(41, { queue: 3, cpu: 7 }), queue(90, { queue: 1, cpu: 5 })]
    expect(headroomText({ measuredFor: 8000, queues })).to.equal(
      '41 % of the polls of east queue 3 (CPU 7) found nothing, the least of 3 queues',
    )
  })

  it('is none where testpmd tells of 0 %: it rounds down', () => {
    expect(headroomText({ measuredFor: 8000, queues: [queue(0)] })).to.equal(
      'none: less than 1 % of the polls of east queue 0 (CPU 4) found nothing',
    )
  })

  it('says why it is not known', () => {
    expect(headroomText({ unknown: 'this testpmd does not count polls', queues: [] })).to.equal(
      'not known: this testpmd does not count polls',
    )
  })

  it('stands on the summary page with the packets of each queue', () => {
    const { traffic } = exampleReport('passed')
    if (traffic === undefined) throw new Error('the example has traffic')
    const shown = (queueFacts(traffic)?.markup ?? '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
    expect(shown).to.include('VM under test, east queue 1 (CPU 5)')
    expect(shown).to.include('50,790 packets received, 91 % of 3,201,877 polls in 8s found nothing')
    expect(shown).to.match(/Cycles per packet 212/)
    delete traffic.headroom
    delete traffic.queues
    expect(queueFacts(traffic)).to.equal(undefined)
  })
})

import { expect } from 'chai'
import { shortfallOf } from './shortfall.ts'

const request = { packetsPerSecond: 10_000, duration: 2000 }
const east = (packets: number) => ({ sent: { east: packets, west: 0 } })
const fine = { ...east(20_000), sentFor: 2000, highestLoad: 40, queueFull: 0 }

describe("TRex's shortfall", () => {
  it('is none where it sent what was asked, a stream more or less', () => {
    for (const sent of [20_000, 20_004, 19_000])
      expect(shortfallOf(request, { ...fine, ...east(sent) })).deep.equals([])
    expect(shortfallOf(request, { ...fine, highestLoad: 85 })).deep.equals([])
  })

  for (const [what, figures, words] of [
    ['less than 95 % sent', east(18_999), 'it sent 18,999 of 20,000 packets in 2s'],
    ['all sent in twice the time', { sentFor: 4000 }, 'in 4s instead of 2s: 5,000 packets/s of the 10,000'],
    ['nothing sent', east(0), 'it sent 0 of 20,000'],
    ['a load of more than 85 %', { highestLoad: 85.1 }, 'busy for 85.1 % of their time (m_cpu_util)'],
    ['a queue that was full once', { queueFull: 1 }, 'full 1 time (m_total_queue_full)'],
  ] as const) {
    it(`is ${what}, alone`, () => {
      const evidence = shortfallOf(request, { ...fine, ...figures })
      expect(evidence).length(1)
      expect(evidence[0]).includes(words)
    })
  }

  it('is judged at each port that sends', () => {
    const both = { ...request, from: ['east', 'west'] as const }
    expect(shortfallOf(both, { ...fine, sent: { east: 20_000, west: 20_000 } })).deep.equals([])
    const [only, ...more] = shortfallOf(both, { ...fine, sent: { east: 20_000, west: 10_000 } })
    expect(more).deep.equals([])
    expect(only).includes('west port: it sent 10,000 of 20,000 packets')
  })

  it('says everything that there is', () => {
    expect(shortfallOf(request, { ...east(1), sentFor: 2000, highestLoad: 100, queueFull: 9 })).length(3)
  })
})

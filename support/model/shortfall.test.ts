import { expect } from 'chai'
import { achievedRate, sentForBetween, sentTooLittle, shortfallEvidence } from './shortfall.ts'

const request = { packetsPerSecond: 10_000, duration: 10_000 }

describe('what a generator sent', () => {
  it('is enough down to 95 % of the rate, and of the packets', () => {
    for (const sending of [
      { sent: 100_000, sentFor: 10_000 },
      { sent: 100_004, sentFor: 10_007.2 },
      { sent: 100_000, sentFor: 10_526 },
      { sent: 95_000, sentFor: 10_000 },
      { sent: 95_000, sentFor: 9_500 },
    ]) {
      expect(sentTooLittle(request, sending), JSON.stringify(sending)).equals(false)
      expect(shortfallEvidence(request, sending)).deep.equals([])
    }
  })

  for (const [what, sending, evidence] of [
    [
      'all of it, in twice the time',
      { sent: 100_000, sentFor: 20_500 },
      'it sent 100,000 packets in 20.5s instead of 10s: 4,878 packets/s of the 10,000 requested',
    ],
    [
      'too little in the time asked for',
      { sent: 94_999, sentFor: 10_000 },
      'it sent 94,999 of 100,000 packets in 10s: 9,500 packets/s of the 10,000 requested',
    ],
    [
      'the rate, and ended early',
      { sent: 20_000, sentFor: 2000 },
      'it sent 20,000 of 100,000 packets in 2s instead of 10s: 10,000 packets/s of the 10,000 requested',
    ],
    [
      'nothing',
      { sent: 0, sentFor: 0 },
      'it sent 0 of 100,000 packets in 0ms instead of 10s: 0 packets/s of the 10,000 requested',
    ],
  ] as const) {
    it(`is too little where it was ${what}`, () => {
      expect(sentTooLittle(request, sending)).equals(true)
      expect(shortfallEvidence(request, sending)).deep.equals([evidence])
    })
  }

  it('has a rate over the time that was measured', () => {
    expect(achievedRate({ sent: 100_000, sentFor: 20_000 })).equals(5000)
    expect(achievedRate({ sent: 5, sentFor: 0 })).equals(0)
  })
})

describe('the time between two samples in which a generator stopped', () => {
  for (const [what, lastSending, firstStopped, sentFor] of [
    ['is the duration asked for where that lies between them', 9100, 10_900, 10_000],
    ['is longer where it was still sending after that', 20_100, 20_900, 20_100],
    ['is shorter where it had stopped before', 2100, 3200, 3200],
    ['is told where no sample saw it sending', 0, 900, 900],
  ] as const) {
    it(what, () => {
      expect(sentForBetween(lastSending, firstStopped, request.duration)).equals(sentFor)
    })
  }
})

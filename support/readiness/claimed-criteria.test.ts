import { expect } from 'chai'
import type { Criterion, Outcome } from '../model/report.ts'
import { COMPLETE, incompleteness } from '../run/completeness.ts'
import { ESSENTIAL, LOOKED_AT, READINESS } from './claimed-criteria.ts'

function judged(ids: readonly string[], outcome: Outcome = 'passed'): Criterion[] {
  return ids.map((id) => ({ id, title: id, outcome, message: '', evidence: [], duration: 0 }))
}

describe('the whole that a pass claims', () => {
  it('is every criterion, of which some may have found that they can not be judged', () => {
    expect(incompleteness([...judged(ESSENTIAL), ...judged(LOOKED_AT)], READINESS)).to.equal(undefined)
    expect(incompleteness([...judged(ESSENTIAL), ...judged(LOOKED_AT, 'not-judged')], READINESS)).to.equal(
      undefined,
    )
  })

  it('is not there where any of them was not part of the run', () => {
    for (const id of [...ESSENTIAL, ...LOOKED_AT]) {
      const others = judged([...ESSENTIAL, ...LOOKED_AT]).filter((criterion) => criterion.id !== id)
      expect(incompleteness(others, READINESS), id).to.deep.include({
        ...COMPLETE,
        outcome: 'inconclusive',
        evidence: [{ what: 'not part of this run', value: id }],
      })
    }
  })

  it('is not there where one that a pass rests on was not judged', () => {
    for (const id of ESSENTIAL) {
      const rest = [...ESSENTIAL, ...LOOKED_AT].filter((each) => each !== id)
      const found = incompleteness([...judged(rest), ...judged([id], 'not-judged')], READINESS)
      expect(found?.message).to.include(`1 criterion was not judged: ${id}`)
    }
  })

  it('is as much as another suite says of itself', () => {
    const pods = { essential: [], lookedAt: ['tap.queues', 'tap.arp'] }
    expect(incompleteness(judged(['tap.queues', 'tap.arp'], 'not-judged'), pods)).to.equal(undefined)
    expect(incompleteness(judged(['tap.queues']), pods)?.message).to.include('tap.arp')
  })

  it('names some of what is missing, and has all as evidence', () => {
    const found = incompleteness(judged(LOOKED_AT), READINESS)
    expect(found?.message).to.include('18 criteria were not part of this run').and.include('and 13 more')
    expect(found?.evidence).to.have.length(ESSENTIAL.length)
  })
})

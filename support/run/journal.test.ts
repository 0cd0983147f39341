import { expect } from 'chai'
import type { Criterion } from '../model/criterion-result.ts'
import type { Progress } from '../report/progress.ts'
import { SILENT } from '../report/silent-progress.ts'
import { Journal } from './journal.ts'

describe('a warning', () => {
  it('is shown at once, and told once', () => {
    const lines: string[] = []
    const progress: Progress = { ...SILENT, line: (text) => lines.push(text) }
    const journal = new Journal(progress)
    journal.warn('spec.param.foo is not a parameter')
    journal.warn('spec.param.foo is not a parameter')
    expect(lines).to.deep.equal(['warning: spec.param.foo is not a parameter'])
    expect(journal.toReport().warnings).to.deep.equal(['spec.param.foo is not a parameter'])
  })
})

describe('a diagnosis', () => {
  it('is added to an earlier one: of a pair, then of many nodes', () => {
    const journal = new Journal(SILENT)
    const cause = (id: string) => ({ id, explains: [], sentence: '', remedy: '', evidence: [] })
    journal.diagnosis({ causes: [cause('one')], evidence: [{ what: 'a', value: 'b' }], duration: 1 })
    journal.diagnosis({ causes: [cause('other')], evidence: [], duration: 2 })
    const { causes, evidence, duration } = journal.toReport().diagnosis ?? expect.fail('there is none')
    expect(causes.map(({ id }) => id)).to.deep.equal(['one', 'other'])
    expect({ evidence, duration }).to.deep.equal({ evidence: [{ what: 'a', value: 'b' }], duration: 3 })
  })
})

describe('the time of criteria', () => {
  it('is what their stages took, which is charged to the first of them, and in all what the run took', () => {
    const begin = performance.now()
    const journal = new Journal(SILENT)
    const since = performance.now()
    const charged = [
      journal.charge(since + 1000),
      // The same stage again, a stage that was reached before it, and no stage.
      journal.charge(since + 1000),
      journal.charge(since + 400),
      journal.charge(undefined),
      journal.charge(since + 6000),
    ]
    expect(charged[0]).to.be.within(1000, 1000 + Math.ceil(since - begin))
    expect(charged.slice(1)).to.deep.equal([0, 0, 0, 5000])
  })
})

describe('a group of criteria', () => {
  it('is shown once when it has ended, unless nothing of it was judged', () => {
    const shown: string[] = []
    const progress: Progress = {
      ...SILENT,
      group: ({ title, outcome, detail }) => shown.push(`${title} ${outcome}: ${detail}`),
    }
    const journal = new Journal(progress)
    const judge = (id: string, outcome: Criterion['outcome']) => {
      journal.criterion({ id, title: id, outcome, message: '', evidence: [], duration: 0 })
    }
    judge('precondition.configmap', 'passed')
    judge('preflight.nodes', 'not-judged')
    journal.endGroup()
    journal.endGroup()
    judge('scheduling.vm-under-test-ready', 'not-judged')
    journal.endGroup()
    judge('guest.login', 'passed')
    judge('guest.hugepages', 'failed')
    journal.endGroup()
    expect(shown).to.deep.equal(['Preflight passed: 1 of 2, 1 skipped', 'Guests failed: 1 of 2, 1 failed'])
  })
})

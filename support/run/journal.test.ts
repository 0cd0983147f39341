import { expect } from 'chai'
import type { Progress } from '../report/progress.ts'
import { Journal } from './journal.ts'

describe('a warning', () => {
  it('is shown at once, and told once', () => {
    const lines: string[] = []
    const silent = () => undefined
    const progress: Progress = {
      phase: () => ({ end: silent, [Symbol.dispose]: silent }),
      waiting: silent,
      traffic: silent,
      criterion: silent,
      close: silent,
      line: (text) => lines.push(text),
    }
    const journal = new Journal(progress)
    journal.warn('spec.param.foo is no parameter')
    journal.warn('spec.param.foo is no parameter')
    expect(lines).to.deep.equal(['warning: spec.param.foo is no parameter'])
    expect(journal.toReport().warnings).to.deep.equal(['spec.param.foo is no parameter'])
  })
})

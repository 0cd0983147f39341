import { expect } from 'chai'
import { reportChanges } from './report-changes.ts'

describe('the progress of a run over many nodes', () => {
  it('tells a state once, until it is another one', () => {
    let state = '0 of 2 VMIs are up'
    const lines: string[] = []
    const tell = reportChanges(
      () => state,
      (line) => lines.push(line),
    )
    tell()
    tell()
    state = '1 of 2 VMIs are up'
    tell()
    tell()
    expect(lines).to.deep.equal(['0 of 2 VMIs are up', '1 of 2 VMIs are up'])
  })
})

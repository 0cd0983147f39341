import { expect } from 'chai'
import { exampleCapacity } from './capacity.fixture.ts'
import { capacityLines } from './capacity-text.ts'

describe('the lines of a capacity search', () => {
  function linesAt(cpuShare: number | undefined): readonly string[] {
    const capacity = exampleCapacity()
    const searches = capacity.searches.map((search) => ({
      ...search,
      ...(cpuShare === undefined ? {} : { cpuShare }),
    }))
    return capacityLines({ ...capacity, searches })
  }

  it('mark figures of a starved lab as irregular, with the share that its guests got', () => {
    expect(linesAt(0.127)).to.include(
      "irregular: this machine gave the guests' CPUs 12 % of the CPU time they wanted, and the next search may find other loads",
    )
  })

  it('count the trials of all searches', () => {
    const capacity = exampleCapacity()
    expect(capacityLines(capacity)).to.include('8 trials (standard)')
    const thrice = { ...capacity, searches: [1, 2, 3].flatMap(() => capacity.searches) }
    expect(capacityLines(thrice)).to.include('24 trials in 3 searches (standard)')
  })

  it('say in a sentence what limits it', () => {
    expect(linesAt(undefined).at(-1)).to.match(/^limited by: \S/)
  })

  it('mark nothing in a lab that had time enough, and on any other cluster', () => {
    for (const share of [0.95, undefined]) expect(linesAt(share).join('\n')).not.to.include('irregular')
  })
})

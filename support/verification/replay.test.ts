import { expect } from 'chai'
import { replayCapacity } from './replay.ts'
import { searchedCapacity } from './verifiable.fixture.ts'

describe('a search that is repeated with its trials', () => {
  const SENDS = 5_000_000

  it('finds the same where the generator sends less than the link takes', async () => {
    const capacity = await searchedCapacity(7_300_000, 'quick', () => SENDS)
    expect(capacity.searches[0]).to.include({ max: SENDS, isMaxOfGenerator: true })
    expect(await replayCapacity(capacity)).to.deep.equal([])
  })

  it('finds the same where the generator falls short for once, and is tried again', async () => {
    const stutters = new Set([2, 5, 6])
    const capacity = await searchedCapacity(3_000_000, 'quick', (trial) =>
      stutters.has(trial) ? SENDS / 5 : SENDS,
    )
    expect(capacity.searches[0]).to.include({ max: SENDS, endedBy: 'found' })
    expect(capacity.searches[0]?.trials.filter(({ invalid }) => invalid !== undefined)).to.have.length(4)
    expect(await replayCapacity(capacity)).to.deep.equal([])
  })

  it('judges a required load the same where the generator cannot send it', async () => {
    const { searches, ...capacity } = await searchedCapacity(7_300_000, 'quick', () => SENDS)
    const [first] = searches[0]?.trials ?? []
    if (first === undefined) throw new Error('the search has trials')
    const required = {
      packetsPerSecond: first.load,
      lossRatio: 0,
      outcome: 'generator-short' as const,
      trials: [first],
    }
    expect(await replayCapacity({ ...capacity, searches: [], required })).to.deep.equal([])
  })
})

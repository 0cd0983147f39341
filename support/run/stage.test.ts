import { expect } from 'chai'
import { Stage, StageFailure } from './stage.ts'

describe('stage', () => {
  it('is reached once, however often it is asked for', async () => {
    let times = 0
    const stage = new Stage('counted', () => Promise.resolve(++times))
    expect(await Promise.all([stage.reach(), stage.reach(), stage.facts()])).to.deep.equal([
      { facts: 1 },
      { facts: 1 },
      1,
    ])
  })

  it('never rejects, and turns what was thrown into an error of the suite', async () => {
    const cause = new Error('no such console')
    const reached = await new Stage('broken', () => Promise.reject(cause)).reach()
    if (!('failure' in reached)) throw new Error('it was reached')
    expect(reached.failure).to.include({ outcome: 'error', message: 'no such console', cause })
  })

  it('hands the same failure to every stage that rests on it, so that one criterion carries it', async () => {
    const failure = new StageFailure('failed', 'testpmd did not start')
    const first = new Stage('first', () => Promise.reject(failure))
    const second = new Stage('second', () => first.facts())
    expect(await second.reach()).to.deep.equal({ failure })
    expect(await first.reach()).to.have.property('failure', failure)
  })
})

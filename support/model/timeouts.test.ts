import { expect } from 'chai'
import { timeouts } from './timeouts.ts'

describe('the times of a run', () => {
  it('leave it enough to write its status where Prow kills it 15 s after its signal', () => {
    const { teardownWhenInterrupted, writeStatusWhenInterrupted } = timeouts
    expect(teardownWhenInterrupted + writeStatusWhenInterrupted).to.be.below(15_000)
  })
})

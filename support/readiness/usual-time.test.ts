import { expect } from 'chai'
import { readParameters } from './read-parameters.ts'
import { usualTime } from './usual-time.ts'

function usual(changes: Readonly<Record<string, string>> = {}): number | undefined {
  return usualTime(
    readParameters({
      'spec.timeout': '2h',
      'spec.param.networkAttachmentDefinitionName': 'net',
      'spec.param.testDuration': '10s',
      ...changes,
    }),
  )
}

describe('the usual time of a run', () => {
  it('is that of the boot and the traffic', () => {
    expect(usual()).to.equal(180_000 + 10_000 + 2000)
  })

  it('has what is measured beside the timed traffic', () => {
    const plain = usual() ?? NaN
    expect(usual({ 'spec.param.soak': '10m' })).to.equal(plain + 600_000)
    expect(usual({ 'spec.param.capacity': 'quick' })).to.be.above(plain)
    expect(usual({ 'spec.param.latency': 'true' })).to.be.above(plain)
  })

  it('is not known of many nodes before they are read', () => {
    expect(usual({ 'spec.param.nodes': 'all' })).to.equal(undefined)
  })
})

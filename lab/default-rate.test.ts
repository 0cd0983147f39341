import { expect } from 'chai'
import { readParameters } from '../support/readiness/read-parameters.ts'
import { defaultRate } from './default-rate.ts'
import type { GuestExecution } from './guests/guest-runtime.ts'

const CPUS = [1, 2, 3, 4, 8, 128]

function rates(execution: GuestExecution): number[] {
  return CPUS.map((cpus) => defaultRate(execution, cpus).packetsPerSecond)
}

describe('the default rate of the lab', () => {
  it('is at most 2,000 packets/s where guests are emulated, however many CPUs there are', () => {
    expect(Math.max(...rates('tcg'))).to.equal(2000)
    expect(defaultRate('tcg', 2).packetsPerSecond).to.equal(1000)
  })

  it('is higher by KVM on the same CPUs, and never falls with more of them', () => {
    rates('kvm').forEach((rate, index) => {
      expect(rate).to.be.above(rates('tcg')[index] ?? Infinity)
    })
    for (const execution of ['kvm', 'tcg'] as const)
      expect(rates(execution)).to.deep.equal(rates(execution).toSorted((one, other) => one - other))
  })

  it('does not depend on the machine where guests are simulated', () => {
    expect(new Set(rates('simulated'))).to.deep.equal(new Set([10_000]))
  })

  it('is a parameter of the checkup, and says what it was chosen by', () => {
    const { parameter, packetsPerSecond, why } = defaultRate('tcg', 2)
    const { trafficGenPacketsPerSecond } = readParameters({
      'spec.timeout': '10m',
      'spec.param.networkAttachmentDefinitionName': 'net',
      'spec.param.trafficGenPacketsPerSecond': parameter,
    })
    expect(trafficGenPacketsPerSecond).to.equal(packetsPerSecond)
    expect(why).to.equal('the guests are emulated (no KVM) on 2 CPUs')
    expect(defaultRate('tcg', 1).why).to.equal('the guests are emulated (no KVM) on 1 CPU')
    expect(defaultRate('simulated', 2).why).to.equal('the guests are simulated')
  })
})
